package org.example.flink.counter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Counts, and compares each number with the one that has to come next. Shows both as gauges, as a line on
 * standard output every second, and as a file.
 *
 * <p>Keyed state can be read only while a record is processed. The gauges are registered with the first one,
 * so that they never show anything but the truth.
 */
final class Counter extends KeyedProcessFunction<Integer, Long, Void> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;
    private static final long SHOW_EVERY_MILLIS = 1000;

    private final Options options;

    private transient ValueState<Long> count;
    private transient ValueState<Long> next;
    private transient ValueState<Long> gaps;
    private transient ValueState<Long> duplicates;

    private transient long openedAt;
    private transient long shownAt;
    private transient volatile Progress progress;

    Counter(Options options) {
        this.options = options;
    }

    @Override
    public void open(OpenContext context) {
        count = longState("count");
        next = longState("next");
        gaps = longState("gaps");
        duplicates = longState("duplicates");
        openedAt = System.currentTimeMillis();
    }

    private ValueState<Long> longState(String name) {
        return getRuntimeContext().getState(new ValueStateDescriptor<>(name, Types.LONG));
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) throws Exception {
        long counted = orZero(count.value());
        long expected = orZero(next.value());
        long missing = orZero(gaps.value()) + Math.max(0, number - expected);
        long repeated = orZero(duplicates.value()) + (number < expected ? 1 : 0);

        boolean first = progress == null;
        progress = new Progress(counted + 1, first ? counted : progress.restoredCount, missing, repeated);
        count.update(counted + 1);
        next.update(Math.max(expected, number + 1));
        gaps.update(missing);
        duplicates.update(repeated);

        if (first) {
            registerGauges();
        }
        if (System.currentTimeMillis() - shownAt >= SHOW_EVERY_MILLIS) {
            show();
        }
        failIfAsked();
    }

    private static long orZero(Long value) {
        return value == null ? 0 : value;
    }

    private void registerGauges() {
        MetricGroup group = getRuntimeContext().getMetricGroup();
        group.gauge("count", (Gauge<Long>) () -> progress.count);
        group.gauge("restoredCount", (Gauge<Long>) () -> progress.restoredCount);
        group.gauge("gaps", (Gauge<Long>) () -> progress.gaps);
        group.gauge("duplicates", (Gauge<Long>) () -> progress.duplicates);
    }

    private void show() throws IOException {
        shownAt = System.currentTimeMillis();
        System.out.println(progress.line());
        if (!options.output.isEmpty()) {
            Path folder = Files.createDirectories(Path.of(options.output));
            Path unfinished = Files.writeString(folder.resolve(".counter.json"), progress.json());
            Files.move(unfinished, folder.resolve("counter.json"), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void failIfAsked() {
        if (getRuntimeContext().getTaskInfo().getAttemptNumber() >= options.failAttempts) {
            return;
        }
        if (progress.count == options.failAt) {
            throw new IllegalStateException("Failing at count " + progress.count + " as --fail-at asks");
        }
        long seconds = (System.currentTimeMillis() - openedAt) / 1000;
        if (options.failAfterSeconds >= 0 && seconds >= options.failAfterSeconds) {
            throw new IllegalStateException("Failing after " + seconds + " s as --fail-after-seconds asks");
        }
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {}

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws InterruptedException {
        Thread.sleep(options.slowCheckpointMillis);
    }

    /** The last line of a job that was stopped with a savepoint is the count in that savepoint. */
    @Override
    public void close() throws IOException {
        if (progress != null) {
            show();
        }
    }
}
