package flink.operator.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

/** Runs an SQL script as one Flink job. It prints neither the script nor the values of its variables. */
public final class SqlJob {
    private static final String MARKER = "--- sql check ---";

    private SqlJob() {}

    /**
     * With --check, starts no job, and prints the plan.
     *
     * @throws SqlProblem on anything that is wrong; the container's termination message has it as JSON.
     */
    public static void main(String[] args) throws IOException {
        try {
            run(args);
        } catch (SqlProblem problem) {
            writeTerminationMessage(problem.toJson());
            for (String each : args) if (each.equals("--check")) print(problem.toJson());
            throw problem;
        }
    }

    private static void run(String[] args) throws IOException {
        Arguments arguments = new Arguments(args);
        Variables variables = new Variables(arguments.variables);
        boolean severalFiles = arguments.script.hasSeveralFiles();
        try {
            Check check = new Check(arguments.script, variables);
            if (!arguments.check) {
                Job.start(check, variables);
                return;
            }
            String plan = PlanJson.of(check, severalFiles, variables);
            if (arguments.throwPlan) throw new SqlPlan(plan);
            print(plan);
        } catch (SqlProblem problem) {
            throw problem.showingFile(severalFiles);
        } catch (SqlPlan plan) {
            throw plan;
        } catch (RuntimeException | LinkageError failure) {
            throw FlinkFailure.problem("runtime", failure, variables);
        }
    }

    private static void print(String json) throws IOException {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        out.println(MARKER);
        out.println(json);
        out.println(MARKER);
    }

    private static void writeTerminationMessage(String json) throws IOException {
        String configured = System.getenv("SQL_PROBLEM_FILE");
        Path file = Paths.get(configured == null ? "/dev/termination-log" : configured);
        if (configured == null && !Files.isWritable(file)) return;
        Files.write(file, json.getBytes(UTF_8));
    }
}
