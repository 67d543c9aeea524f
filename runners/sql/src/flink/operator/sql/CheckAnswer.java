package flink.operator.sql;

/** The outcome of a check, as JSON in one line. Flink answers what main throws, and nothing else of a program that starts no job. */
public final class CheckAnswer extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CheckAnswer(String json) {
        super(json, null, false, false);
    }
}
