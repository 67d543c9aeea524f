package flink.operator.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What is wrong with a script. It has no cause: the messages of Flink's exceptions may have values of variables, and a cause is
 * logged. It has nothing of the script but what Flink's message names: the script may come from a Secret.
 */
public final class SqlProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 2000;
    /** The bytes that Kubernetes keeps. */
    static final int TERMINATION_MESSAGE = 4096;

    private final String text;
    private final transient Position position;
    private boolean fileShown;

    SqlProblem(String text, Position position) {
        this.text = text;
        this.position = position;
    }

    SqlProblem showingFile(boolean shown) {
        fileShown = shown;
        return this;
    }

    @Override
    public String getMessage() {
        if (position == null) return shortened("sql: " + text, LONGEST);
        String file = fileShown ? position.file + ", " : "";
        return shortened("sql: " + file + "line " + position.line + ", column " + position.column + ": " + text, LONGEST);
    }

    /** Short enough for a container's termination message. */
    String toJson() {
        String message = getMessage();
        String json = toJson(message);
        for (int length = message.length() / 2; json.getBytes(UTF_8).length > TERMINATION_MESSAGE; length /= 2) {
            json = toJson(shortened(message, length));
        }
        return json;
    }

    private String toJson(String message) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        ObjectNode sql = root.putObject("sql").put("message", message);
        if (position != null) {
            sql.put("file", position.file).put("line", position.line).put("column", position.column);
        }
        return root.toString();
    }

    private static String shortened(String message, int length) {
        return message.length() <= length ? message : message.substring(0, length - 1) + "…";
    }
}
