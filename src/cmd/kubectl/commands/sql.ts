import type { Command } from "commander";
import { readTextFile } from "../../inputFiles.ts";
import { type SqlCheckOptions, sqlCheck } from "../../sqlCheck.ts";
import { type Environment, tell } from "../environment.ts";
import { collected } from "../options.ts";

export const addSql = (program: Command, environment: Environment): void => {
  program
    .command("sql")
    .description("Works on the SQL scripts of jobs.")
    .command("check")
    .description(
      "Parse, validate and plan the script of a .sql file, or of spec.job.sql in a FlinkDeployment or FlinkSessionJob, by a " +
        "Flink distribution and Java on this machine. No job is started. Prints the plan, or what is wrong with line and column.",
    )
    .requiredOption(
      "-f, --filename <file>",
      'a .sql file, or a manifest as YAML or JSON; "-" for a manifest on standard input',
    )
    .requiredOption("--flink-home <folder>", "a Flink distribution, of the version that the job runs on")
    .option("--jar <file>", "a jar of connectors or functions. May be given several times", collected)
    .option(
      "--variables <folder>",
      "a folder whose files are variables. May be given several times",
      collected,
    )
    .option("--runner <file>", "the runner's jar (default: built from this project)")
    .action(
      async ({ filename, runner, ...options }: SqlCheckOptions & { filename: string; runner?: string }) => {
        const file = readTextFile(filename);
        const { output, error } = await sqlCheck(file, runner ?? (await builtRunner()), options);
        environment.write(output);
        if (error === undefined) return;
        tell(environment, error);
        environment.setExitCode(1);
      },
    );
};

/** Only this command needs what builds jars. */
async function builtRunner(): Promise<string> {
  const { sqlRunnerJar } = await import("../../../../images/sqlRunner.ts");
  return sqlRunnerJar();
}
