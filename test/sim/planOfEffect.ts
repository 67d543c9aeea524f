import { programConfigMapName, wordConfigMapName } from "../../src/api/v1beta1/names.ts";
import { EMPTY_STATE, NEWEST_IN_HA_METADATA } from "../../src/core/job/status/decisionRecord.ts";
import { assume } from "../../src/core/plan/assumedFacts.ts";
import type { Start } from "../../src/core/plan/foresee.ts";
import { type Plan, planOf } from "../../src/core/plan/plan.ts";
import { plannedRestore } from "../../src/core/plan/plannedRestore.ts";
import { OperatorProcess } from "./operatorProcess.ts";
import type { Scenario } from "./scenario.ts";
import { seenStarts, waitForStep, withEdit } from "./seenStarts.ts";
import { resourceName } from "./workloads/resource.ts";
import type { JournalEntry, Restored } from "./world/journal.ts";
import { World } from "./world/world.ts";

/** What an edit was to do by its plan, and what it did. */
export interface ComparedEdit {
  step: string;
  planned: readonly string[];
  acted: readonly string[];
  /** The effects of the same plans, of facts and of what admission assumes in their place. */
  effects: readonly string[];
  assumed: readonly string[];
}

/**
 * Plays a workload. Before each step, it reads what a user could read, and plans the edits that the step makes. Edits that
 * begin or end in the middle of another change are left out: two edits have no plan of their own.
 */
export const actsOfEdits = async (workload: Scenario): Promise<ComparedEdit[]> => {
  const world = new World({ seed: 1 });
  const operator = new OperatorProcess(world, 1, 1, () => {});
  const compared: ComparedEdit[] = [];
  for (const step of workload.steps) {
    const before = await world.run(seenStarts(world));
    const from = world.journal.entries.length;
    world.journal.add({ event: "step", note: step.name });
    step.act?.(world);
    const edited = before.flatMap((start) => withEdit(world, start));
    await waitForStep(step, world);
    const isCompared =
      edited.length > 0 && before.every(isAtRest) && (await world.run(seenStarts(world))).every(isAtRest);
    if (!isCompared) continue;
    const plans = edited.map((start) =>
      planOf(
        start,
        before.filter(({ facts }) => facts.session?.name === start.resource.metadata.name),
      ),
    );
    const entries = world.journal.entries.slice(from);
    const acts = entries.flatMap((entry) => actOf(entry, operator.actor, entries));
    compared.push({
      step: step.name,
      planned: inOrder(plans.filter(actsAtOnce).flatMap(actsOf), plans),
      acted: inOrder(withoutTaking(acts), plans),
      effects: plans.map(effectOf),
      assumed: edited.map((start) => effectOf(planOf(assume(start)))),
    });
  }
  return compared;
};

/** The others have the acts that follow once they are approved. */
const actsAtOnce = ({ waitsFor }: Plan): boolean => waitsFor?.startsWith("approval") !== true;

/** What a warning says. */
const effectOf = (plan: Plan): string => `${plan.effect}, ${plannedRestore(plan) ?? "no job stops"}`;

/** Several resources act beside each other. Where several are edited, each has its own acts. */
const inOrder = (acts: readonly string[], plans: readonly Plan[]): readonly string[] => {
  const unscheduled = acts.filter((act) => !isScheduled(act));
  if (plans.length > 1) return unscheduled.sort();
  return withoutRepetitions(
    plans.some(({ jobs = [] }) => jobs.length > 0) ? unscheduled.sort() : unscheduled,
  );
};

/** Taken, or cleaned up, when it is due, whatever is edited. */
const isScheduled = (act: string): boolean => act.includes("-periodic-");

const isAtRest = ({ resource: { status, metadata } }: Start): boolean =>
  [status?.observedGeneration, status?.pendingChange?.generation].includes(metadata.generation) &&
  ["STABLE", "SUSPENDED"].includes(String(status?.lifecycleState));

/** In the words of the journal. */
const actsOf = ({ steps, restore, jobs = [] }: Plan): string[] => [
  ...steps.flatMap(({ what, of = "", starts }) => {
    switch (what) {
      case "stop with savepoint":
      case "take savepoint":
        return [what];
      case "stop cluster":
        return [of.includes("first") ? "stop JobManager" : `${what} ${of}`];
      case "create cluster":
        return [`${what} ${of}`, ...(starts === true ? startOf(restore) : [])];
      case "start job":
        return startOf(restore);
      case "delete HA metadata":
        return [`${what} ${resourceName}`];
      case "submit job":
        // A script comes with the operator's own jar.
        return [...(of === "" ? [] : [`fetch jar ${of}`]), ...startOf(restore)];
      case "scale":
        return [`${what} ${of.split(" ")[0]}`];
      default:
        return [`${what} ${of}`.trim()];
    }
  }),
  ...jobs.flatMap(actsOf),
];

