import type { SessionFacts } from "../job/model/facts.ts";
import type { Situation, Step } from "../job/model/situation.ts";

/** A session job cannot be reconciled before its session cluster answers (REFERENCE 2.1, row 1). */
export const awaitSessionCluster: Step = (situation) => {
  const { facts, status } = situation;
  const { session } = facts;
  if (session === undefined) return undefined;
  const absent = absence(session);
  if (absent !== undefined) return { waitsFor: absent };
  const jobManager = status.jobManagerDeploymentStatus ?? "MISSING";
  if (jobManager !== "READY")
    return { waitsFor: `the session cluster ${session.name}, whose JobManager is ${jobManager}` };
  return hasListedJobs(situation)
    ? undefined
    : { waitsFor: `the session cluster ${session.name} to tell its jobs` };
};

function absence({ name, kind }: SessionFacts): string | undefined {
  if (kind === "missing") return `the FlinkDeployment ${name}, which does not exist`;
  return kind === "application" ? `the FlinkDeployment ${name} to be a session cluster` : undefined;
}

/** True once the current JobManager has listed its jobs. */
export const hasListedJobs = ({ facts: { flink, jobManager } }: Situation): boolean =>
  flink?.reachability === "ok" && flink.deploymentUid === jobManager?.uid && flink.jobs !== undefined;

/** A job that was never started waits for a session cluster that is not being replaced. */
export const awaitStableSessionCluster: Step = (situation) => {
  const refusal = launchRefusal(situation);
  return situation.deployed === undefined && refusal !== undefined ? { waitsFor: refusal } : undefined;
};

/** What a start of the job has to wait for now; undefined: nothing. */
export function launchRefusal({ facts: { session } }: Situation): string | undefined {
  if (session === undefined) return undefined;
  if (session.deleting)
    return `the session cluster ${session.name}, which is being deleted, to be created again`;
  if (session.replacement !== undefined || !session.stays)
    return `the session cluster ${session.name} to be replaced`;
  return undefined;
}
