import { type Command, InvalidArgumentError, Option } from "commander";
import { readInputFiles, readTextFile } from "../../inputFiles.ts";
import { type RenderOptions, render } from "../../render.ts";
import { readSqlRunner } from "../../sqlRunner.ts";
import { type Environment, tell } from "../environment.ts";
import { collected } from "../options.ts";

const matching = (pattern: RegExp, expected: string) => (text: string) => {
  if (!pattern.test(text)) throw new InvalidArgumentError(`It must be ${expected}.`);
  return text.toLowerCase();
};

const jobId = matching(/^[0-9a-f]{32}$/i, "32 hexadecimal digits");
const launchId = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "a UUID");

export const addRender = (program: Command, environment: Environment): void => {
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
        environment.write(output);
        for (const warning of warnings) tell(environment, `warning: ${warning}`);
        for (const error of errors) tell(environment, error);
        if (errors.length > 0) environment.setExitCode(1);
      },
    );
};
