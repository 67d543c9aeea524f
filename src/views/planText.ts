import type { ActName, PlannedAct } from "../core/plan/acts.ts";
import type { Plan, PlanEffect } from "../core/plan/plan.ts";
import { type Colour, formatAge, formatSections, type Paint } from "./format.ts";

const headlines: Readonly<Record<PlanEffect, readonly [Colour, string]>> = {
  nothing: ["green", "changes nothing that runs"],
  "in place": ["green", "is applied in place: nothing restarts"],
  "when resumed": ["green", "takes effect when the job is resumed"],
  start: ["green", "starts it"],
  waits: ["yellow", "is carried out later, and may stop what runs"],
  stop: ["yellow", "stops it"],
  replace: ["yellow", "starts it beside the one that runs, and takes that one away when it is ready"],
  restart: ["yellow", "restarts it"],
  refused: ["red", "is refused"],
};

const effects = {
  ignore: "no restart",
  apply: "applied beside the job",
  scale: "scales in place where it can",
  upgrade: "restart",
  redeploy: "redeploy, gives up newer state",
} as const;

const acts: Readonly<Record<ActName, string>> = {
  validate: "have the API server check the new objects",
  "check script":
    "check the new SQL script in a pod of its own, and go on if it is right and keeps the state",
  "fetch jar": "fetch the jar",
  "stop with savepoint": "stop the job with a savepoint",
  cancel: "cancel the job",
  "stop cluster": "stop the cluster",
  "delete HA metadata": "delete the HA metadata",
  "prepare HA metadata": "prepare the HA metadata",
  "create cluster": "create the cluster",
  "create TaskManagers": "create the TaskManagers",
  "submit job": "submit the job",
  "start job": "start the job in the cluster",
  scale: "scale",
  "scale in place": "change the parallelism in place",
  "apply route": "apply",
  "delete route": "delete",
  "take savepoint": "take a savepoint",
  "take checkpoint": "take a checkpoint",
  "create snapshot": "create the FlinkStateSnapshot",
  "delete snapshot": "delete the FlinkStateSnapshot",
  "dispose of savepoint": "delete the savepoint",
  "create FlinkDeployment": "create the FlinkDeployment",
  "change FlinkDeployment": "give the new spec to the FlinkDeployment",
  "label FlinkDeployment": "set labels and annotations of the FlinkDeployment",
  "delete FlinkDeployment": "delete the FlinkDeployment",
};

export const actText = ({ what, of }: PlannedAct): string =>
  `${acts[what]}${of === undefined ? "" : ` ${of}`}`;

/** A plan as text. `remarks`: what the plan could not take into account. */
export function planText(plan: Plan, paint: Paint, remarks: readonly string[] = []): string {
  const [colour, headline] = headlines[plan.effect];
  const { refused, waitsFor, restore, steps, onDeletion } = plan;
  const head = `${plan.kind} ${plan.namespace}/${plan.name}: the edit ${paint(colour, headline)}\n`;
  const body = formatSections([
    ["Refused", refused === undefined ? [] : [refused]],
    [
      "Changes",
      plan.changes.map(
        ({ field, before, after, effect }) => `${field}: ${before} -> ${after} (${effects[effect]})`,
      ),
    ],
    ["Why", plan.reason === undefined ? [] : [plan.reason]],
    ["Waits for", waitsFor === undefined ? [] : [waitsFor]],
    ["Steps", steps.map((step, at) => `${at + 1}. ${actText(step)}`)],
    ["Restored from", restore === undefined ? [] : [restoredFrom(restore)]],
    ["Not restored from", (restore?.refused ?? []).map(({ snapshot, why }) => `${snapshot}: ${why}`)],
    ["Touched", plan.touches],
    ["Downtime", plan.disruptive && plan.effect !== "waits" ? [downtime(plan)] : []],
    ["It could fail if", plan.risks],
    ["When it is deleted", onDeletion === undefined ? [] : [onDeletion]],
    ["Not known", remarks],
  ]);
  const jobs = (plan.jobs ?? []).map((job) => `\n${planText(job, paint)}`);
  return `${head}${body === "" ? "" : `\n${body}`}${jobs.join("")}`;
}

const restoredFrom = ({ from, ageMs }: NonNullable<Plan["restore"]>): string =>
  ageMs === undefined ? from : `${from} (taken ${formatAge(ageMs)} ago)`;

function downtime({ effect, lastUpgradeMs, lastDowntimeMs }: Plan): string {
  if (effect === "stop") return "until it is resumed";
  if (effect === "replace") return "none: the job that runs works until the new one does";
  if (lastDowntimeMs !== undefined)
    return `the job was down for ${formatAge(lastDowntimeMs)} in its last upgrade`;
  return lastUpgradeMs === undefined
    ? "unknown: the status has no earlier upgrade of this job"
    : `its last upgrade took ${formatAge(lastUpgradeMs)}, from the decision to the tasks at work`;
}
