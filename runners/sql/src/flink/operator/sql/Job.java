package flink.operator.sql;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.Operation;

/** Executes a script that passed its check: definitions in their order, then all INSERTs as one job. */
final class Job {
    private final TableEnvironmentImpl environment;
    private final Settings settings;
    private final Variables variables;
    private final List<ModifyOperation> inserts = new ArrayList<>();

    private Job(String mode, Variables variables) {
        this.environment = Environments.create(mode);
        this.settings = new Settings(environment.getConfig());
        this.variables = variables;
    }

    static void start(Check check, Variables variables) {
        Job job = new Job(check.mode, variables);
        Parsed last = null;
        for (Parsed each : check.order.executed) {
            job.execute(each.statement);
            last = each;
        }
        if (!job.inserts.isEmpty()) job.submit(last.statement);
    }

    private void execute(Statement statement) {
        try {
            Operation operation = StatementParser.parse(environment.getParser(), statement);
            Parsed parsed = new Parsed(statement, operation);
            switch (parsed.kind) {
                case SETTING:
                    settings.apply(parsed);
                    break;
                case INSERT:
                case STATEMENT_SET:
                    inserts.addAll(Planning.inserts(operation));
                    break;
                case BEGIN:
                case END:
                    break;
                default:
                    environment.executeInternal(operation);
            }
        } catch (Throwable failure) {
            throw FlinkFailure.problem(failure, statement, variables);
        }
    }

    private void submit(Statement last) {
        // The job runs on when main has ended.
        environment.getConfig().set("table.dml-sync", "false");
        try {
            environment.executeInternal(inserts);
        } catch (Throwable failure) {
            throw FlinkFailure.problem(failure, last, variables);
        }
    }
}
