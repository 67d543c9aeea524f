import { type Command, Option } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import {
  asFlinkBlueGreenDeployment,
  type FlinkBlueGreenDeploymentStatus,
} from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { PROMOTE_ANNOTATION, REJECT_ANNOTATION } from "../../../api/v1beta1/names.ts";
import { whyNoPromotion } from "../../../views/edits.ts";
import type { Output } from "../../../views/format.ts";
import { type Acted, acting } from "../acting.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  getObject,
  namespaceOf,
  printLine,
  withCluster,
  withOutput,
} from "../environment.ts";
import type { Kubectl } from "../kubectl.ts";
import { waitFor } from "../wait.ts";

interface PromoteOptions extends ClusterOptions {
  readonly output?: Output;
  readonly reject?: true;
  readonly wait?: true;
}

const type = resourceTypes.flinkBlueGreenDeployment;

export const addPromote = (program: Command, environment: Environment): void => {
  const command = program
    .command("promote")
    .description(
      "Let the new side of a FlinkBlueGreenDeployment, which is verified and waits for a person, take the place of the old one. " +
        `It sets an annotation (${PROMOTE_ANNOTATION}) that names the generation: a later edit waits for another promotion.`,
    )
    .argument("<name>", "NAME of the FlinkBlueGreenDeployment")
    .addOption(
      new Option("--reject", `give the new side up, also while it is verified (${REJECT_ANNOTATION})`),
    )
    .option("--wait", "wait until it is done");
  const promote = async (told: Environment, name: string, options: PromoteOptions): Promise<Acted> => {
    const kubectl = environment.kubectl(options);
    const namespace = await namespaceOf(kubectl, options);
    const found = await getObject(kubectl, type, namespace, name);
    if (found === undefined)
      throw new CommandError(`there is no ${type.kind} ${name} in the namespace ${namespace}`);
    const isRejected = options.reject === true;
    const why = whyNoPromotion(found, isRejected);
    if (why !== undefined) throw new CommandError(`${type.kind} ${name}: ${why}`);
    const annotation = isRejected ? REJECT_ANNOTATION : PROMOTE_ANNOTATION;
    const metadata = { annotations: { [annotation]: String(found.metadata.generation) } };
    const patch = JSON.stringify({ metadata });
    const what = `${type.plural}.${type.group}`;
    await kubectl.run(["patch", what, name, "-n", namespace, "--type=merge", "-p", patch]);
    printLine(
      told,
      `${type.kind} ${namespace}/${name}: ${isRejected ? "the new side is to be given up" : "the new side is to take the place of the old one"}`,
    );
    if (options.wait) await untilDone(told, kubectl, found, isRejected);
    return { resource: found, changed: true, details: { generation: found.metadata.generation } };
  };
  withOutput(withCluster(command)).action((name: string, options: PromoteOptions) =>
    acting(environment, options.output, (told) => promote(told, name, options)),
  );
};

async function untilDone(
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
  isRejected: boolean,
): Promise<void> {
  const { name, namespace } = resource.metadata;
  const status = await waitFor(environment, kubectl, resource, (found) => {
    const { status = {} } = asFlinkBlueGreenDeployment(found);
    return status.blueGreenState?.startsWith("ACTIVE") === true ? status : undefined;
  });
  const { error, blueGreenState } = status;
  if (error !== undefined && !isRejected) throw new CommandError(error);
  const hasTakenOver = blueGreenState === activeAfter(asFlinkBlueGreenDeployment(resource).status);
  if (hasTakenOver && isRejected)
    throw new CommandError(
      `the new side took the place of the old one before it was given up (${blueGreenState})`,
    );
  if (!hasTakenOver && !isRejected)
    throw new CommandError(`the new side did not take the place of the old one (${blueGreenState})`);
  printLine(environment, `${type.kind} ${namespace}/${name}: ${error ?? blueGreenState}`);
}

/** The state of a transition that succeeds: TRANSITIONING_TO_GREEN leads to ACTIVE_GREEN. */
const activeAfter = (before: FlinkBlueGreenDeploymentStatus | undefined): string | undefined =>
  before?.blueGreenState?.replace("TRANSITIONING_TO", "ACTIVE");
