/**
 * Replays sequences that were recorded from the Java operator's blue/green controller: the same edits, statuses of the
 * FlinkDeployments and answers of Flink go into our decisions, and what they lead to is compared after each recorded reconcile. The
 * format: test/golden/README.md. Where ours differs on purpose: `blueGreenDifferences.ts`.
 */
import type { KubeObject } from "../../src/api/kubernetes.ts";
import { colors } from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { type Context, deliberateDifferences } from "./blueGreenDifferences.ts";
import { type Observed, ReplayWorld, recordedAs, type Sequence, type Time } from "./blueGreenWorld.ts";

/** How exactly times are compared: those of the recordings are in whole seconds of a clock that went on. */
const TOLERANCE_MS = 2_000;

/** Our reconciles for one recorded one: one write each, where the recorded one makes several. */
function catchUp(world: ReplayWorld, { state, children }: Observed): Observed {
  let requeue: number | undefined;
  for (let reconciles = 0; reconciles < 4; reconciles++) {
    const { decision, deleted } = world.reconcile();
    requeue = decision.requeueAfterMs;
    const isThere =
      world.status.blueGreenState === state && world.children.size === Object.keys(children).length;
    if (isThere || !(requeue === 0 || deleted)) break;
  }
  return world.observe(requeue);
}

/** The differences of the first step that differs, one per line; empty: none. */
export function replay(sequence: Sequence): readonly string[] {
  const world = new ReplayWorld(sequence);
  const context: Context = { world, keptEdit: undefined, isAhead: false, applied: new Set() };
  let recordedBefore: Observed | undefined;
  let expectedBefore: Observed | undefined;
  for (const [index, step] of sequence.steps.entries()) {
    const ownBefore = world.status;
    for (const before of step.before) world.apply(before);
    world.isPending =
      ownBefore.blueGreenState === step.reconcile.status.blueGreenState &&
      ownBefore.blueGreenState?.startsWith("SAVEPOINTING") === true;
    world.now += 10;
    const recorded = recordedAs(step, recordedBefore);
    let expected = structuredClone(recorded);
    const at = {
      ...context,
      recorded,
      recordedBefore,
      expectedBefore,
      thrown: step.reconcile.thrown,
      ownBefore,
    };
    for (const { adjust } of deliberateDifferences) expected = adjust(expected, at) ?? expected;
    Object.assign(context, { keptEdit: at.keptEdit, isAhead: at.isAhead });
    const ours = catchUp(world, expected);
    const lines = compare(expected, ours);
    if (lines.length > 0) return [`${sequence.name}, step ${index}:`, ...lines.map((line) => `  ${line}`)];
    recordedBefore = recorded;
    expectedBefore = { ...expected, lastReconciledSpec: ours.lastReconciledSpec };
  }
  return [];
}

function compare(expected: Observed, ours: Observed): string[] {
  const lines: string[] = [];
  const differ = (what: string, is: boolean, wanted: unknown, got: unknown): void => {
    if (!is) lines.push(`${what}: ${JSON.stringify(wanted)} → ${JSON.stringify(got)}`);
  };
  const { state, job, error, lastReconciledSpec, hasTrigger, reschedule, triggers, children } = expected;
  differ("blueGreenState", state === ours.state, state, ours.state);
  differ("jobStatus.state", job === ours.job, job, ours.job);
  differ("error", sameError(error, ours.error), error, ours.error);
  const sameSpec = lastReconciledSpec === ours.lastReconciledSpec;
  differ("lastReconciledSpec", sameSpec, lastReconciledSpec, ours.lastReconciledSpec);
  differ("savepointTriggerId", hasTrigger === ours.hasTrigger, hasTrigger, ours.hasTrigger);
  differ("abortTimestamp", sameTime(expected.abort, ours.abort), expected.abort, ours.abort);
  differ("deploymentReadyTimestamp", sameReady(expected.ready, ours.ready), expected.ready, ours.ready);
  differ("reschedule", sameReschedule(reschedule, ours.reschedule), reschedule, ours.reschedule);
  differ("triggers", JSON.stringify(triggers) === JSON.stringify(ours.triggers), triggers, ours.triggers);
  for (const color of colors) {
    const wanted = children[color];
    const got = ours.children[color];
    differ(`${color} exists`, (wanted === undefined) === (got === undefined), wanted, got);
    if (wanted === undefined || got === undefined) continue;
    for (const part of ["labels", "owners", "lifecycle", "spec"] as const)
      differ(`${color}.${part}`, covers(got[part], wanted[part], true), wanted[part], got[part]);
  }
  differ("ingress", sameIngress(expected.ingress, ours.ingress), expected.ingress, ours.ingress);
  return lines;
}

/** An error of the Java operator goes on with words of Java's, and with its own id of the trigger. */
function sameError(wanted: string | undefined, ours: string | undefined): boolean {
  const start = "Could not start Transition. Details: Could not fetch savepoint with triggerId: ";
  return wanted === ours || (wanted?.startsWith(start) === true && ours?.startsWith(start) === true);
}

const sameTime = (wanted: Time, ours: Time): boolean =>
  wanted === ours ||
  (typeof wanted === "number" && typeof ours === "number" && Math.abs(wanted - ours) <= TOLERANCE_MS);

/** Absent and 1970 both mean that it is not set (BLUEGREEN, "Status"): ours takes it away before each first deployment. */
const sameReady = (wanted: Time, ours: Time): boolean => sameTime(wanted ?? "epoch", ours ?? "epoch");

/** Recordings have tenths of a second, of a clock that went on. */
const sameReschedule = (wanted: Observed["reschedule"], ours: Observed["reschedule"]): boolean =>
  wanted === "any" ||
  wanted === ours ||
  (Number(wanted) > 0 && Number(ours) > 0 && Math.abs(Number(wanted) - Number(ours)) <= 200);

/** Whether each recorded field is in ours, wherever in the object the recording has it. */
function sameIngress(wanted: unknown, ours: unknown): boolean {
  const { metadata, spec } = (ours ?? { metadata: {} }) as KubeObject;
  const owners = metadata.ownerReferences?.map(({ controller: _, ...owner }) => owner);
  const flat = { ...metadata, ...(spec as object | undefined), ownerReferences: owners };
  const whole = {
    ...flat,
    metadata: { ...metadata, ownerReferences: owners },
    spec,
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
  };
  if (wanted === undefined || wanted === null) return ours === undefined;
  // Of an expected Ingress that is not recorded yet nothing is known, nor whether the operator manages Ingresses.
  if (ours === undefined) return Object.keys(wanted).length === 0;
  const named = (wanted as Record<string, unknown>)[metadata.name ?? ""];
  return covers(whole, named ?? wanted, false);
}

function covers(got: unknown, wanted: unknown, isExact: boolean): boolean {
  if (wanted === null || wanted === undefined) return true;
  if (typeof wanted !== "object") return got === wanted;
  if (typeof got !== "object" || got === null) return Object.keys(wanted).length === 0;
  const fields = Object.keys(wanted).filter((name) => isExact || name !== "controller");
  return (
    (!isExact || fields.length === Object.keys(got).length) &&
    fields.every((name) =>
      covers(
        (got as Readonly<Record<string, unknown>>)[name],
        (wanted as Readonly<Record<string, unknown>>)[name],
        isExact,
      ),
    )
  );
}
