import { isDeepStrictEqual } from "node:util";
import {
  type Color,
  type FlinkBlueGreenDeploymentSpec,
  type FlinkBlueGreenDeploymentStatus,
  otherColor,
  templateSpecOf,
} from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../src/api/v1beta1/flinkdeployment.ts";
import { buildChild, isStateless } from "../../src/core/flinkbluegreendeployment/child.ts";
import { readBlueGreenSettings } from "../../src/core/flinkbluegreendeployment/settings.ts";
import { formatStoredSpec } from "../../src/core/flinkbluegreendeployment/storedSpec.ts";
import { type Observed, type ReplayWorld, specText } from "./blueGreenWorld.ts";

/** What a difference is decided on. The last three are kept from step to step. */
export interface Context {
  readonly world: ReplayWorld;
  /** lastReconciledSpec from before an edit that the Java operator counts as done, and ours does not; `recorded`: with this edit. */
  keptEdit: { readonly spec: string | undefined; readonly recorded: string } | undefined;
  /** Ours has taken up that edit. */
  isAhead: boolean;
  readonly applied: Set<string>;
}

interface Step extends Context {
  readonly recorded: Observed;
  readonly recordedBefore: Observed | undefined;
  /** What was expected of ours after the step before. */
  readonly expectedBefore: Observed | undefined;
  readonly thrown: string | undefined;
  /** Our status before the step. */
  readonly ownBefore: FlinkBlueGreenDeploymentStatus;
}

/** A deliberate difference from the Java operator. `adjust` turns what was recorded into what ours does. */
export interface Difference {
  readonly from: string;
  readonly to: string;
  readonly why: string;
  adjust(expected: Observed, step: Step): Observed | undefined;
}

const colorIn = (state: string | undefined): Color => (state?.endsWith("GREEN") ? "GREEN" : "BLUE");
const specOf = ({ world }: Step) => world.resource.spec as FlinkBlueGreenDeploymentSpec;
const graceOf = (step: Step): number => readBlueGreenSettings(specOf(step)).abortGraceMs;
const intervalOf = (step: Step): number => readBlueGreenSettings(specOf(step)).intervalMs;

/** The status of the child is older than its spec. */
function isStale({ world }: Step, color: Color): boolean {
  const { metadata, status } = world.children.get(color) ?? { metadata: undefined, status: undefined };
  const { observedGeneration } = (status ?? {}) as FlinkDeploymentStatus;
  return metadata?.generation !== observedGeneration;
}

const isReady = ({ world }: Step, color: Color): boolean => {
  const { lifecycleState, jobStatus } = (world.children.get(color)?.status ?? {}) as FlinkDeploymentStatus;
  return lifecycleState === "STABLE" && jobStatus?.state === "RUNNING";
};

/** The Java operator has done nothing since the recorded reconcile before. */
function isIdle({ recorded, recordedBefore }: Step): boolean {
  const fields = ["state", "job", "error", "lastReconciledSpec", "hasTrigger"] as const;
  const times = ["abort", "ready"] as const;
  return (
    recorded.triggers.length === 0 &&
    recorded.reschedule === undefined &&
    fields.every((field) => recorded[field] === recordedBefore?.[field]) &&
    // Set ones are told from now.
    times.every(
      (time) =>
        recorded[time] === recordedBefore?.[time] || (isSet(recorded[time]) && isSet(recordedBefore?.[time])),
    )
  );
}

const isSet = (time: Observed["abort"]): boolean => time !== undefined && time !== "epoch";

function triggerOf({ world }: Step, color: Color): string {
  const child = world.children.get(color);
  const { jobStatus } = (child?.status ?? {}) as FlinkDeploymentStatus;
  const { flinkConfiguration } = (child?.spec ?? {}) as FlinkDeploymentSpec;
  const directory = (flinkConfiguration as Record<string, string> | undefined)?.["state.savepoints.dir"];
  return `triggerSavepoint jobId=${jobStatus?.jobId} format=CANONICAL dir=${directory}`;
}