const startOf = (restore: Plan["restore"]): string[] => {
  // A session cluster starts its jobs by their own resources.
  if (restore === undefined || restore.from.startsWith("each of its jobs")) return [];
  const { from } = restore;
  if (from === EMPTY_STATE) return ["start job from nothing"];
  return [`start job from ${from === NEWEST_IN_HA_METADATA ? "high-availability" : from}`];
};

/** A snapshot that is requested by a resource is taken by the controller of that. */
const withoutTaking = (acts: readonly string[]): string[] =>
  acts.filter((act, at) => !(act.startsWith("take ") && acts[at - 1]?.startsWith("create snapshot")));

/** Dry runs of both Deployments are one step, and so are the writes of several ConfigMaps. */
const withoutRepetitions = (acts: readonly string[]): string[] =>
  acts.filter((act, at) => act !== acts[at - 1]);

const writes: Readonly<Record<string, string>> = {
  "create Deployment": "create cluster",
  "delete Deployment": "stop cluster",
  "delete ConfigMap": "delete HA metadata",
  "patch ConfigMap": "prepare HA metadata",
  "create FlinkStateSnapshot": "create snapshot",
  "delete FlinkStateSnapshot": "delete snapshot",
};

const actOf = (entry: JournalEntry, actor: string, entries: readonly JournalEntry[]): string[] => {
  switch (entry.event) {
    case "dry-run":
      return ["validate"];
    case "kubernetes-write": {
      if (entry.actor !== actor) return [];
      const { verb, kind, name } = entry;
      if (kind === "Deployment" && verb === "create" && name.endsWith("-taskmanager")) return [];
      // Only the label of a Deployment, before its gate is opened.
      if (kind === "Deployment" && verb === "patch" && isBeforeWord(entry, entries)) return [];
      if (kind === "Deployment" && verb === "patch")
        return [name.endsWith("-taskmanager") ? `scale ${name}` : "stop JobManager"];
      if (name.startsWith("sql-check-")) return kind === "Pod" && verb === "create" ? ["check script"] : [];
      // Created and deleted as a part of the launch.
      if (kind === "ConfigMap" && name === programConfigMapName(resourceName)) return [];
      if (kind === "Ingress" || kind === "HTTPRoute") return [`${verb} route ${kind} ${name}`];
      const what = writes[`${verb} ${kind}`];
      if (what === undefined) return [];
      return [`${what} ${kind === "ConfigMap" ? resourceName : name.replace(/\d{13}$/, "TIME")}`];
    }
    case "savepoint-requested":
      return [entry.stop ? "stop with savepoint" : "take savepoint"];
    case "cancel-accepted":
      return ["cancel"];
    case "checkpoint-triggered":
      return ["take checkpoint"];
    case "rescale-noted":
      return isTakenBack(entry, entries) ? [] : ["scale in place"];
    case "jar-fetched":
      return [`fetch jar ${entry.uri}`];
    case "script-checked":
      return ["check script"];
    case "job-started":
      return [`start job from ${sourceOf(entry.restored, entries)}`];
    default:
      return [];
  }
};

/** Once a job has scaled, its lower bound is taken back. The upper one is what was asked for. */
const isTakenBack = (
  { index, jobId, upperBound }: JournalEntry & { event: "rescale-noted" },
  entries: readonly JournalEntry[],
): boolean =>
  entries.some(
    (other) =>
      other.event === "rescale-noted" &&
      other.index < index &&
      other.jobId === jobId &&
      other.upperBound === upperBound,
  );

const isBeforeWord = ({ index, name }: JournalEntry & { name: string }, entries: readonly JournalEntry[]) =>
  entries.some(
    (other) =>
      other.index > index &&
      other.event === "kubernetes-write" &&
      other.verb === "apply" &&
      other.name === wordConfigMapName(name),
  );

const sourceOf = ({ by, from }: Restored, entries: readonly JournalEntry[]): string => {
  if (by !== "savepoint-path") return by;
  const isStop = entries.some(
    (entry) => entry.event === "savepoint-completed" && entry.stop && entry.path === from,
  );
  return isStop ? savepointOfStop : from;
};

const savepointOfStop = "the savepoint that it is stopped with";
