import { resourceTypes } from "../../src/api/kubernetes.ts";
import { isOperatorWrite, isSampleWrite, isUserWrite, type StepCourse, stepsOf } from "./steps.ts";
import type { Violation } from "./violation.ts";
import { listAt, textAt } from "./world/json.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { RestCall } from "./world/network.ts";
import type { World } from "./world/world.ts";

/**
 * From an edit to the first write about the resource, or the first request to its JobManager: the watch delivers the edit
 * in 15 ms, and each call takes a few. It is far below every interval of the operator, the shortest of which is 400 ms.
 */
const firstActMs = 300;
/**
 * Before a job is stopped, Flink is asked for what others have begun, and its responses are up to 3 s old
 * (web.refresh-interval). Deployments that somebody else deletes are waited for until their pods have ended. Both take
 * less than a progress check (5 s) and a reconcile interval (15 s): what the operator leaves to one of these comes later.
 */
const firstActionMs = 3_500;

const { deployment, flinkDeployment, flinkSessionJob, flinkStateSnapshot } = resourceTypes;
const edited: ReadonlySet<string> = new Set(
  [deployment, flinkDeployment, flinkSessionJob, flinkStateSnapshot].map(({ kind }) => kind),
);

/**
 * The operator is driven by events: it acts in the pass that an edit leads to, and does not leave it to a later one. Where
 * it has to wait first, the status says for what.
 */
export const actsAtOnce = (world: World): Violation[] => {
  const { restCalls } = world.network;
  const invariant = "acts at once";
  // A resource that the operator has put no finalizer on asks for nothing when it goes.
  const gone = new Set(
    world.store.history.flatMap(({ change, revision }) => (change === "DELETED" ? revision : [])),
  ) as ReadonlySet<number | undefined>;
  return stepsOf(world).flatMap((step): Violation[] => {
    const edits = step.entries
      .filter(isUserWrite)
      .filter(({ at, kind }) => at === step.from && edited.has(kind))
      .filter(({ kind, revision }) => kind === deployment.kind || !gone.has(revision));
    if (edits.length === 0) return [];
    const lasts = (ms: number): boolean => step.to - step.from > ms;
    const at = edits[0]?.index ?? 0;
    const name = `of "${step.name}"`;
    const action = firstAction(step, restCalls) ?? Number.POSITIVE_INFINITY;
    const late = edits.flatMap(({ kind, name: of, index }): Violation[] => {
      const act = edits.length > 1 ? firstWriteTo(step, kind, of) : Math.min(firstWrite(step), action);
      const limit = looksFirst(restCalls, step.from, act) ? firstActionMs : firstActMs;
      if (act - step.from <= limit || !lasts(limit)) return [];
      return [
        {
          invariant,
          message: `${kind} ${of}: the first act ${name} comes after ${act - step.from} ms`,
          at: index,
        },
      ];
    });
    if (late.length > 0) return late;
    const ms = action - step.from;
    // An edit that no action follows at all needs none: the end state tells.
    if (!Number.isFinite(ms) || ms <= firstActionMs) return [];
    if (waits(world.store.history, step.from, step.from + firstActionMs, step)) return [];
    return [
      {
        invariant,
        message: `the first action ${name} comes after ${ms} ms, and the status says no reason`,
        at,
      },
    ];
  });
};

/** Nothing is written before Flink has told what somebody else has begun. */
const looksFirst = (restCalls: readonly RestCall[], from: number, to: number): boolean =>
  restCalls.some(({ operation, at }) => operation.startsWith("checkpoints ") && at > from && at < to);

const firstWrite = ({ entries }: StepCourse): number =>
  entries.find((entry) => isOperatorWrite(entry) && entry.kind !== "Event")?.at ?? Number.POSITIVE_INFINITY;

const firstWriteTo = ({ entries }: StepCourse, kind: string, name: string): number =>
  entries.find((entry) => isOperatorWrite(entry) && entry.kind === kind && entry.name === name)?.at ??
  Number.POSITIVE_INFINITY;

/** More than a report: a request to a JobManager, or a write of another object. */
const firstAction = (
  { entries, from, to }: StepCourse,
  restCalls: readonly RestCall[],
): number | undefined => {
  const write = entries.find(
    (entry) =>
      (isOperatorWrite(entry) &&
        entry.kind !== "Event" &&
        entry.verb !== "replace-status" &&
        !isSampleWrite(entry)) ||
      entry.event === "dry-run" ||
      entry.event === "jar-fetched" ||
      // A request that met a fault was attempted, too; the next try comes after a pause.
      (entry.event === "fault" &&
        /: (uploadJar|runJar|checkScript|stopWithSavepoint|disposeSavepoint) /.test(entry.note)),
  );
  const request = restCalls.find((call) => call.write !== undefined && call.at >= from && call.at < to);
  const times = [write?.at, request?.at].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
};

/** Whether the status of a resource said what is waited for, or what is wrong, from the edit up to the limit. */
const waits = (history: readonly Change[], from: number, to: number, { entries }: StepCourse): boolean => {
  const revisions = new Set(
    entries
      .filter(isOperatorWrite)
      .filter(({ at, verb }) => at >= from && at <= to && verb === "replace-status")
      .map(({ revision }) => revision),
  );
  return history.some(
    ({ revision, object }) =>
      revisions.has(revision) &&
      listAt(object, "status", "conditions").some((condition) =>
        textAt(condition, "message")?.startsWith("Waiting: "),
      ),
  );
};
