package flink.operator.sql;

/** Not a failure: carries the plan out of a session cluster. */
public final class SqlPlan extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SqlPlan(String json) {
        super("sql plan: " + json);
    }
}
