import type { Command } from "commander";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Output } from "../../../views/format.ts";
import { type Acted, acting } from "../acting.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  namespaceOf,
  withCluster,
  withOutput,
} from "../environment.ts";
import { untilSettled } from "../wait.ts";
import { patchSpec } from "./specEdits.ts";

interface CancelOptions extends ClusterOptions {
  readonly output?: Output;
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
  const cancel = async (told: Environment, name: string, options: CancelOptions): Promise<Acted> => {
    if (options.yes !== true)
      throw new CommandError(
        `this gives up the state of ${name}: add --yes, or keep it: kubectl flink suspend ${name}`,
      );
    const kubectl = environment.kubectl(options);
    const resource = await findResource(kubectl, await namespaceOf(kubectl, options), name);
    const { job } = asFlinkDeployment(resource).spec;
    const upgradeMode = job?.upgradeMode ?? "stateless";
    const changed = await patchSpec(told, kubectl, resource, {
      patch: () =>
        job?.state === "suspended" && job.upgradeMode === "stateless"
          ? "it is cancelled already"
          : { job: { state: "suspended", upgradeMode: "stateless" } },
      done: `is to be cancelled, without its state${upgradeMode === "stateless" ? "" : keptMode(upgradeMode)}`,
    });
    if (changed && options.wait) await untilSettled(told, kubectl, resource);
    return { resource, changed };
  };
  withOutput(withCluster(command)).action((name: string, options: CancelOptions) =>
    acting(environment, options.output, (told) => cancel(told, name, options)),
  );
};

const keptMode = (before: string): string =>
  `. Its upgrade mode was ${before} and is stateless from now on: set spec.job.upgradeMode back once it is resumed, or each ` +
  "later upgrade gives the state up, too";
