/** kubectl-flink: functions of the operator on the command line. */
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { type RenderOptions, render, type TextFile } from "./render.ts";

function read(file: string): TextFile {
  const name = file === "-" ? "standard input" : file;
  try {
    return { name, text: readFileSync(file === "-" ? process.stdin.fd : file, "utf8") };
  } catch (error) {
    throw new Error(`cannot read ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const matching = (pattern: RegExp, expected: string) => (text: string) => {
  if (!pattern.test(text)) throw new InvalidArgumentError(`It must be ${expected}.`);
  return text.toLowerCase();
};

const jobId = matching(/^[0-9a-f]{32}$/i, "32 hexadecimal digits");
const launchId = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "a UUID");

const program = new Command("kubectl-flink").description(
  "Looks into Flink clusters and what they are made from.",
);

program
  .command("render")
  .description("Print what a deployment of a FlinkDeployment would create. No cluster is asked.")
  .requiredOption("-f, --filename <file>", 'the FlinkDeployment, as YAML or JSON; "-" for standard input')
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
      operatorConfig,
      ...options
    }: RenderOptions & { filename: string; operatorConfig?: string }) => {
      const {
        output,
        errors,
        warnings = [],
      } = render(read(filename), operatorConfig === undefined ? undefined : read(operatorConfig), options);
      process.stdout.write(output);
      for (const warning of warnings) console.error(`Warning: ${warning}`);
      for (const error of errors) console.error(error);
      if (errors.length > 0) process.exitCode = 1;
    },
  );

// A reader that closes the pipe early, such as head, is no failure.
process.stdout.on("error", () => process.exit());

try {
  program.parse();
} catch (error) {
  console.error(`kubectl-flink: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