const newChild = (step: Step, color: Color): NonNullable<Observed["children"][Color]> => {
  const { metadata, spec } = buildChild(step.world.resource as never, color, undefined);
  return {
    labels: metadata.labels ?? {},
    owners: metadata.ownerReferences,
    lifecycle: "CREATED",
    spec: specText(spec as FlinkDeploymentSpec),
  };
};

export const deliberateDifferences: readonly Difference[] = [
  {
    from: "lastReconciledTimestamp is new at each reconcile, and the savepoint is fetched from Flink in a reconcile",
    to: "it is the time of the last change of the status, and the poller asks Flink. Neither is compared",
    why: "a resource at rest causes no write, and no reconcile waits for Flink",
    adjust: () => undefined,
  },
  {
    from: "no spec is validated",
    to: "one that cannot work is refused, in the status and at admission. The recorded ones are taken as they are",
    why: "most of them have no place for checkpoints, which a FlinkDeployment is refused for",
    adjust: () => undefined,
  },
  {
    from: "an edit while the active FlinkDeployment is not ready, or whose savepoint fails, is recorded in lastReconciledSpec as done",
    to: "lastReconciledSpec stays. The edit is taken up when the FlinkDeployment is ready; after a failed savepoint after a pause, or with the next edit",
    why: "an edit is never lost",
    adjust(expected, step) {
      const { recorded, recordedBefore, ownBefore } = step;
      const isLost =
        recorded.state?.startsWith("ACTIVE") === true &&
        recorded.job === "FAILING" &&
        recorded.lastReconciledSpec !== recordedBefore?.lastReconciledSpec &&
        recorded.lastReconciledSpec === formatStoredSpec(specOf(step));
      if (isLost) {
        const keptEdit = { spec: ownBefore.lastReconciledSpec, recorded: recorded.lastReconciledSpec };
        Object.assign(step, { keptEdit, isAhead: false });
      }
      if (step.keptEdit === undefined) return undefined;
      if (recorded.state?.startsWith("TRANSITIONING")) {
        Object.assign(step, { keptEdit: undefined, isAhead: false });
        return undefined;
      }
      const isAsBefore = [step.keptEdit.recorded, step.keptEdit.spec].includes(recorded.lastReconciledSpec);
      if (!isAsBefore) return undefined;
      const kept = { ...expected, lastReconciledSpec: step.keptEdit.spec };
      const color = colorIn(recorded.state);
      const { retry } = ownBefore;
      const waited =
        retry === undefined
          ? recorded.error?.startsWith("Transition to ") === true
          : Date.parse(retry.nextTime ?? "") <= step.world.now;
      if (step.isAhead && recorded.state?.startsWith("SAVEPOINTING")) {
        const begins = recordedBefore?.state !== recorded.state;
        const triggers = begins ? [triggerOf(step, color)] : [];
        return isDeepStrictEqual(recorded.triggers, triggers) ? { ...kept, triggers: [] } : kept;
      }
      if (step.isAhead) return isIdle(step) ? step.expectedBefore : kept;
      if (isLost || !waited || !isReady(step, color) || !recorded.state?.startsWith("ACTIVE")) return kept;
      if (!isIdle(step)) return kept;
      Object.assign(step, { isAhead: true });
      if (!isStateless(templateSpecOf(specOf(step)))) {
        return {
          ...kept,
          state: `SAVEPOINTING_${color}`,
          hasTrigger: true,
          triggers: [triggerOf(step, color)],
          reschedule: intervalOf(step),
        };
      }
      const next = otherColor(color);
      return {
        ...kept,
        ...begun(step, next),
        children: { ...kept.children, [next]: newChild(step, next) },
      };
    },
  },
  {
    from: "after an exception, or an edit that failed, the resource is not looked at again by itself",
    to: "ours looks again",
    why: "the edit is still to be acted on",
    adjust(expected, { recorded, thrown }) {
      const isFailed =
        recorded.state?.startsWith("ACTIVE") === true &&
        !recorded.hasTrigger &&
        /^Could not /.test(recorded.error ?? "");
      const mayLookAgain = expected.reschedule === undefined && (isFailed || thrown !== undefined);
      return mayLookAgain ? { ...expected, reschedule: "any" } : undefined;
    },
  },
  {
    from: "a savepoint may take for ever",
    to: "abortTimestamp is set when it begins, and it is given up then",
    why: "a transition whose savepoint hangs ends, and says so",
    adjust(expected, step) {
      const isTaken = expected.state?.startsWith("SAVEPOINTING") === true;
      const isTakenBefore = expected.state?.startsWith("ACTIVE") === true && expected.hasTrigger;
      return (isTaken || isTakenBefore) && !isSet(step.recorded.abort)
        ? { ...expected, abort: graceOf(step) }
        : undefined;
    },
  },
  {
    from: "a change in place counts as ready or suspended by the status from before it",
    to: "ours waits until the FlinkDeployment's own reconcile has seen the change",
    why: "the status says nothing of the new spec",
    adjust(expected, step) {
      const { recorded, expectedBefore } = step;
      const color = colorIn(recorded.state);
      const isDone =
        recorded.state === `ACTIVE_${color}` &&
        (recorded.job === "SUSPENDED" || isReady(step, color)) &&
        expectedBefore?.state === `TRANSITIONING_TO_${color}` &&
        isStale(step, color);
      return isDone
        ? { ...expectedBefore, children: expected.children, reschedule: intervalOf(step), triggers: [] }
        : undefined;
    },
  },
  {
    from: "a transition is looked at again after the interval, also where it is to be given up before",
    to: "ours looks again when it is to be given up",
    why: "it ends in its time",
    adjust(expected, step) {
      const { recorded, ownBefore, world } = step;
      const { reschedule } = recorded;
      const leftMs = Date.parse(ownBefore.abortTimestamp ?? "") - world.now + 1;
      const isWaiting =
        recorded.state === ownBefore.blueGreenState &&
        recorded.state?.startsWith("ACTIVE") === false &&
        !isSet(recorded.ready);
      return isWaiting && reschedule === intervalOf(step) && leftMs > 0 && leftMs < reschedule
        ? { ...expected, reschedule: leftMs }
        : undefined;
    },
  },
  {
    from: "an active FlinkDeployment that was deleted by hand fails each reconcile with an exception",
    to: "it is created again",
    why: "the job is to run",
    adjust(expected, step) {
      if (!step.thrown?.includes("Unexpected number of dependent deployments: 0") || !isIdle(step))
        return undefined;
      const color = colorIn(expected.state);
      const child = newChild(step, color);
      return { ...expected, ...begun(step, color), children: { [color]: child } };
    },
  },
  {
    from: "the FlinkDeployment that an aborted transition left is changed for the next one, and keeps its status",
    to: "it is deleted, and a new one is created",
    why: "a FlinkDeployment takes a savepoint path at its first deployment only: it would go on from its own, older state",
    adjust(expected, { recordedBefore, recorded, ownBefore }) {
      const color = colorIn(recorded.state);
      const isStarted =
        recorded.state?.startsWith("TRANSITIONING") === true &&
        ownBefore.blueGreenState === `ACTIVE_${otherColor(color)}`;
      const child = expected.children[color];
      if (!isStarted || recordedBefore?.children[color] === undefined || child === undefined)
        return undefined;
      return { ...expected, children: { ...expected.children, [color]: { ...child, lifecycle: "CREATED" } } };
    },
  },
  {
    from: "an edit during a transition changes the new FlinkDeployment, which then takes a savepoint of its own",
    to: "one with state that is not ready is deleted, and starts anew from the savepoint of the transition",
    why: "a job that does not run takes no savepoint: the edit that is to repair it would wait for ever",
    adjust(expected, { recorded, recordedBefore, ownBefore, world }) {
      const color = colorIn(recorded.state);
      const child = expected.children[color];
      const isEdited =
        recorded.state === `TRANSITIONING_TO_${color}` &&
        ownBefore.blueGreenState === recorded.state &&
        Object.keys(recorded.children).length === 2 &&
        recorded.lastReconciledSpec !== recordedBefore?.lastReconciledSpec;
      const before = world.children.get(color)?.spec as FlinkDeploymentSpec | undefined;
      const isAnew = before?.job?.initialSavepointPath !== undefined && !isStateless(before);
      if (!isEdited || !isAnew || child === undefined || recorded.ready !== "epoch") return undefined;
      return { ...expected, children: { ...expected.children, [color]: { ...child, lifecycle: "CREATED" } } };
    },
  },
  {
    from: "an abort suspends the new FlinkDeployment in the upgrade mode of the template",
    to: "beside one that runs it is suspended with upgradeMode stateless",
    why: "its state is not needed, and a savepoint of a job that does not run would fail",
    adjust(expected, { recorded }) {
      const isAborted =
        recorded.error?.startsWith("Aborting") === true && recorded.state?.startsWith("ACTIVE") === true;
      const color = otherColor(colorIn(recorded.state));
      const child = expected.children[color];
      if (!isAborted || child === undefined) return undefined;
      const spec = child.spec.replace(/"upgradeMode":"[^"]*"/, '"upgradeMode":"stateless"');
      return { ...expected, children: { ...expected.children, [color]: { ...child, spec } } };
    },
  },
  {
    from: "a change in place of the only FlinkDeployment that takes longer than the grace period is aborted: it is suspended",
    to: "it goes on, and the error says that it is late",
    why: "it is the only one that runs",
    adjust(_, step) {
      const { ownBefore, recorded, expectedBefore } = step;
      const isInPlace =
        ownBefore.blueGreenState?.startsWith("TRANSITIONING") === true &&
        ownBefore.deploymentReadyTimestamp !== undefined &&
        Object.keys(recorded.children).length === 1;
      if (!isInPlace || !recorded.error?.startsWith("Aborting") || expectedBefore === undefined)
        return undefined;
      const [name] = [...step.world.children.values()].map(({ metadata }) => metadata.name);
      const goal = step.ownBefore.lastReconciledSpec?.includes('"state":"suspended"') ? "suspended" : "ready";
      return {
        ...expectedBefore,
        job: "FAILING",
        error: `The FlinkDeployment '${name}' is not ${goal} after its time. It is waited for.`,
        reschedule: undefined,
      };
    },
  },
  {
    from: "template.metadata is ignored",
    to: "its labels and annotations reach the FlinkDeployments",
    why: "users select by them",
    adjust(expected, step) {
      const labels = specOf(step).template?.metadata?.labels ?? {};
      const colors = Object.entries(expected.children) as [Color, NonNullable<Observed["children"][Color]>][];
      if (Object.keys(labels).length === 0) return undefined;
      const children = colors.map(([color, child]) => [
        color,
        { ...child, labels: { ...labels, ...child.labels } },
      ]);
      return { ...expected, children: Object.fromEntries(children) };
    },
  },
  {
    from: "the Ingress leads to the new side once the old one is deleted",
    to: "it leads there as soon as the new side is ready",
    why: "it never leads to a side that is deleted",
    adjust(expected, step) {
      const isReadySide = expected.state?.startsWith("TRANSITIONING") && typeof expected.ready === "number";
      const { ingress } = specOf(step);
      if (!isReadySide || ingress == null) return undefined;
      const service = `${step.world.resource.metadata.name}-${colorIn(expected.state).toLowerCase()}-rest`;
      const text = JSON.stringify(expected.ingress ?? step.recordedBefore?.ingress ?? null);
      return {
        ...expected,
        ingress: JSON.parse(text.replace(/[a-z0-9-]+-(?:blue|green)-rest/g, service)) ?? anyIngress,
      };
    },
  },
];

/** Of an Ingress that the recording does not have yet nothing else is known. */
const anyIngress = {};

const begun = (step: Step, color: Color): Partial<Observed> => ({
  state: `TRANSITIONING_TO_${color}`,
  job: "RECONCILING",
  error: undefined,
  abort: graceOf(step),
  lastReconciledSpec: formatStoredSpec(specOf(step)),
  reschedule: intervalOf(step),
});
