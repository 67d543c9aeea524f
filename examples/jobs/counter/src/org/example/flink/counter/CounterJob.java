package org.example.flink.counter;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Counts the numbers 0, 1, 2 and so on that one source emits at a given rate. The count lives in keyed state, so a
 * job that was restored goes on where its snapshot left off, and a fresh one starts at zero.
 *
 * <p>Beside the counter, a worker with the job's parallelism gives slots and load to scale.
 */
public final class CounterJob {
    private CounterJob() {}

    public static void main(String[] args) throws Exception {
        Options options = Options.parse(args);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();

        // One subtask, whatever the job's parallelism: in order, a number that is missing or comes twice shows.
        DataStream<Long> numbers =
                env.fromSource(
                                new DataGeneratorSource<>(
                                        number -> number,
                                        options.exitAt,
                                        rate(options),
                                        Types.LONG),
                                WatermarkStrategy.noWatermarks(),
                                "numbers")
                        .uid("numbers")
                        .forceNonParallel();

        numbers.keyBy(number -> 0, Types.INT)
                .process(new Counter(options))
                .name("counter")
                .uid("counter")
                .forceNonParallel();

        if (options.extraOperator) {
            numbers.keyBy(number -> 0, Types.INT)
                    .process(new Extra())
                    .name("extra")
                    .uid("extra")
                    .forceNonParallel();
        }

        numbers.rebalance().process(new Worker(options.workMillis)).name("worker").uid("worker");

        env.execute(options.name);
    }

    private static RateLimiterStrategy rate(Options options) {
        return options.rateFile.isEmpty()
                ? RateLimiterStrategy.perSecond(options.rate)
                : new ChangingRate(options.rateFile, options.rate);
    }
}
