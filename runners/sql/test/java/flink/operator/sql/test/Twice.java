package flink.operator.sql.test;

import org.apache.flink.table.functions.ScalarFunction;

/** A function of the user's. */
public final class Twice extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Integer eval(Integer value) {
        return value == null ? null : 2 * value;
    }
}
