package flink.operator.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What is wrong with a script. It has no cause: the messages of Flink's exceptions may have values of variables, and a cause is
 * logged.
 */
public final class SqlProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 2000;
    /** The bytes that Kubernetes keeps. */
    private static final int TERMINATION_MESSAGE = 4096;

    private final String kind;
    private final String text;
    private final transient Position position;
    private boolean fileShown;
    private String statement;

    SqlProblem(String kind, String text, Position position) {
        this.kind = kind;
        this.text = shortened(text);
        this.position = position;
    }

    SqlProblem in(Statement where) {
        statement = where.shown();
        return this;
    }

    SqlProblem showingFile(boolean shown) {
        fileShown = shown;
        return this;
    }

    @Override
    public String getMessage() {
        if (position == null) return "sql: " + text;
        String file = fileShown ? position.file + ", " : "";
        return shortened("sql: " + file + "line " + position.line + ", column " + position.column + ": " + text);
    }

    /** Short enough for a container's termination message. */
    String toJson() {
        String json = toJson(text);
        for (int length = text.length() / 2; json.getBytes(UTF_8).length > TERMINATION_MESSAGE; length /= 2) {
            json = toJson(shortened(text, length));
        }
        return json;
    }

    private String toJson(String message) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        ObjectNode sql = root.putObject("sql").put("kind", kind).put("message", message);
        if (position != null) {
            sql.put("file", position.file).put("line", position.line).put("column", position.column);
        }
        if (statement != null) sql.put("statement", statement);
        return root.toString();
    }

    private static String shortened(String message) {
        return shortened(message, LONGEST);
    }

    private static String shortened(String message, int length) {
        return message.length() <= length ? message : message.substring(0, length - 1) + "…";
    }
}
