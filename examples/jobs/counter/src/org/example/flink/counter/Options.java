package org.example.flink.counter;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;

/** The job's arguments. An unknown one fails in main, before a job graph exists. */
final class Options implements Serializable {
    private static final long serialVersionUID = 1L;

    final String name;
    final double rate;
    final String rateFile;
    final long exitAt;
    final long failAt;
    final long failAfterSeconds;
    final int failAttempts;
    final long slowCheckpointMillis;
    final long workMillis;
    final boolean extraOperator;
    final String output;

    private Options(Map<String, String> values) {
        name = take(values, "name", "counter");
        rate = Double.parseDouble(take(values, "rate", "10"));
        rateFile = take(values, "rate-file", "");
        exitAt = Long.parseLong(take(values, "exit-at", String.valueOf(Long.MAX_VALUE)));
        failAt = Long.parseLong(take(values, "fail-at", "-1"));
        failAfterSeconds = Long.parseLong(take(values, "fail-after-seconds", "-1"));
        failAttempts = Integer.parseInt(take(values, "fail-attempts", String.valueOf(Integer.MAX_VALUE)));
        slowCheckpointMillis = Long.parseLong(take(values, "slow-checkpoint", "0"));
        workMillis = Long.parseLong(take(values, "work-millis", "0"));
        extraOperator = Boolean.parseBoolean(take(values, "extra-operator", "false"));
        output = take(values, "output", "");
        if (!values.isEmpty()) {
            throw new IllegalArgumentException("Unknown options: " + values.keySet());
        }
    }

    static Options parse(String[] args) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < args.length; i += 2) {
            if (!args[i].startsWith("--") || i + 1 == args.length) {
                throw new IllegalArgumentException("Expected --name VALUE, found " + args[i]);
            }
            values.put(args[i].substring(2), args[i + 1]);
        }
        return new Options(values);
    }

    private static String take(Map<String, String> values, String name, String fallback) {
        String value = values.remove(name);
        return value == null ? fallback : value;
    }
}
