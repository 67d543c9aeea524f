import { isDeepStrictEqual } from "node:util";
import { resourceTypes } from "../../../api/kubernetes.ts";
import { redactTexts } from "../../../api/redact.ts";
import {
  type Color,
  colors,
  type FlinkBlueGreenDeploymentStatus,
  templateSpecOf,
} from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import type { DecisionRecord, FlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { blueGreenChildName } from "../../../api/v1beta1/names.ts";
import { comparisonOptions } from "../../../config/operatorOptions/blueGreenVerification.ts";
import { diffSpec } from "../../diff/diff.ts";
import { showValue } from "../../diff/text.ts";
import { jobStateOf } from "../../flinkbluegreendeployment/child.ts";
import type { Action } from "../../flinkbluegreendeployment/decision.ts";
import { readBlueGreenSettings } from "../../flinkbluegreendeployment/settings.ts";
import { readStoredSpec } from "../../flinkbluegreendeployment/storedSpec.ts";
import type { PlannedAct } from "../acts.ts";
import { type Plan, type PlanEffect, type PlannedChange, planEffects, planOf } from "../plan.ts";
import { FUTURE_SAVEPOINT } from "../succeed.ts";
import {
  actionsOf,
  type BlueGreenPass,
  type BlueGreenStart,
  foreseeBlueGreen,
  waitsForPerson,
} from "./foresee.ts";

/** What a new job goes on from while the old one still runs. */
export const SAVEPOINT_OF_RUNNING = "a savepoint that the job takes while it runs on";

type Status = FlinkBlueGreenDeploymentStatus;

/**
 * The plan for a FlinkBlueGreenDeployment whose spec is the edited one. What a change in place does to the job is the plan of its
 * FlinkDeployment, in `jobs`.
 */
export function planOfBlueGreen(start: BlueGreenStart): Plan {
  const unpromoted = foreseeBlueGreen(start);
  const isPromotedLater = waitsForPerson(unpromoted.at(-1)?.decision.status ?? {});
  const passes = isPromotedLater ? foreseeBlueGreen(start, true) : unpromoted;
  const { metadata, status: before = {} } = start.resource;
  const changes = changesOf(start);
  const steps = stepsOf(passes);
  const jobs = patchedChildren(start, passes);
  const refused = refusalOf(start, passes, changes);
  const newest = newDecision(before, passes);
  const effect = effectOf(start, passes, { steps, jobs, refused, changes });
  const waitsFor = isPromotedLater
    ? `a person, before the new job takes the place of the old one: kubectl flink promote ${metadata.name}`
    : waitingFor(passes, steps);
  return redactTexts<Plan>({
    kind: resourceTypes.flinkBlueGreenDeployment.kind,
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    effect,
    disruptive: ["replace", "stop", "restart"].includes(effect) || (effect === "waits" && runsNow(before)),
    changes,
    ...(refused === undefined ? {} : { refused }),
    steps,
    ...restoreOf(newest),
    ...(newest?.reason === undefined ? {} : { reason: newest.reason }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    touches: touchedBy(start, steps),
    risks: risksOf(start, steps),
    ...(jobs.length === 0 ? {} : { jobs }),
  });
}

/** An Ingress is applied once more where it is a part of the act and kept besides: the second one changes nothing. */
const stepsOf = (passes: readonly BlueGreenPass[]): PlannedAct[] =>
  passes
    .flatMap(({ decision }) => actionsOf(decision).flatMap(actOf))
    .filter((step, at, all) => step.what !== "apply route" || all[at - 1]?.what !== step.what);

/** One action of a decision, as a step of the plan. The finalizer is the operator's own bookkeeping. */
export function actOf(action: Action): PlannedAct[] {
  switch (action.kind) {
    case "add-finalizer":
    case "remove-finalizer":
      return [];
    case "create-child":
      return [{ what: "create FlinkDeployment", of: action.child.metadata.name, starts: true }];
    case "patch-child":
      return [{ what: "change FlinkDeployment", of: action.name }];
    case "label-child":
      return [{ what: "label FlinkDeployment", of: action.name }];
    case "delete-child":
      return [{ what: "delete FlinkDeployment", of: action.name, stops: true }];
    case "apply-route":
      return [{ what: "apply route", of: `${action.route} ${action.object.metadata.name}` }];
    case "delete-route":
      return [{ what: "delete route", of: `${action.route} ${action.name}` }];
    case "trigger-savepoint":
      return [{ what: "take savepoint", of: action.targetDirectory }];
  }
}

function changesOf({ resource, specBefore }: BlueGreenStart): PlannedChange[] {
  const reconciled = specBefore ?? reconciledOf(resource.status);
  if (reconciled === undefined) return [];
  const { changes } = diffSpec(templateSpecOf(reconciled), templateSpecOf(resource.spec));
  const others = (["configuration", "ingress"] as const).filter(
    (name) => !isDeepStrictEqual(reconciled[name] ?? {}, resource.spec[name] ?? {}),
  );
  return [
    ...changes.map(({ path, before, after, effect }) => ({
      field: `spec.template.spec.${path}`,
      before: showValue(path, before),
      after: showValue(path, after),
      effect,
    })),
    ...others.map((name) => ({
      field: `spec.${name}`,
      before: showValue(name, (reconciled[name] ?? null) as never),
      after: showValue(name, (resource.spec[name] ?? null) as never),
      effect: name === "ingress" ? ("apply" as const) : ("ignore" as const),
    })),
  ];
}

/** What cannot be read is reported by the decision. */
function reconciledOf(status: Status | undefined) {
  try {
    return readStoredSpec(status?.lastReconciledSpec);
  } catch {
    return undefined;
  }
}

/** The error that the decisions end with. One that is there before, an edit without an effect does not cause. */
function refusalOf(
  { resource: { status } }: BlueGreenStart,
  passes: readonly BlueGreenPass[],
  changes: readonly PlannedChange[],
): string | undefined {
  const error = passes.at(-1)?.decision.status.error;
  return error === status?.error && changes.every(({ effect }) => effect === "ignore") ? undefined : error;
}

/** The newest one that begins something: a transition that is given up says nothing of its start. */
function newDecision(before: Status, passes: readonly BlueGreenPass[]): DecisionRecord | undefined {
  const known = new Set((before.decisions ?? []).map((record) => JSON.stringify(record)));
  const after = passes.at(-1)?.decision.status.decisions ?? [];
  const found = after.filter((record) => !known.has(JSON.stringify(record)));
  return found.find(({ act }) => act !== "Rollback") ?? found[0];
}

const restoreOf = (decided: DecisionRecord | undefined): Pick<Plan, "restore"> =>
  decided?.restoresFrom === undefined
    ? {}
    : {
        restore: {
          from: decided.restoresFrom === FUTURE_SAVEPOINT ? SAVEPOINT_OF_RUNNING : decided.restoresFrom,
          refused: [],
        },
      };

/** The plans of the FlinkDeployments that are changed in place, with the spec that they get. */
function patchedChildren({ children = [] }: BlueGreenStart, passes: readonly BlueGreenPass[]): Plan[] {
  const patches = passes.flatMap(({ decision }) =>
    actionsOf(decision).flatMap((action) => (action.kind === "patch-child" ? [action] : [])),
  );
  return children.flatMap((child) => {
    const patch = patches.find(({ name, uid }) => {
      const { metadata } = child.resource;
      return metadata.name === name && metadata.uid === uid;
    });
    return patch === undefined ? [] : [planOf(withSpec(child, patch.spec))];
  });
}

const withSpec = <Of extends { readonly resource: FlinkDeployment }>(
  child: Of,
  spec: FlinkDeployment["spec"],
): Of => ({
  ...child,
  specBefore: child.resource.spec,
  resource: {
    ...child.resource,
    metadata: { ...child.resource.metadata, generation: (child.resource.metadata.generation ?? 0) + 1 },
    spec,
  },
});

interface Found {
  readonly steps: readonly PlannedAct[];
  readonly jobs: readonly Plan[];
  readonly refused: string | undefined;
  readonly changes: readonly PlannedChange[];
}

function effectOf(
  { resource: { status: before = {} }, children }: BlueGreenStart,
  passes: readonly BlueGreenPass[],
  { steps, jobs, refused, changes }: Found,
): PlanEffect {
  const after = passes.at(-1)?.decision.status ?? {};
  const has = (what: PlannedAct["what"]): boolean => steps.some((step) => step.what === what);
  if (has("create FlinkDeployment")) return runsNow(before) ? "replace" : "start";
  const isSuspended = after.jobStatus?.state === "SUSPENDED";
  if (isSuspended && runsNow(before)) return "stop";
  if (refused !== undefined)
    return passes.at(-1)?.decision.status.retry || isWaiting(after) ? "waits" : "refused";
  if (has("change FlinkDeployment")) {
    if (isSuspended) return "when resumed";
    if (before.jobStatus?.state === "SUSPENDED") return "start";
    // What it does to a FlinkDeployment that is not known, the change says.
    if (children === undefined && restarts(changes)) return "restart";
    const strongest = Math.max(0, ...jobs.map(({ effect }) => planEffects.indexOf(effect)));
    return strongest === 0 ? "in place" : (planEffects[strongest] ?? "in place");
  }
  if (restarts(changes)) return isSuspended ? "when resumed" : "waits";
  return steps.length > 0 || changes.some(({ effect }) => effect !== "ignore") ? "in place" : "nothing";
}

const restarts = (changes: readonly PlannedChange[]): boolean =>
  changes.some(({ effect }) => effect === "upgrade" || effect === "redeploy");

const runsNow = ({ blueGreenState = "INITIALIZING_BLUE", jobStatus }: Status): boolean =>
  blueGreenState !== "INITIALIZING_BLUE" && jobStatus?.state !== "SUSPENDED";

/** The edit is kept, and is carried out later by itself. */
const isWaiting = ({ conditions = [] }: Status): boolean =>
  conditions.some(
    ({ type, status, reason }) => type === "Stalled" && status === "True" && waits.has(reason ?? ""),
  );

const waits: ReadonlySet<string> = new Set(["TransitionFailed", "SavepointError"]);

/** As the conditions say it, while nothing happens. */
function waitingFor(passes: readonly BlueGreenPass[], steps: readonly PlannedAct[]): string | undefined {
  const { conditions = [], error } = passes.at(-1)?.decision.status ?? {};
  const message = conditions.find(({ type }) => type === "Ready")?.message;
  return steps.length === 0 && error === undefined && message?.startsWith("Waiting: ")
    ? message.slice("Waiting: ".length)
    : undefined;
}

function touchedBy({ resource }: BlueGreenStart, steps: readonly PlannedAct[]): string[] {
  const colorOf = (what: PlannedAct["what"]): Color | undefined =>
    colors.find((color) =>
      steps.some(
        (step) => step.what === what && step.of === blueGreenChildName(resource.metadata.name, color),
      ),
    );
  const isBesideOther =
    colorOf("create FlinkDeployment") !== undefined && colorOf("delete FlinkDeployment") !== undefined;
  return isBesideOther ? ["both FlinkDeployments run for a time: twice the CPU and memory"] : [];
}

/** What could make it fail, of what the operator cannot know before it acts. */
function risksOf({ resource }: BlueGreenStart, steps: readonly PlannedAct[]): string[] {
  const has = (what: PlannedAct["what"]): boolean => steps.some((step) => step.what === what);
  const { abortGraceMs, verification } = readBlueGreenSettings(resource.spec);
  const isSecond = has("create FlinkDeployment") && has("delete FlinkDeployment");
  const isCompared = Object.keys(resource.spec.configuration ?? {}).some((key) => comparisonOptions.has(key));
  return [
    ...(has("take savepoint") ? ["the savepoint fails: then the job runs on, and it is tried again"] : []),
    ...(isSecond
      ? [
          `the new job is not ready in ${Math.round(abortGraceMs / 1_000)} s${verification === undefined ? "" : ", or is not verified"}: ` +
            "then it is suspended, and the old one runs on",
        ]
      : []),
    ...(isSecond && isCompared
      ? [
          "the new job is worse than the old one, by what the verification compares: the plan takes it to be as asked for",
        ]
      : []),
    ...(has("create FlinkDeployment") && jobStateOf(templateSpecOf(resource.spec)) !== "suspended"
      ? ["the image or the jar cannot be had, or no node has room: then the new job does not start"]
      : []),
  ];
}
