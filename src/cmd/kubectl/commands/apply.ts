import type { Command } from "commander";
import { acting } from "../acting.ts";
import { type CarryOutOptions, carryOut } from "../carryOut.ts";
import { type ClusterOptions, type Environment, withCluster, withOutput } from "../environment.ts";
import { fileEdit } from "../fileEdits.ts";

export const addApply = (program: Command, environment: Environment): void => {
  const command = program
    .command("apply")
    .description(
      "Show the plan of a file, ask, apply it, and follow the operator to the end. Without a terminal, what stops or restarts " +
        "a job is applied with --yes only.",
    )
    .requiredOption(
      "-f, --filename <file>",
      'a file with one FlinkDeployment, FlinkSessionJob or FlinkBlueGreenDeployment, as YAML or JSON; "-" for standard input',
    )
    .option("--yes", "do not ask")
    .option("--no-wait", "do not follow it")
    .option("--operator-config <file>", "the operator's configuration, as for plan");
  withOutput(withCluster(command)).action(
    (options: ClusterOptions & CarryOutOptions & { filename: string }) =>
      acting(environment, options.output, async (told) => {
        const kubectl = environment.kubectl(options);
        const edit = await fileEdit(kubectl, options.filename, options);
        return carryOut(told, kubectl, edit, options);
      }),
  );
};
