/** kubectl-flink: functions of the operator on the command line. */
import { Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { readInputFiles, readTextFile } from "./inputFiles.ts";
import { type RenderOptions, render } from "./render.ts";
import { type SqlCheckOptions, sqlCheck } from "./sqlCheck.ts";
import { readSqlRunner } from "./sqlRunner.ts";

const matching = (pattern: RegExp, expected: string) => (text: string) => {
  if (!pattern.test(text)) throw new InvalidArgumentError(`It must be ${expected}.`);
  return text.toLowerCase();
};

const jobId = matching(/^[0-9a-f]{32}$/i, "32 hexadecimal digits");
const launchId = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "a UUID");

const program = new Command("kubectl-flink")
  .description("Looks into Flink clusters and what they are made from.")
  .version(packageJson.version);

/** An option that may be given several times. */
const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

program
  .command("render")
  .description(
    "Check FlinkDeployments, FlinkSessionJobs, FlinkStateSnapshots and FlinkBlueGreenDeployments in files by the rules " +
      "of admission, and print what the FlinkDeployments would create. No cluster is asked.",
  )
  .requiredOption(
    "-f, --filename <file>",
    'a file, as YAML or JSON, or a folder of such files; "-" for standard input. May be given several times',
    collected,
  )
  .option("-R, --recursive", "look into the folders in a folder, too")
  .option("-n, --namespace <name>", "the namespace of objects that name none (default: default)")
  .option("--operator-config <file>", "the operator's configuration: config.yaml, flink-conf.yaml or JSON")
  .option("--job-id <hex>", "Flink's id of the job (default: random)", jobId)
  .option(
    "--launch-id <uuid>",
    "the launch's own part of the job result store's path (default: random)",
    launchId,
  )
  .addOption(
    new Option(
      "--savepoint <path>",
      "start from this savepoint (default: the initialSavepointPath)",
    ).conflicts("lastState"),
  )
  .option("--last-state", "start from the newest checkpoint of the high availability metadata")
  .addOption(new Option("-o, --output <format>", "format").choices(["yaml", "json"]).default("yaml"))
  .addOption(
    new Option("--show <what>", "print this instead of the objects").choices([
      "effective-config",
      "last-reconciled-spec",
    ]),
  )
  .action(
    ({
      filename,
      recursive,
      operatorConfig,
      ...options
    }: RenderOptions & { filename: readonly string[]; recursive?: true; operatorConfig?: string }) => {
      const { output, errors, warnings } = render(
        readInputFiles(filename, recursive === true),
        operatorConfig === undefined ? undefined : readTextFile(operatorConfig),
        { ...options, sqlRunner: readSqlRunner(process.env) },
      );
      process.stdout.write(output);
      for (const warning of warnings) console.error(`warning: ${warning}`);
      for (const error of errors) console.error(error);
      if (errors.length > 0) process.exitCode = 1;
    },
  );

program
  .command("sql")
  .description("Works on the SQL scripts of jobs.")
  .command("check")
  .description(
    "Parse, validate and plan the script of a .sql file, or of spec.job.sql in a FlinkDeployment or FlinkSessionJob, by a Flink " +
      "distribution and Java on this machine. No job is started. Prints the plan, or what is wrong with line and column.",
  )
  .requiredOption(
    "-f, --filename <file>",
    'a .sql file, or a manifest as YAML or JSON; "-" for a manifest on standard input',
  )
  .requiredOption("--flink-home <folder>", "a Flink distribution, of the version that the job runs on")
  .option("--jar <file>", "a jar of connectors or functions. May be given several times", collected)
  .option("--variables <folder>", "a folder whose files are variables. May be given several times", collected)
  .option("--runner <file>", "the runner's jar (default: built from this project)")
  .action(
    async ({ filename, runner, ...options }: SqlCheckOptions & { filename: string; runner?: string }) => {
      const file = readTextFile(filename);
      const { output, error } = await sqlCheck(file, runner ?? (await builtRunner()), options);
      process.stdout.write(output);
      if (error === undefined) return;
      console.error(error);
      process.exitCode = 1;
    },
  );

/** Only this command needs what builds jars. */
async function builtRunner(): Promise<string> {
  const { sqlRunnerJar } = await import("../../images/sqlRunner.ts");
  return sqlRunnerJar();
}

// A reader that closes the pipe early, such as head, is no failure.
process.stdout.on("error", () => process.exit());

try {
  await program.parseAsync();
} catch (error) {
  console.error(`kubectl-flink: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
