import { type Command, InvalidArgumentError } from "commander";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { MAX_PARALLELISM } from "../../../views/edits.ts";
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

interface RescaleOptions extends ClusterOptions {
  readonly output?: Output;
  readonly parallelism?: number;
  readonly taskManagers?: number;
  readonly wait?: true;
}

const count = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARALLELISM)
    throw new InvalidArgumentError(`It must be a whole number, 1 to ${MAX_PARALLELISM}.`);
  return number;
};

export const addRescale = (program: Command, environment: Environment): void => {
  const command = program
    .command("rescale")
    .description(
      "Change the parallelism of a job (spec.job.parallelism), or the number of TaskManagers of a standalone cluster " +
        "(spec.taskManager.replicas). kubectl flink plan says beforehand whether the job restarts.",
    )
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--parallelism <number>", "of the job", count)
    .option("--task-managers <number>", "of a cluster of the mode standalone", count)
    .option("--wait", "wait until it is done");
  const rescale = async (told: Environment, name: string, options: RescaleOptions): Promise<Acted> => {
    const { parallelism, taskManagers } = options;
    if (parallelism === undefined && taskManagers === undefined)
      throw new CommandError("there is nothing to change: give --parallelism, or --task-managers");
    const kubectl = environment.kubectl(options);
    const resource = await findResource(kubectl, await namespaceOf(kubectl, options), name);
    const { job, mode, taskManager } = asFlinkDeployment(resource).spec;
    if (parallelism !== undefined && job == null)
      throw new CommandError(`${resource.kind} ${name} is a session cluster: rescale its session jobs`);
    if (taskManagers !== undefined && mode !== "standalone")
      throw new CommandError(
        `${resource.kind} ${name} is not standalone: Flink itself starts as many TaskManagers as its jobs need`,
      );
    const isSo =
      (parallelism ?? job?.parallelism) === job?.parallelism &&
      (taskManagers ?? taskManager?.replicas) === taskManager?.replicas;
    const changed = await patchSpec(told, kubectl, resource, {
      patch: () =>
        isSo
          ? "it is scaled so already"
          : {
              ...(parallelism === undefined ? {} : { job: { parallelism } }),
              ...(taskManagers === undefined ? {} : { taskManager: { replicas: taskManagers } }),
            },
      done: "is to be rescaled",
      forSessionClusters: true,
    });
    if (changed && options.wait) await untilSettled(told, kubectl, resource);
    return { resource, changed };
  };
  withOutput(withCluster(command)).action((name: string, options: RescaleOptions) =>
    acting(environment, options.output, (told) => rescale(told, name, options)),
  );
};
