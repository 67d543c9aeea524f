import type { Facts } from "../job/model/facts.ts";
import { type Course, foresee, type Start } from "./foresee.ts";

/** Whether a session cluster announces its replacement, for which its jobs save their state (docs/adr/0009). */
export const isReplaced = ({ passes }: Course): boolean =>
  passes.some(({ decision }) => decision.status.replacement !== undefined);

/** What happens to a session job while its cluster is replaced: it is suspended, and starts again on the next one. */
export function foreseeReplacement(job: Start, cluster: Course): Course {
  const { session } = job.facts;
  if (session === undefined) return { passes: [], end: job };
  const replacement = "for the edit";
  const suspended = foresee({
    ...job,
    facts: { ...job.facts, session: { ...session, replacement, stays: false } },
  });
  const started = foresee({
    ...suspended.end,
    resource: withCluster(suspended.end.resource, cluster.end.resource),
    facts: { ...onNextCluster(suspended.end.facts, cluster.end.facts), session: { ...session, stays: true } },
  });
  return { passes: [...suspended.passes, ...started.passes], end: started.end };
}

const withCluster = (job: Start["resource"], { status }: Start["resource"]): Start["resource"] => ({
  ...job,
  status: {
    ...job.status,
    ...(status?.jobManagerDeploymentStatus && {
      jobManagerDeploymentStatus: status.jobManagerDeploymentStatus,
    }),
    ...(status?.clusterInfo && { clusterInfo: status.clusterInfo }),
  },
});

/** The next JobManager does not know the job. */
function onNextCluster(
  facts: Facts,
  { jobManager, jobManagerPods, taskManagers, flink, restHost }: Facts,
): Facts {
  return {
    ...facts,
    jobManager,
    jobManagerPods,
    taskManagers,
    flink,
    restHost,
    haConfigMaps: [],
  };
}
