import type { Command } from "commander";
import { APPROVED_GENERATION_ANNOTATION } from "../../../api/v1beta1/names.ts";
import { whyNoApproval } from "../../../views/edits.ts";
import type { Output } from "../../../views/format.ts";
import { type Acted, acting } from "../acting.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  fullName,
  namespaceOf,
  printLine,
  tell,
  withCluster,
  withOutput,
} from "../environment.ts";
import { untilSettled } from "../wait.ts";

interface ApproveOptions extends ClusterOptions {
  readonly output?: Output;
  readonly generation?: string;
  readonly wait?: true;
}

export const addApprove = (program: Command, environment: Environment): void => {
  const command = program
    .command("approve")
    .description(
      "Approve the edit that waits (kubernetes.operator.upgrade.approval: manual): the operator then stops or restarts what " +
        "runs. What it will do is in kubectl flink status. A newer edit has to be approved again.",
    )
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--generation <number>", "only if this generation is the one that waits")
    .option("--wait", "wait until it is done");
  const approve = async (told: Environment, name: string, options: ApproveOptions): Promise<Acted> => {
    const kubectl = environment.kubectl(options);
    const resource = await findResource(kubectl, await namespaceOf(kubectl, options), name);
    const { metadata } = resource;
    const { namespace = "", generation = 0, annotations } = metadata;
    const details = { generation };
    if (annotations?.[APPROVED_GENERATION_ANNOTATION] === String(generation)) {
      tell(told, `generation ${generation} is approved already`);
      return { resource, changed: false, details };
    }
    const why = whyNoApproval(resource);
    if (why !== undefined) throw new CommandError(why);
    if (options.generation !== undefined && options.generation !== String(generation))
      throw new CommandError(
        `the edit that waits is generation ${generation}, not ${options.generation}: it was edited again`,
      );
    // It names the generation, so an edit that comes between is not approved unseen.
    const body = JSON.stringify({
      metadata: { annotations: { [APPROVED_GENERATION_ANNOTATION]: String(generation) } },
    });
    const target = [fullName(resource), metadata.name, "-n", namespace];
    await kubectl.run(["patch", ...target, "--type=merge", "-p", body]);
    printLine(told, `${resource.kind} ${namespace}/${metadata.name}: generation ${generation} is approved`);
    if (options.wait) await untilSettled(told, kubectl, resource, generation);
    return { resource, changed: true, details };
  };
  withOutput(withCluster(command)).action((name: string, options: ApproveOptions) =>
    acting(environment, options.output, (told) => approve(told, name, options)),
  );
};
