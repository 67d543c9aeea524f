package flink.operator.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.plugin.PluginUtils;

/** Runs an SQL script as one Flink job. It prints neither the script nor the values of its variables. */
public final class SqlJob {
    private static final String MARKER = "--- sql check ---";

    private SqlJob() {}

    /**
     * With --check, starts no job, and prints the plan. The file named by SQL_PROBLEM_FILE, if that is set, then has the comparison
     * with the running job.
     *
     * With --answer, throws the outcome of --check: a session cluster answers it to the request for the plan of this program.
     *
     * @throws SqlProblem on anything that is wrong; the same file has it as JSON. It is not set in a session cluster, whose container
     *     does not end with a wrong script.
     */
    public static void main(String[] args) throws IOException {
        try {
            run(args);
        } catch (SqlProblem problem) {
            for (String each : args) if (each.equals("--answer")) throw new CheckAnswer(problem.toJson());
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
            if (arguments.check) initializeFileSystems();
            if (arguments.answer) IsolatedEnvironments.install();
            Check check = new Check(arguments.script, variables, System.getenv("FLINK_CONF_DIR"), arguments.configuration);
            if (!arguments.check) {
                Job.start(check, variables);
                return;
            }
            String outcome = ComparisonJson.of(check, arguments.running);
            if (arguments.answer) throw new CheckAnswer(outcome);
            writeTerminationMessage(outcome);
            print(PlanJson.of(check, severalFiles, variables));
        } catch (SqlProblem problem) {
            throw problem.showingFile(severalFiles);
        } catch (CheckAnswer answer) {
            throw answer;
        } catch (Throwable failure) {
            throw FlinkFailure.problem(failure, variables);
        } finally {
            if (arguments.answer) IsolatedEnvironments.remove();
        }
    }

    /** A cluster has done so. ADD JAR and tables of files may need the file systems of plugins. */
    private static void initializeFileSystems() {
        if (System.getenv("FLINK_CONF_DIR") == null) return;
        Configuration configuration = GlobalConfiguration.loadConfiguration();
        FileSystem.initialize(configuration, PluginUtils.createPluginManagerFromRootFolder(configuration));
    }

    private static void print(String json) throws IOException {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        out.println(MARKER);
        out.println(json);
        out.println(MARKER);
    }

    private static void writeTerminationMessage(String json) throws IOException {
        String file = System.getenv("SQL_PROBLEM_FILE");
        if (file != null) Files.write(Paths.get(file), json.getBytes(UTF_8));
    }
}
