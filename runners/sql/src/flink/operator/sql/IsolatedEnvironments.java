package flink.operator.sql;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * While a session cluster plans a program, it has one environment for all of it, and the planner writes the options of a script into
 * that. With these, each script has a new one, so that the options of one do not count for the other.
 */
@SuppressWarnings("try") // Its superclass can be closed.
final class IsolatedEnvironments extends StreamExecutionEnvironment {
    private IsolatedEnvironments() {}

    /** From now on in this thread. */
    static void install() {
        StreamExecutionEnvironment context = getExecutionEnvironment();
        Configuration cluster = new Configuration((Configuration) context.getConfiguration());
        ClassLoader classes = Thread.currentThread().getContextClassLoader();
        initializeContextEnvironment(own -> {
            Configuration configuration = new Configuration(cluster);
            configuration.addAll(own);
            return new StreamExecutionEnvironment(configuration, classes);
        });
    }

    static void remove() {
        resetContextEnvironment();
    }
}
