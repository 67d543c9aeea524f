package flink.operator.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.SqlParserException;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;

/** Makes one problem with a place out of Flink's chain of exceptions. */
final class FlinkFailure {
    private static final Pattern PLACE =
            Pattern.compile("(?:at|At|From) line (\\d+), column (\\d+)(?: to line \\d+, column \\d+)?[:.]?");
    /** What Flink puts before a message. */
    private static final Pattern PREFIX = Pattern.compile("^(?:SQL (?:parse|validation) failed\\. ?)+");
    /** Where lists begin that are long, or that hold the options of a table with their secrets, or what repeats the statement. */
    private static final Pattern REST =
            Pattern.compile("^while converting .*|\\s*(?:Was expecting|Table options are:|Supported options:|Supported form| after : ).*", Pattern.DOTALL);

    private FlinkFailure() {}

    /**
     * Throws again what is told already, and what no statement is to blame for. The planner throws Errors too: assertions, and a
     * StackOverflowError where a statement is nested deeply.
     */
    static void passOn(Throwable thrown) {
        if (thrown instanceof SqlProblem) throw (SqlProblem) thrown;
        if (thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError)) throw (Error) thrown;
    }

    static SqlProblem problem(Throwable failure, Statement statement, Variables variables) {
        passOn(failure);
        List<Throwable> chain = chain(failure);
        boolean parse = chain.stream().anyMatch(each -> each instanceof SqlParserException);
        for (Throwable each : chain) {
            Matcher place = PLACE.matcher(message(each));
            // Flink says line 0 where it does not know.
            if (place.find() && !place.group(1).equals("0")) return problem(parse, place, message(each), statement, variables);
        }
        return new SqlProblem(withCause(chain, variables), statement.position());
    }

    /** A failure that belongs to no statement. */
    static SqlProblem problem(Throwable failure, Variables variables) {
        passOn(failure);
        return new SqlProblem(withCause(chain(failure), variables), null);
    }

    private static SqlProblem problem(
            boolean parse, Matcher place, String message, Statement statement, Variables variables) {
        int line = Integer.parseInt(place.group(1));
        int column = Integer.parseInt(place.group(2));
        String variable = statement.variableAt(line, column);
        // Flink names the word that it did not expect, which is part of the value.
        String text =
                parse && variable != null
                        ? "the value of ${" + variable + "} is not what SQL allows here"
                        : concise(message.substring(0, place.start()) + message.substring(place.end()), variables);
        return new SqlProblem(text, statement.position(line, column));
    }

    /** From the first exception that Flink's SQL throws on purpose: those around it say nothing. */
    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> all = new ArrayList<>();
        for (Throwable each = failure; each != null && !all.contains(each); each = each.getCause()) all.add(each);
        for (int i = 0; i < all.size(); i++) {
            Throwable each = all.get(i);
            if (each instanceof SqlParserException
                    || each instanceof ValidationException
                    || each instanceof TableException) {
                return all.subList(i, all.size());
            }
        }
        return all;
    }

    private static String withCause(List<Throwable> chain, Variables variables) {
        String first = concise(message(chain.get(0)), variables);
        String root = concise(message(chain.get(chain.size() - 1)), variables);
        if (first.isEmpty()) return root;
        if (first.contains(root)) return first;
        return first.replaceFirst("[.:]$", "") + ": " + root;
    }

    /** Redacted first: what changes the white space of a value hides the value from the redaction. */
    private static String concise(String message, Variables variables) {
        String redacted = variables.redact(message);
        String text = REST.matcher(PREFIX.matcher(redacted).replaceFirst("")).replaceFirst("");
        return text.trim().replaceAll("\\s+", " ");
    }

    private static String message(Throwable failure) {
        if (failure instanceof StackOverflowError) return "the statement is nested too deeply for Flink's planner (StackOverflowError)";
        String message = failure.getMessage();
        return message == null || message.trim().isEmpty() ? failure.getClass().getSimpleName() : message;
    }
}
