package flink.operator.gate.test;

import flink.operator.gate.Gate;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Calls the gate as Flink calls the main class of an application: with a factory of environments in place. */
@SuppressWarnings("try")
public final class Application extends StreamExecutionEnvironment {
    public static void main(String[] args) throws Exception {
        initializeContextEnvironment(StreamExecutionEnvironment::new);
        try {
            Gate.main(args);
            System.out.println("ended");
        } catch (Throwable failure) {
            System.out.println("thrown: " + failure);
        }
        // Threads of the Kubernetes client may remain.
        System.exit(0);
    }
}
