package flink.operator.sql;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.api.TableConfig;
import org.apache.flink.table.delegation.Parser;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.command.ResetOperation;
import org.apache.flink.table.operations.command.SetOperation;

/** What SET and RESET do. RESET brings back what was configured before the script. */
final class Settings {
    static final String RUNTIME_MODE = "execution.runtime-mode";

    /** Prefixes of what decides where the job runs, which id it has and what it restores. */
    private static final List<String> RESERVED =
            Arrays.asList(
                    "$internal.",
                    "execution.attached",
                    "execution.savepoint",
                    "execution.shutdown-on-",
                    "execution.state-recovery.",
                    "execution.submit-failed-job-on-application-error",
                    "execution.target",
                    "high-availability",
                    "kubernetes.",
                    "rest.");

    /**
     * Prefixes of what the operator decides by: whether a checkpoint survives a cancelled job, and where snapshots are. It does not
     * see a SET, and would give up state that it takes for kept. The last ones are older names.
     */
    private static final List<String> READ_BY_OPERATOR =
            Arrays.asList(
                    "execution.checkpointing.dir",
                    "execution.checkpointing.externalized-checkpoint-retention",
                    "execution.checkpointing.num-retained",
                    "execution.checkpointing.savepoint-dir",
                    "execution.checkpointing.storage",
                    "pipeline.jobvertex-parallelism-overrides",
                    "scheduler-mode",
                    "state.backend.fs.checkpointdir",
                    "state.checkpoint-storage",
                    "state.checkpoints.",
                    "state.savepoints.",
                    "savepoints.state.");

    private final TableConfig config;
    /** The values before the script; null where there was none. */
    private final Map<String, String> before = new HashMap<>();
    /** The statement that set a key last. */
    private final Map<String, Statement> setBy = new HashMap<>();

    Settings(TableConfig config) {
        this.config = config;
    }

    /** The value if the statement sets the mode, otherwise null. What cannot be parsed is reported when its turn comes. */
    static String runtimeMode(Parser parser, Statement statement) {
        try {
            Operation operation = StatementParser.parse(parser, statement);
            if (!(operation instanceof SetOperation)) return null;
            SetOperation set = (SetOperation) operation;
            return set.getKey().filter(RUNTIME_MODE::equals).flatMap(key -> set.getValue()).orElse(null);
        } catch (Throwable unparsable) {
            FlinkFailure.passOn(unparsable);
            return null;
        }
    }

    void apply(Parsed parsed) {
        Operation operation = parsed.operation;
        if (operation instanceof SetOperation) set(parsed, (SetOperation) operation);
        else reset(parsed, ((ResetOperation) operation).getKey());
    }

    /** The SET of the key that a message of Flink names, or null. */
    Statement setterOfKeyIn(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            for (Map.Entry<String, Statement> entry : setBy.entrySet()) {
                if (each.getMessage() != null && each.getMessage().contains("key '" + entry.getKey() + "'")) {
                    return entry.getValue();
                }
            }
        }
        return null;
    }

    private void set(Parsed parsed, SetOperation operation) {
        if (!operation.getKey().isPresent()) throw parsed.refused("SET without a key only prints: remove it");
        String key = operation.getKey().get();
        if (RESERVED.stream().anyMatch(key::startsWith)) {
            throw parsed.refused("'" + key + "' is decided by the resource, not by the script: remove the SET");
        }
        if (READ_BY_OPERATOR.stream().anyMatch(key::startsWith)) {
            throw parsed.refused("'" + key + "' is read by the operator, which sees no SET: write it into spec.flinkConfiguration");
        }
        // The environment has its mode from its creation, see StatementParser.runtimeMode.
        if (key.equals(RUNTIME_MODE)) return;
        if (!before.containsKey(key)) before.put(key, config.getConfiguration().toMap().get(key));
        setBy.put(key, parsed.statement);
        config.set(key, operation.getValue().get());
    }

    private void reset(Parsed parsed, Optional<String> key) {
        if (key.isPresent() && key.get().equals(RUNTIME_MODE)) {
            throw parsed.refused("'" + RUNTIME_MODE + "' cannot be reset: SET the mode of the job");
        }
        if (key.isPresent()) restore(key.get());
        else before.keySet().forEach(this::restore);
    }

    private void restore(String key) {
        setBy.remove(key);
        String value = before.get(key);
        if (value != null) config.set(key, value);
        else config.getConfiguration().removeConfig(ConfigOptions.key(key).stringType().noDefaultValue());
    }
}
