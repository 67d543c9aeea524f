package flink.operator.sql;

import static java.util.stream.Collectors.toList;

import java.util.Arrays;
import java.util.List;

/** One statement: the user's text, and the same with the values of its variables for Flink. */
final class Statement {
    /** What Flink gets. Never to be shown. */
    final String sql;

    final int firstToken;
    private final Script script;
    private final int start;
    private final int end;
    private final List<Reference> references;
    /** The offset in the script of each character of {@link #sql}. */
    private final int[] origins;

    Statement(Script script, Splitter splitter, Variables variables, Piece first, Piece last) {
        this.script = script;
        this.start = first.start;
        this.end = last.end;
        this.firstToken = first.firstToken;
        this.references = splitter.references.stream().filter(each -> each.start >= start && each.end <= end).collect(toList());
        StringBuilder filled = new StringBuilder();
        int[] offsets = new int[16];
        int at = start;
        int next = 0;
        while (at < end) {
            Reference reference = next < references.size() && references.get(next).start == at ? references.get(next++) : null;
            String text = reference == null ? splitter.code.substring(at, at + 1) : value(reference, variables);
            offsets = ensure(offsets, filled.length() + text.length());
            Arrays.fill(offsets, filled.length(), filled.length() + text.length(), at);
            filled.append(text);
            at = reference == null ? at + 1 : reference.end;
        }
        this.sql = filled.toString();
        this.origins = Arrays.copyOf(offsets, filled.length());
    }

    Position position() {
        return script.position(firstToken);
    }

    /** The user's place of a line and a column in {@link #sql}. */
    Position position(int line, int column) {
        return script.position(origin(line, column));
    }

    /** The variable whose value has this place in {@link #sql}, or null. */
    String variableAt(int line, int column) {
        int origin = origin(line, column);
        for (Reference each : references) {
            if (each.start == origin && each.name != null) return each.name;
        }
        return null;
    }

    /** In capitals. Of the user's text: a value of a variable is not shown. */
    String firstWord() {
        return script.text().substring(firstToken, end).split("\\W", 2)[0].toUpperCase();
    }

    private int origin(int line, int column) {
        int offset = LineBreaks.offset(sql, line, column);
        return offset < origins.length ? origins[offset] : Math.max(start, end - 1);
    }

    private String value(Reference reference, Variables variables) {
        if (reference.name == null) return "${";
        if (variables.has(reference.name)) return variables.within(reference.quote, reference.name);
        throw new SqlProblem("no variable is named '" + reference.name + "'", script.position(reference.start));
    }

    private static int[] ensure(int[] offsets, int length) {
        return length <= offsets.length ? offsets : Arrays.copyOf(offsets, Math.max(length, offsets.length * 2));
    }
}
