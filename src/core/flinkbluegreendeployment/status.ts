import type { JobState } from "../../api/flinkFacts.ts";
import type {
  FlinkBlueGreenDeploymentSpec,
  FlinkBlueGreenDeploymentStatus,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { formatStoredSpec } from "./storedSpec.ts";

type Status = FlinkBlueGreenDeploymentStatus;

/** What the Java operator writes for "not set" after a transition. */
const EPOCH = "1970-01-01T00:00:00Z";

/** Milliseconds since the epoch; 0: not set. */
export const timeOf = (text: string | undefined): number => Date.parse(text ?? EPOCH) || 0;
export const isoTime = (at: number): string => new Date(at).toISOString();

export const withJobState = (status: Status, state: JobState): Status => ({
  ...status,
  jobStatus: { ...status.jobStatus, state },
});

/** Nothing is under way any more. */
export function withoutMarkers(status: Status): Status {
  const {
    savepointTriggerId: _,
    retry: __,
    ...rest
  } = withoutVerification(withoutPath(withoutPendingRollback(status)));
  return { ...rest, abortTimestamp: EPOCH, deploymentReadyTimestamp: EPOCH };
}

/** What is to be stopped, or was, goes on instead: only what the end of a transition has completed stays. Nothing goes back to it now. */
function withoutPendingRollback({ rollback, ...status }: Status): Status {
  if (rollback?.expirationTimestamp === undefined) return status;
  const { startTime: _, ...kept } = rollback;
  return { ...status, rollback: kept };
}

/** The side that starts has its savepoint, or needs none. */
export function withoutPath({ savepointPath: _, replacedUid: __, ...status }: Status): Status {
  return status;
}

/** No side is verified, or it is verified anew. */
export function withoutVerification({ verification: _, ...status }: Status): Status {
  return status;
}

export function withoutError({ error: _, ...status }: Status): Status {
  return status;
}

/** A transition or a change in place has begun: it is given up at `abortAt`, in milliseconds since the epoch. */
export function begun(status: Status, spec: FlinkBlueGreenDeploymentSpec, abortAt: number): Status {
  const { retry: _, ...rest } = withoutVerification(withoutPath(withoutError(status)));
  return withJobState(
    { ...rest, lastReconciledSpec: formatStoredSpec(spec), abortTimestamp: isoTime(abortAt) },
    "RECONCILING",
  );
}

export const failing = (status: Status, error: string): Status =>
  withJobState({ ...status, error }, "FAILING");

/** The savepoint of a transition is given up. */
export function withoutSavepoint(status: Status): Status {
  const { savepointTriggerId: _, ...rest } = withoutPath(status);
  return timeOf(status.abortTimestamp) === 0 ? rest : { ...rest, abortTimestamp: EPOCH };
}
