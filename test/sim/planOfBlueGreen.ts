import { resourceTypes } from "../../src/api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { childSettings, gatherBlueGreenOnce } from "../../src/controllers/gatherBlueGreenOnce.ts";
import { readNamespace } from "../../src/controllers/gatherOnce.ts";
import { assumedBlueGreenStart } from "../../src/core/plan/blueGreen/assumedStart.ts";
import type { BlueGreenStart } from "../../src/core/plan/blueGreen/foresee.ts";
import { planOfBlueGreen } from "../../src/core/plan/blueGreen/plan.ts";
import { OperatorProcess, operatorConfigurationOf } from "./operatorProcess.ts";
import type { ComparedEdit } from "./planOfEffect.ts";
import type { Scenario } from "./scenario.ts";
import { waitForStep } from "./seenStarts.ts";
import { resourceName } from "./workloads/resource.ts";
import type { JournalEntry } from "./world/journal.ts";
import { namespace, World } from "./world/world.ts";

const { flinkBlueGreenDeployment: type, flinkDeployment } = resourceTypes;

/**
 * Plays a workload of a FlinkBlueGreenDeployment. Before each step, it reads what a user could read, and plans the edit that the step
 * makes. An edit that begins or ends in the middle of another change has no plan of its own.
 */
export const actsOfBlueGreenEdits = async (workload: Scenario): Promise<ComparedEdit[]> => {
  const world = new World({ seed: 1 });
  const operator = new OperatorProcess(world, 1, 1, () => {});
  const compared: ComparedEdit[] = [];
  for (const step of workload.steps) {
    const before = await world.run(seenStart(world));
    const from = world.journal.entries.length;
    world.journal.add({ event: "step", note: step.name });
    step.act?.(world);
    const edited = withEdit(world, before);
    await waitForStep(step, world);
    if (edited === undefined || !isAtRest(before) || !isAtRest(await world.run(seenStart(world)))) continue;
    const plan = planOfBlueGreen(edited);
    const entries = world.journal.entries.slice(from);
    compared.push({
      step: step.name,
      planned: plan.steps.map(({ what, of = "" }) => wordsOf(what, of)),
      acted: entries.flatMap((entry, at) => actOf(entry, operator.actor, entries.slice(0, at))),
      effects: [`${plan.effect}, ${plan.restore?.from ?? "no job is restored"}`],
      assumed: [assumedEffect(world, edited)],
    });
  }
  return compared;
};

async function seenStart(world: World): Promise<BlueGreenStart | undefined> {
  const found = world.server.find(type, namespace, resourceName);
  if (found === undefined) return undefined;
  const caller = world.caller("plan");
  const reader = {
    kube: world.kubeFor(caller),
    flinkOf: () => world.flinkFor(caller),
    config: operatorConfigurationOf(world),
    now: () => world.clock.now(),
  };
  const view = await readNamespace(reader, namespace);
  return gatherBlueGreenOnce(reader, view, asFlinkBlueGreenDeployment(found));
}

function withEdit(world: World, start: BlueGreenStart | undefined): BlueGreenStart | undefined {
  const found = world.server.find(type, namespace, resourceName);
  if (start === undefined || found === undefined || found.metadata.deletionTimestamp !== undefined)
    return undefined;
  const { metadata, spec } = asFlinkBlueGreenDeployment(found);
  return metadata.generation === start.resource.metadata.generation
    ? undefined
    : { ...start, resource: { ...start.resource, metadata, spec }, specBefore: start.resource.spec };
}

const isAtRest = (start: BlueGreenStart | undefined): boolean => {
  const { metadata, status } = start?.resource ?? {};
  return (
    status?.observedGeneration === metadata?.generation &&
    status?.blueGreenState?.startsWith("ACTIVE") === true &&
    status.error === undefined
  );
};

/** Admission knows neither the cluster nor the FlinkDeployments. */
function assumedEffect(world: World, { resource, specBefore, now }: BlueGreenStart): string {
  const start = assumedBlueGreenStart(resource, childSettings(operatorConfigurationOf(world)), now);
  const plan = planOfBlueGreen({ ...start, ...(specBefore === undefined ? {} : { specBefore }) });
  return `${plan.effect}, ${plan.restore?.from ?? "no job is restored"}`;
}

const wordsOf = (what: string, of: string): string => (what === "take savepoint" ? what : `${what} ${of}`);

const writes: Readonly<Record<string, string>> = {
  create: "create FlinkDeployment",
  delete: "delete FlinkDeployment",
};

/** What the FlinkDeployments do by their own reconciles is the plan of those. */
function actOf(entry: JournalEntry, actor: string, earlier: readonly JournalEntry[]): string[] {
  if (entry.event === "savepoint-requested") return entry.stop ? [] : ["take savepoint"];
  if (entry.event !== "kubernetes-write" || entry.actor !== actor || entry.outcome !== "ok") return [];
  const { verb, kind, name } = entry;
  if (kind === "Ingress" && name === resourceName) return [`${verb} route ${kind} ${name}`];
  if (kind !== flinkDeployment.kind) return [];
  if (verb !== "patch") return writes[verb] === undefined ? [] : [`${writes[verb]} ${name}`];
  return isOfFinalizer(entry, earlier) ? [] : [`change FlinkDeployment ${name}`];
}

/** The first reconcile of a new FlinkDeployment adds its finalizer, and the last one takes it away. */
function isOfFinalizer(entry: JournalEntry & { name: string }, earlier: readonly JournalEntry[]): boolean {
  const ofThis = earlier.filter(
    (each) =>
      each.event === "kubernetes-write" && each.kind === flinkDeployment.kind && each.name === entry.name,
  );
  const last = ofThis.at(-1);
  const verbs = ofThis.flatMap((each) => (each.event === "kubernetes-write" ? [each.verb] : []));
  return (last?.event === "kubernetes-write" && last.verb === "create") || verbs.includes("delete");
}
