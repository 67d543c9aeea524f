import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { kinds } from "../../api/v1beta1/kinds.ts";
import type { Output } from "../../views/format.ts";
import { planText } from "../../views/planText.ts";
import type { Acted } from "./acting.ts";
import { refuseBlueGreenChild } from "./blueGreenChild.ts";
import { CommandError, exitStatuses } from "./commandError.ts";
import { exitCodeOf, planFor } from "./commands/plan.ts";
import { type Environment, getObject, paintOf, print, printLine } from "./environment.ts";
import type { Edit } from "./fileEdits.ts";
import type { Kubectl } from "./kubectl.ts";
import { KubectlError } from "./kubectlError.ts";
import { untilSettled } from "./wait.ts";

export interface CarryOutOptions {
  readonly output?: Output;
  /** Do not ask. */
  readonly yes?: true;
  /** False: do not follow it to its end. */
  readonly wait: boolean;
  readonly operatorConfig?: string;
}

/**
 * Shows the plan of an edit, asks, makes it, and follows it to its end. Where nobody can be asked, an edit that stops what runs
 * is refused without `yes`.
 */
export async function carryOut(
  environment: Environment,
  kubectl: Kubectl,
  edit: Edit,
  { yes, wait, operatorConfig }: CarryOutOptions,
): Promise<Acted> {
  const { plan, remarks, live } = await planFor(environment, kubectl, edit, operatorConfig);
  if (live !== undefined) refuseBlueGreenChild(live);
  const generation = live?.metadata.generation ?? 0;
  const title = `${plan.kind} ${plan.namespace}/${plan.name}`;
  print(environment, undefined, plan, () => planText(plan, paintOf(environment), remarks));
  const resource = { kind: plan.kind, metadata: { namespace: plan.namespace, name: plan.name } };
  if (plan.effect === "refused") {
    environment.setExitCode(exitCodeOf(plan));
    return { resource, changed: false, details: { plan } };
  }
  if (!yes && (plan.disruptive || plan.effect !== "nothing")) {
    const agreed = await environment.ask("Carry it out?");
    if (agreed === undefined && plan.disruptive)
      throw new CommandError(
        `nothing was changed: the edit stops what runs, and there is no terminal to ask on; add --yes`,
        exitStatuses.disruptive.code,
      );
    if (agreed === false) throw new CommandError("nothing was changed");
  }
  const stored = await storeAsPlanned(kubectl, edit, live);
  if (stored.metadata.generation === generation) {
    printLine(environment, `${title}: its spec is as it was`);
    return { resource, changed: false, details: { plan } };
  }
  printLine(environment, `${title}: ${generation === 0 ? "created" : "edited"}`);
  const before = { ...stored, kind: plan.kind, metadata: { ...stored.metadata, generation } };
  if (wait) await untilSettled(environment, kubectl, before);
  return { resource, changed: true, details: { plan } };
}

/** Stores an edit unless somebody else has edited the resource since the plan. A status that was written since then changes no plan. */
async function storeAsPlanned(
  kubectl: Kubectl,
  edit: Edit,
  planned: KubeObject | undefined,
): Promise<KubeObject> {
  const { wanted, namespace } = edit;
  const type = kinds.find(({ kind }) => kind === wanted.kind) ?? resourceTypes.flinkDeployment;
  const { name } = wanted.metadata;
  const editedMeanwhile = new CommandError(
    `nothing was changed: ${type.kind} ${name} was edited meanwhile, and the plan is of another spec: plan again`,
  );
  const live = await getObject(kubectl, type, namespace, name);
  const seen = (object: KubeObject | undefined) => `${object?.metadata.uid} ${object?.metadata.generation}`;
  if (seen(live) !== seen(planned)) throw editedMeanwhile;
  try {
    return await edit.store(live);
  } catch (error) {
    if (error instanceof KubectlError && error.reason === "Conflict") throw editedMeanwhile;
    throw error;
  }
}
