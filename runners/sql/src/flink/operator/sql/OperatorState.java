package flink.operator.sql;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.streaming.api.operators.AbstractUdfStreamOperator;
import org.apache.flink.streaming.api.operators.SimpleOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;

/** Whether an operator may have state. Where Flink does not tell, it may. */
final class OperatorState {
    private static final Pattern TYPE = Pattern.compile("^(?:\\[\\d+]:)?(\\w+)\\(");

    /** Operators of Flink's SQL that compute each row by itself, or that empty their buffers before a checkpoint. */
    private static final Set<String> STATELESS =
            new HashSet<>(
                    Arrays.asList(
                            "Calc",
                            "ConstraintEnforcer",
                            "Correlate",
                            "DropUpdateBefore",
                            "Expand",
                            "IncrementalGroupAggregate",
                            "LocalGroupAggregate",
                            "LocalWindowAggregate",
                            "MiniBatchAssigner",
                            "PythonCalc",
                            "PythonCorrelate",
                            "StreamRecordTimestampInserter",
                            "Union",
                            "Values",
                            "WatermarkAssigner"));

    private OperatorState() {}

    static boolean isPossible(StreamNode node) {
        Matcher type = TYPE.matcher(node.getOperatorDescription());
        if (type.find() && STATELESS.contains(type.group(1))) return false;
        if (!(node.getOperatorFactory() instanceof SimpleOperatorFactory)) return true;
        StreamOperator<?> operator = ((SimpleOperatorFactory<?>) node.getOperatorFactory()).getOperator();
        boolean keyed = node.getStateKeySerializer() != null;
        boolean ofFunction = operator instanceof AbstractUdfStreamOperator;
        return keyed || !ofFunction || ((AbstractUdfStreamOperator<?, ?>) operator).getUserFunction() instanceof CheckpointedFunction;
    }
}
