package org.example.flink.connector;

import org.apache.flink.table.functions.ScalarFunction;

/** A function that TaskManagers load. */
public final class Doubled extends ScalarFunction {
    private static final long serialVersionUID = 1;

    public Long eval(Long number) {
        return 2 * number;
    }
}
