import type { Command } from "commander";
import { readTextFile } from "../../inputFiles.ts";
import { type SqlChecked, sqlCheck, sqlScript } from "../../sqlCheck.ts";
import { checkInCluster } from "../clusterSqlCheck.ts";
import { CommandError } from "../commandError.ts";
import { type ClusterOptions, type Environment, namespaceOf, tell, withCluster } from "../environment.ts";
import { collected } from "../options.ts";

interface Options extends ClusterOptions {
  readonly filename: string;
  readonly flinkHome?: string;
  readonly image?: string;
  readonly jar?: readonly string[];
  readonly variables?: readonly string[];
  readonly runner?: string;
}

export const addSql = (program: Command, environment: Environment): void => {
  const command = program
    .command("sql")
    .description("Works on the SQL scripts of jobs.")
    .command("check")
    .description(
      "Parse, validate and plan the script of a .sql file, or of spec.job.sql in a FlinkDeployment or FlinkSessionJob. With " +
        "--flink-home by a Flink distribution and Java on this machine, otherwise in a pod that is deleted at the end. No job is " +
        "started. Prints the plan, or what is wrong with line and column.",
    )
    .requiredOption(
      "-f, --filename <file>",
      'a .sql file, or a manifest as YAML or JSON; "-" for a manifest on standard input',
    )
    .option("--flink-home <folder>", "a Flink distribution, of the version that the job runs on")
    .option("--image <image>", "the image of the pod (default: spec.image of the manifest)")
    .option(
      "--jar <file>",
      "a jar of connectors or functions, with --flink-home. May be given several times",
      collected,
    )
    .option(
      "--variables <folder>",
      "a folder whose files are variables, with --flink-home. May be given several times",
      collected,
    )
    .option("--runner <file>", "the runner's jar (default: built from this project)");
  withCluster(command).action(async (options: Options) => {
    const { output, error } = await check(environment, options);
    environment.write(output);
    if (error === undefined) return;
    tell(environment, error);
    environment.setExitCode(1);
  });
};

async function check(environment: Environment, options: Options): Promise<SqlChecked> {
  const { filename, flinkHome, jar, variables } = options;
  const file = readTextFile(filename);
  if (flinkHome !== undefined) {
    if (options.image !== undefined)
      throw new CommandError("--image is for the check in the cluster: leave it or --flink-home out");
    const given = { flinkHome, ...(jar && { jar }), ...(variables && { variables }) };
    return sqlCheck(file, await runnerOf(options), given);
  }
  const local = jar === undefined ? variables && "--variables" : "--jar";
  if (local !== undefined)
    throw new CommandError(`${local} is for a check on this machine: name --flink-home too`);
  const script = sqlScript(file);
  const image = options.image ?? script.image;
  if (image === undefined)
    throw new CommandError(
      "--image must name the image of the job, or --flink-home a Flink distribution on this machine",
    );
  const kubectl = environment.kubectl(options);
  const namespace = await namespaceOf(kubectl, options);
  const runner = await runnerOf(options);
  return checkInCluster(environment, kubectl, { script, file: file.name, image, namespace, runner });
}

/** Only this command needs what builds jars. */
async function runnerOf({ runner }: Options): Promise<string> {
  if (runner !== undefined) return runner;
  const { sqlRunnerJar } = await import("../../../../images/sqlRunner.ts");
  return sqlRunnerJar();
}
