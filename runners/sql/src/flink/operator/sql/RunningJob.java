package flink.operator.sql;

import java.util.Arrays;

/** The script and the configuration of the running job, as far as they can still be read. */
final class RunningJob {
    private final String[] args;

    /** @param args the folder of its configuration, then options as those of a script. */
    RunningJob(String[] args) {
        this.args = args;
    }

    /** @throws SqlProblem if it cannot be planned: a file, a Secret or a connector may be gone. */
    Check check() {
        if (args.length == 0) throw new SqlProblem("--running needs a value", null);
        Arguments arguments = new Arguments(Arrays.copyOfRange(args, 1, args.length));
        Variables variables = new Variables(arguments.variables);
        try {
            return new Check(arguments.script, variables, args[0], arguments.configuration);
        } catch (Throwable failure) {
            throw FlinkFailure.problem(failure, variables);
        }
    }
}
