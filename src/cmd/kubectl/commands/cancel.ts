import type { Command } from "commander";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  namespaceOf,
  withCluster,
} from "../environment.ts";
import { untilSettled } from "../wait.ts";
import { patchSpec } from "./specEdits.ts";

interface CancelOptions extends ClusterOptions {
  readonly wait?: true;
  readonly yes?: true;
}

export const addCancel = (program: Command, environment: Environment): void => {
  const command = program
    .command("cancel")
    .description(
      "Cancel the job and give its state up: it is suspended with the upgrade mode stateless. Snapshots stay, and a savepoint can " +
        "be gone on from by spec.job.initialSavepointPath. To keep the state, use suspend.",
    )
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--yes", "the state may be given up")
    .option("--wait", "wait until it is done");
  withCluster(command).action(async (name: string, options: CancelOptions) => {
    if (options.yes !== true)
      throw new CommandError(
        `this gives up the state of ${name}: add --yes, or keep it: kubectl flink suspend ${name}`,
      );
    const kubectl = environment.kubectl(options);
    const resource = await findResource(kubectl, await namespaceOf(kubectl, options), name);
    const { job } = asFlinkDeployment(resource).spec;
    const upgradeMode = job?.upgradeMode ?? "stateless";
    const isEdited = await patchSpec(environment, kubectl, resource, {
      patch: () =>
        job?.state === "suspended" && job.upgradeMode === "stateless"
          ? "it is cancelled already"
          : { job: { state: "suspended", upgradeMode: "stateless" } },
      done: `is to be cancelled, without its state${upgradeMode === "stateless" ? "" : keptMode(upgradeMode)}`,
    });
    if (isEdited && options.wait) await untilSettled(environment, kubectl, resource);
  });
};

const keptMode = (before: string): string =>
  `. Its upgrade mode was ${before} and is stateless from now on: set spec.job.upgradeMode back once it is resumed, or each ` +
  "later upgrade gives the state up, too";
