import type { Operation } from "../../../api/flinkFacts.ts";
import type { FlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { SNAPSHOT_FINALIZER } from "../../../api/v1beta1/names.ts";
import type { Action } from "../../flinkstatesnapshot/decision.ts";
import type { Facts, ReferredJob } from "../../flinkstatesnapshot/facts.ts";
import { FUTURE_SAVEPOINT } from "../succeed.ts";

export interface SnapshotMoment {
  readonly resource: FlinkStateSnapshot;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The resource and the facts once an action has succeeded, and what Flink does because of it. */
export function afterSnapshotAction(moment: SnapshotMoment, action: Action): SnapshotMoment {
  switch (action.kind) {
    case "set-metadata":
      return withMetadata(moment, {
        labels: { ...moment.resource.metadata.labels, ...action.labels },
        finalizers: [...action.finalizers],
      });
    case "remove-finalizer": {
      const { finalizers = [] } = moment.resource.metadata;
      return withMetadata(moment, { finalizers: finalizers.filter((each) => each !== SNAPSHOT_FINALIZER) });
    }
    case "trigger-savepoint":
      return completed(moment, { kind: "savepoint", jobId: action.jobId, triggerId: action.triggerId });
    case "trigger-checkpoint":
      return completed(moment, { kind: "checkpoint", jobId: action.jobId, triggerId: action.triggerId });
    case "dispose":
      return completed(moment, { kind: "disposal", triggerId: "future", path: action.path });
  }
}

const withMetadata = (
  moment: SnapshotMoment,
  metadata: Partial<FlinkStateSnapshot["metadata"]>,
): SnapshotMoment => ({
  ...moment,
  resource: { ...moment.resource, metadata: { ...moment.resource.metadata, ...metadata } },
});

const completed = (moment: SnapshotMoment, operation: Operation): SnapshotMoment => {
  const location = operation.kind === "disposal" ? undefined : FUTURE_SAVEPOINT;
  const answer = { at: moment.now, since: moment.now, status: { state: "completed" as const, location } };
  return { ...moment, facts: { ...moment.facts, unsent: undefined, operation: { operation, answer } } };
};

/** The job once it runs with all its tasks: what a snapshot waits for. */
export const asReady = (job: ReferredJob): ReferredJob => ({
  ...job,
  jobId: job.jobId ?? "future",
  state: "RUNNING",
  canBeSnapshot: true,
  endpoint: job.endpoint ?? { host: "future", port: 0 },
  newestSavepoint: job.newestSavepoint ?? "none",
});
