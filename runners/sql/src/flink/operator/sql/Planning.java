package flink.operator.sql;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.table.api.PlanReference;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.catalog.ContextResolvedTable;
import org.apache.flink.table.delegation.Planner;
import org.apache.flink.table.operations.CompileAndExecutePlanOperation;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.SinkModifyOperation;
import org.apache.flink.table.operations.StatementSetOperation;
import org.apache.flink.table.operations.command.ExecutePlanOperation;
import org.apache.flink.table.operations.ddl.CompilePlanOperation;

/** Plans the INSERTs of a script, which creates its sources and sinks but runs nothing. */
final class Planning {
    private final Planner planner;

    Planning(TableEnvironmentImpl environment) {
        this.planner = environment.getPlanner();
    }

    /** The job of these statements together. Null if it is a plan in a file that is not there yet. */
    List<Transformation<?>> translate(List<Parsed> jobs) {
        Operation first = jobs.get(0).operation;
        if (first instanceof ExecutePlanOperation) return load(((ExecutePlanOperation) first).getFilePath());
        if (first instanceof CompileAndExecutePlanOperation) {
            return planner.translatePlan(planner.compilePlan(inserts(((CompileAndExecutePlanOperation) first).getOperation())));
        }
        List<ModifyOperation> inserts = new ArrayList<>();
        for (Parsed each : jobs) inserts.addAll(inserts(each.operation));
        return planner.translate(inserts);
    }

    void compile(CompilePlanOperation operation) {
        planner.compilePlan(inserts(operation.getOperation()));
    }

    /** The tables that INSERTs write to. What a compiled plan in a file writes to is not known. */
    static List<ContextResolvedTable> sinks(List<Parsed> statements) {
        List<ContextResolvedTable> sinks = new ArrayList<>();
        for (Parsed each : statements) {
            if (each.operation instanceof CompileAndExecutePlanOperation) {
                addSinks(sinks, ((CompileAndExecutePlanOperation) each.operation).getOperation());
            } else if (each.validated() && (each.kind == Kind.INSERT || each.kind == Kind.STATEMENT_SET)) {
                addSinks(sinks, each.operation);
            }
        }
        return sinks;
    }

    private static void addSinks(List<ContextResolvedTable> sinks, Operation operation) {
        for (ModifyOperation each : inserts(operation)) {
            if (each instanceof SinkModifyOperation) sinks.add(((SinkModifyOperation) each).getContextResolvedTable());
        }
    }

    static List<ModifyOperation> inserts(Operation operation) {
        if (operation instanceof StatementSetOperation) return ((StatementSetOperation) operation).getOperations();
        return Collections.singletonList((ModifyOperation) operation);
    }

    private List<Transformation<?>> load(String path) {
        File file = new File(path.replaceFirst("^file:(//)?", ""));
        if (!file.isFile()) return null;
        try {
            return planner.translatePlan(planner.loadPlan(PlanReference.fromFile(file)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
