package flink.operator.sql;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.catalog.ContextResolvedTable;
import org.apache.flink.table.delegation.Planner;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.SinkModifyOperation;
import org.apache.flink.table.operations.StatementSetOperation;

/** Plans the INSERTs of a script, which creates its sources and sinks but runs nothing. */
final class Planning {
    private final Planner planner;

    Planning(TableEnvironmentImpl environment) {
        this.planner = environment.getPlanner();
    }

    /** The job of these statements together. */
    List<Transformation<?>> translate(List<Parsed> jobs) {
        List<ModifyOperation> inserts = new ArrayList<>();
        for (Parsed each : jobs) inserts.addAll(inserts(each.operation));
        return planner.translate(inserts);
    }

    /** The tables that INSERTs write to. */
    static List<ContextResolvedTable> sinks(List<Parsed> statements) {
        List<ContextResolvedTable> sinks = new ArrayList<>();
        for (Parsed each : statements) {
            if (!each.validated() || !each.kind.startsJob) continue;
            for (ModifyOperation insert : inserts(each.operation)) {
                if (insert instanceof SinkModifyOperation) sinks.add(((SinkModifyOperation) insert).getContextResolvedTable());
            }
        }
        return sinks;
    }

    static List<ModifyOperation> inserts(Operation operation) {
        if (operation instanceof StatementSetOperation) return ((StatementSetOperation) operation).getOperations();
        return Collections.singletonList((ModifyOperation) operation);
    }
}
