package org.example.flink.counter;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Takes a given time for each number and counts what its subtasks did. The counts are redistributed when the
 * parallelism changes, so their sum over all subtasks goes on from the snapshot too.
 */
final class Worker extends ProcessFunction<Long, Void> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    private final long workMillis;

    private transient ListState<Long> snapshot;
    private transient volatile long processed;

    Worker(long workMillis) {
        this.workMillis = workMillis;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        snapshot = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("processed", Types.LONG));
        for (long share : snapshot.get()) {
            processed += share;
        }
    }

    @Override
    public void open(OpenContext context) {
        getRuntimeContext().getMetricGroup().gauge("processed", (Gauge<Long>) () -> processed);
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) throws InterruptedException {
        Thread.sleep(workMillis);
        processed++;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        snapshot.clear();
        snapshot.add(processed);
    }
}
