package flink.operator.gate;

import java.lang.reflect.Field;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironmentFactory;

/**
 * What the job restores from, set in the environments that its main method makes. The configuration of the cluster was
 * written before there was a savepoint.
 */
@SuppressWarnings("try")
final class RestorePath extends StreamExecutionEnvironment {
    /** The name of the option in Flink 1.19, and since 1.20. */
    private static final String[] OPTIONS = {"execution.savepoint.path", "execution.state-recovery.path"};

    private RestorePath() {}

    static void set(String path) throws ReflectiveOperationException {
        StreamExecutionEnvironmentFactory flinks = presentFactory();
        initializeContextEnvironment(
                given -> {
                    Configuration configuration = new Configuration(given);
                    for (String option : OPTIONS) {
                        configuration.setString(option, path);
                    }
                    return flinks.createExecutionEnvironment(configuration);
                });
    }

    /** Flink's own one, which it has just set. No method returns it; the field is the same in 1.20 and 2.3. */
    private static StreamExecutionEnvironmentFactory presentFactory() throws ReflectiveOperationException {
        Field field = StreamExecutionEnvironment.class.getDeclaredField("threadLocalContextEnvironmentFactory");
        field.setAccessible(true);
        return (StreamExecutionEnvironmentFactory) ((ThreadLocal<?>) field.get(null)).get();
    }
}
