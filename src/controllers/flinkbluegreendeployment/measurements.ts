import type { MeasuredJob } from "../../core/flinkbluegreendeployment/decision.ts";
import {
  planSourceRequests,
  type SourceMetrics,
  sourceMetricsOf,
} from "../../core/flinkbluegreendeployment/sourceMetrics.ts";
import type { Poller } from "../../flink/poller.ts";

/** What the sources of jobs measure whose sides a verification compares. Nothing is asked for of any other job. */
export interface Measurements {
  /** Measures these jobs for this owner, and none else for it. */
  measure(owner: string, jobs: readonly MeasuredJob[]): void;
  /** The newest answers of a cluster that is measured. */
  of(cluster: string): SourceMetrics | undefined;
  readonly size: number;
}

export function createMeasurements(
  poller: Pick<Poller, "collect" | "takeCollected" | "collectedAt">,
): Measurements {
  const jobs = new Map<string, readonly MeasuredJob[]>();
  const jobOf = new Map<string, string>();
  const newest = new Map<string, SourceMetrics>();

  function end({ cluster }: MeasuredJob): void {
    poller.collect(cluster, undefined, "verification");
    jobOf.delete(cluster);
    newest.delete(cluster);
  }

  return {
    measure(owner, wanted) {
      const isWanted = ({ cluster }: MeasuredJob) => wanted.some((each) => each.cluster === cluster);
      for (const job of jobs.get(owner) ?? []) if (!isWanted(job)) end(job);
      if (wanted.length === 0) jobs.delete(owner);
      else jobs.set(owner, wanted);
      for (const { cluster, jobId, intervalMs } of wanted) {
        if (newest.get(cluster)?.jobId !== jobId) newest.delete(cluster);
        jobOf.set(cluster, jobId);
        const plan = (answers: Parameters<typeof planSourceRequests>[1]) =>
          planSourceRequests(jobId, answers);
        poller.collect(cluster, { jobId, intervalMs, plan }, "verification");
      }
    },
    of(cluster) {
      const jobId = jobOf.get(cluster);
      const answers = jobId && poller.takeCollected(cluster, jobId, "verification");
      const at = answers && poller.collectedAt(cluster, "verification");
      if (jobId && answers && at) newest.set(cluster, sourceMetricsOf(jobId, answers, at));
      return newest.get(cluster);
    },
    get size() {
      return jobs.size + jobOf.size + newest.size;
    },
  };
}
