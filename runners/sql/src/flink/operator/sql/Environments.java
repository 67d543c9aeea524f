package flink.operator.sql;

import java.util.Collections;
import java.util.Map;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.streaming.api.environment.LocalStreamEnvironment;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;

/** Creates table environments: in a cluster, Flink gives them the cluster's configuration, the job's id and its savepoint. */
final class Environments {
    private Environments() {}

    /** @param mode "streaming", "batch", or null for what is configured. */
    static TableEnvironmentImpl create(String mode) {
        return create(mode, System.getenv("FLINK_CONF_DIR"), Collections.emptyMap());
    }

    /**
     * @param folder has the configuration of a check; null for none. In a cluster, it does not count.
     * @param more has precedence over the cluster's.
     */
    static TableEnvironmentImpl create(String mode, String folder, Map<String, String> more) {
        StreamExecutionEnvironment context = StreamExecutionEnvironment.getExecutionEnvironment();
        Configuration own = context instanceof LocalStreamEnvironment ? fromFile(folder) : new Configuration();
        more.forEach(own::setString);
        EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance().withConfiguration(own);
        boolean batch = mode == null ? isBatch(context, own) : mode.equals("batch");
        return TableEnvironmentImpl.create(batch ? settings.inBatchMode().build() : settings.inStreamingMode().build());
    }

    /** The number of the machine's processors, a local default, would change operator ids. */
    private static Configuration fromFile(String folder) {
        Configuration configuration = folder == null ? new Configuration() : GlobalConfiguration.loadConfiguration(folder);
        if (!configuration.contains(CoreOptions.DEFAULT_PARALLELISM)) configuration.set(CoreOptions.DEFAULT_PARALLELISM, 1);
        return configuration;
    }

    private static boolean isBatch(StreamExecutionEnvironment context, Configuration own) {
        RuntimeExecutionMode fallback = context.getConfiguration().get(ExecutionOptions.RUNTIME_MODE);
        return own.getOptional(ExecutionOptions.RUNTIME_MODE).orElse(fallback) == RuntimeExecutionMode.BATCH;
    }
}
