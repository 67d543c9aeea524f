import type { Command } from "commander";
import { type CarryOutOptions, carryOut } from "../carryOut.ts";
import { type ClusterOptions, type Environment, withCluster } from "../environment.ts";
import { fileEdit } from "./plan.ts";

export const addApply = (program: Command, environment: Environment): void => {
  const command = program
    .command("apply")
    .description(
      "Show the plan of a file, ask, apply it, and follow the operator to the end. Without a terminal, what stops or restarts " +
        "a job is applied with --yes only.",
    )
    .requiredOption(
      "-f, --filename <file>",
      'a file with one FlinkDeployment or FlinkSessionJob, as YAML or JSON; "-" for standard input',
    )
    .option("--yes", "do not ask")
    .option("--no-wait", "do not follow it")
    .option("--operator-config <file>", "the operator's configuration, as for plan");
  withCluster(command).action(async (options: ClusterOptions & CarryOutOptions & { filename: string }) => {
    const kubectl = environment.kubectl(options);
    await carryOut(
      environment,
      kubectl,
      await fileEdit(kubectl, options.filename, options, "apply"),
      options,
    );
  });
};
