package flink.operator.gate.test;

import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Prints what its job would be restored from. */
public final class Job {
    private Job() {}

    public static void main(String[] args) throws Exception {
        System.out.println("arguments: " + String.join(",", args));
        if (args.length > 0 && args[0].equals("fail")) {
            throw new IllegalStateException("the job's own error");
        }
        print("main");
        // Programs in Python make their environment in another thread.
        Thread thread = new Thread(() -> print("thread"));
        thread.start();
        thread.join();
    }

    private static void print(String where) {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        environment.fromData(1, 2).print();
        String path = environment.getStreamGraph().getSavepointRestoreSettings().getRestorePath();
        System.out.println(where + " restores from: " + path);
    }
}
