package flink.operator.sql;

import java.util.ArrayList;
import java.util.List;

/** The script's files, joined with line breaks. It knows the file, the line and the column of each character. */
final class Script {
    private final List<String> names = new ArrayList<>();
    private final List<Integer> starts = new ArrayList<>();
    private final StringBuilder joined = new StringBuilder();

    void add(String name, String text) {
        if (!names.isEmpty()) joined.append('\n');
        names.add(name);
        starts.add(joined.length());
        joined.append(text.startsWith("\uFEFF") ? text.substring(1) : text);
    }

    String text() {
        return joined.toString();
    }

    boolean hasSeveralFiles() {
        return names.size() > 1;
    }

    Position position(int offset) {
        int part = names.size() - 1;
        while (starts.get(part) > offset) part--;
        int line = 1;
        int lineStart = starts.get(part);
        for (int i = lineStart; i < offset; i++) {
            if (LineBreaks.endsAt(joined, i)) {
                line++;
                lineStart = i + 1;
            }
        }
        return new Position(names.get(part), line, offset - lineStart + 1);
    }
}
