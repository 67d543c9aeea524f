package org.example.flink.counter;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** State that a later version of the job may drop: a restore then needs allowNonRestoredState. */
final class Extra extends KeyedProcessFunction<Integer, Long, Void> {
    private static final long serialVersionUID = 1L;

    private transient ValueState<Long> last;

    @Override
    public void open(OpenContext context) {
        last = getRuntimeContext().getState(new ValueStateDescriptor<>("last", Types.LONG));
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) throws Exception {
        last.update(number);
    }
}
