package flink.operator.sql;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.streaming.api.graph.StreamEdge;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamGraphHasherV2;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.delegation.Executor;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/** One operator of the job graph, by the id under which a savepoint has its state. */
final class PlannedOperator {
    final String id;
    final String name;
    final boolean stateful;
    /** What it computes from which types: operators with equal ids and descriptions understand each other's state. */
    final String description;

    private PlannedOperator(String id, String name, boolean stateful, String description) {
        this.id = id;
        this.name = name;
        this.stateful = stateful;
        this.description = description;
    }

    PlannedOperator redacted(Variables... variables) {
        return new PlannedOperator(id, Variables.redact(name, variables), stateful, PlanJson.redacted(description, variables));
    }

    static List<PlannedOperator> of(
            TableEnvironmentImpl environment, List<Transformation<?>> job, OperatorDescription descriptions) {
        StreamGraph graph = graph(environment, job);
        Map<Integer, byte[]> ids = new StreamGraphHasherV2().traverseStreamGraphAndGenerateHashes(graph);
        Map<Integer, String> types = types(job);
        List<PlannedOperator> operators = new ArrayList<>();
        for (Integer node : new TreeSet<>(ids.keySet())) {
            StreamNode each = graph.getStreamNode(node);
            String description = descriptions.of(each.getOperatorDescription(), inputs(each, types));
            boolean stateful = OperatorState.isPossible(each);
            String id = new OperatorID(ids.get(node)).toHexString();
            operators.add(new PlannedOperator(id, OperatorDescription.name(each.getOperatorName()), stateful, description));
        }
        return operators;
    }

    /** The executor is what a table environment gives its jobs to; it has no getter. */
    private static StreamGraph graph(TableEnvironmentImpl environment, List<Transformation<?>> job) {
        try {
            Field field = TableEnvironmentImpl.class.getDeclaredField("execEnv");
            field.setAccessible(true);
            Executor executor = (Executor) field.get(environment);
            return (StreamGraph) executor.createPipeline(job, environment.getConfig(), "check");
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static List<String> inputs(StreamNode node, Map<Integer, String> types) {
        List<String> inputs = new ArrayList<>();
        boolean writes = node.getOutEdges().isEmpty() || node.getOperatorName().endsWith(": Writer");
        if (writes) return inputs;
        for (StreamEdge edge : node.getInEdges()) {
            String type = types.get(edge.getSourceId());
            if (type != null) inputs.add(type);
        }
        return inputs;
    }

    /** The column types that each transformation produces. Names of columns are not part of any state. */
    private static Map<Integer, String> types(List<Transformation<?>> job) {
        Map<Integer, String> types = new HashMap<>();
        Set<Transformation<?>> seen = new HashSet<>();
        List<Transformation<?>> open = new ArrayList<>(job);
        while (!open.isEmpty()) {
            Transformation<?> each = open.remove(open.size() - 1);
            if (!seen.add(each)) continue;
            open.addAll(each.getInputs());
            if (each.getOutputType() instanceof InternalTypeInfo) {
                types.put(each.getId(), ((InternalTypeInfo<?>) each.getOutputType()).toLogicalType().getChildren().toString());
            }
        }
        return types;
    }
}
