import { headlineOf } from "../../api/stackTrace.ts";
import {
  DISPOSAL_CLUSTER_ANNOTATION,
  FORCE_DELETE_ANNOTATION,
  SNAPSHOT_FINALIZER,
} from "../../api/v1beta1/names.ts";
import { errorOf } from "./attempt.ts";
import type { Outcome, Place } from "./decision.ts";
import { following, jobOf, type Situation, type Step, snapshotEvent, stateOf } from "./situation.ts";
import { inProgress } from "./trigger.ts";

/** The time until a failed disposal is retried. */
const RETRY_MS = 60_000;

/** In this order. The first step with an outcome decides the reconcile. */
const steps: readonly Step[] = [forced, underWay, nothingToDispose, disposing, needed, dispose];

/** Removes the finalizer once the data is disposed of or is to be kept (invariants 4 and 5). */
export const deleting: Step = (situation) => {
  const { deletionTimestamp, finalizers = [] } = situation.resource.metadata;
  if (deletionTimestamp === undefined) return undefined;
  if (!finalizers.includes(SNAPSHOT_FINALIZER)) return {};
  return steps.map((step) => step(situation)).find((outcome) => outcome !== undefined) ?? {};
};

const removeFinalizer = (...events: NonNullable<Outcome["events"]>): Outcome => ({
  actions: [{ kind: "remove-finalizer" }],
  events,
});

const pathOf = ({ status }: Situation): string | undefined => status.path;

function forced({ resource, status }: Situation): Outcome | undefined {
  if (resource.metadata.annotations?.[FORCE_DELETE_ANNOTATION] !== "true") return undefined;
  return status.path === undefined || status.path === ""
    ? removeFinalizer()
    : removeFinalizer(
        snapshotEvent("Normal", "Cleanup", `The snapshot's data stays where it is: ${status.path}`),
      );
}

/**
 * Waits for a snapshot in progress: otherwise its data would stay without a resource. An attempt that never began is
 * not waited for.
 */
function underWay(situation: Situation): Outcome | undefined {
  if (stateOf(situation) !== "IN_PROGRESS") return undefined;
  const outcome = inProgress(situation);
  return outcome?.actions === undefined ? outcome : removeFinalizer();
}

function nothingToDispose(situation: Situation): Outcome | undefined {
  const { spec } = situation.resource;
  const { savepoint, jobReference } = spec;
  const path = pathOf(situation);
  const isKept = savepoint === undefined || savepoint.disposeOnDelete === false || jobReference === undefined;
  const hasNoData = stateOf(situation) !== "COMPLETED" || path === undefined || path === "";
  return isKept || hasNoData ? removeFinalizer() : undefined;
}

/** A disposal that was requested. If its JobManager does not know it (any more), its result is unknown. */
function disposing(situation: Situation): Outcome | undefined {
  const { facts, now } = situation;
  const path = pathOf(situation);
  const { operation, answer } = facts.operation ?? {};
  if (operation?.kind !== "disposal" || operation.path !== path) return undefined;
  const cluster = placesOf(situation)[0]?.cluster;
  switch (answer?.status.state) {
    case "completed":
      return removeFinalizer(snapshotEvent("Normal", "Cleanup", `The savepoint was disposed of: ${path}`));
    case "failed": {
      const { stackTrace } = answer.status.failure;
      if (isNotThere(stackTrace))
        return removeFinalizer(
          snapshotEvent("Normal", "Cleanup", `There was nothing (any more) to dispose of: ${path}`),
        );
      const left = answer.at + RETRY_MS - now;
      return left <= 0
        ? undefined
        : {
            ...blocked(situation, headlineOf(stackTrace)),
            ...keep(cluster, operation),
            requeueAfterMs: left,
          };
    }
    case "unknown":
      return undefined;
    default:
      return { ...keep(cluster, operation), requeueAfterMs: situation.progressCheckIntervalMs };
  }
}

const keep = (cluster: string | undefined, operation: Parameters<typeof following>[1]): Outcome =>
  cluster === undefined ? {} : { follow: following(cluster, operation) };

/** The savepoint was deleted by someone else, or by an earlier request of the operator. */
const isNotThere = (stackTrace: string): boolean => /FileNotFoundException|does not exist/.test(stackTrace);

function needed(situation: Situation): Outcome | undefined {
  const by = situation.facts.neededBy(pathOf(situation) ?? "");
  return by === undefined ? undefined : blocked(situation, `it is still needed: ${by}`);
}

function dispose(situation: Situation): Outcome {
  const [at] = placesOf(situation);
  const path = pathOf(situation) ?? "";
  if (at === undefined) return blocked(situation, noDisposerMessage(situation));
  // The poller reports its result; the action registers it there.
  return { actions: [{ kind: "dispose", at, path }], requeueAfterMs: situation.progressCheckIntervalMs };
}

/** Only a JobManager with access to the savepoint's storage can delete it: the job's own, or the configured one. */
function placesOf(situation: Situation): Place[] {
  return [jobOf(situation), situation.facts.disposer].flatMap((candidate) =>
    candidate?.endpoint === undefined ? [] : [{ cluster: candidate.cluster, endpoint: candidate.endpoint }],
  );
}

function noDisposerMessage(situation: Situation): string {
  const { kind, name } = situation.resource.spec.jobReference ?? {};
  const { disposer } = situation.facts;
  const other =
    disposer === undefined
      ? ""
      : `, or for the FlinkDeployment "${disposer.name}", whose JobManager does not answer either`;
  return (
    `it waits for the next run of the ${kind} "${name}", whose JobManager does not answer${other}, or for the annotation ` +
    `${DISPOSAL_CLUSTER_ANNOTATION} with the name of a FlinkDeployment that has the same storage`
  );
}

/** Reported once: in the status, and in one event. */
function blocked(situation: Situation, why: string): Outcome {
  const { resource, status, progressCheckIntervalMs } = situation;
  const { name } = resource.metadata;
  const message =
    `The savepoint ${pathOf(situation)} is not disposed of: ${why}. To let the resource go and keep the data: ` +
    `kubectl annotate flinkstatesnapshot ${name} ${FORCE_DELETE_ANNOTATION}=true`;
  const error = errorOf(message, "CleanupFailed");
  const isNew = status.error !== error;
  return {
    status: { ...status, error },
    events: isNew ? [snapshotEvent("Warning", "CleanupFailed", message)] : [],
    requeueAfterMs: progressCheckIntervalMs,
  };
}
