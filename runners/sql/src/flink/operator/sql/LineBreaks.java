package flink.operator.sql;

/** Line breaks as Flink's SQL parser counts them: LF, CR, or CR and LF together. */
final class LineBreaks {
    private LineBreaks() {}

    static boolean endsAt(CharSequence text, int offset) {
        char c = text.charAt(offset);
        return c == '\n' || c == '\r' && (offset + 1 == text.length() || text.charAt(offset + 1) != '\n');
    }

    /** The offset of a line and a column, which count from 1; the end of the text if it has no such place. */
    static int offset(CharSequence text, int line, int column) {
        int at = 0;
        for (int current = 1; current < line && at < text.length(); at++) {
            if (endsAt(text, at)) current++;
        }
        return Math.min(at + column - 1, text.length());
    }
}
