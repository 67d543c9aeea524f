import { setTimeout as pause } from "node:timers/promises";
import { APP_LABEL, COMPONENT_LABEL, components } from "../../../src/api/v1beta1/names.ts";
import { kube, type Pod, types } from "./cluster.ts";
import type { Job } from "./flink.ts";

/** A job as its JobManager lists it. */
export interface ListedJob extends Job {
  /** The Flink cluster id. */
  readonly cluster: string;
  readonly "start-time": number;
  /** Below 0: it has not ended. */
  readonly "end-time": number;
  readonly tasks: Readonly<Record<string, number>>;
}

/** The jobs of each JobManager of a namespace, which is asked by its pod: whatever the Services lead to. None of one that does not answer. */
export async function allJobs(namespace: string): Promise<ListedJob[]> {
  const labelSelector = `${COMPONENT_LABEL}=${components.jobManager}`;
  const { items } = await kube().list(types.pod, { namespace, labelSelector });
  const asked = (items as Pod[]).map(async ({ metadata, status }) => {
    if (status?.podIP === undefined) return [];
    const cluster = metadata.labels?.[APP_LABEL] ?? "";
    return (await listed(status.podIP).catch(() => [])).map((job) => ({ ...job, cluster }));
  });
  return (await Promise.all(asked)).flat();
}

async function listed(podIp: string): Promise<Omit<ListedJob, "cluster">[]> {
  const response = await fetch(`http://${podIp}:8081/jobs/overview`, { signal: AbortSignal.timeout(1_000) });
  if (!response.ok) throw new Error(`/jobs/overview: ${response.status}`);
  return ((await response.json()) as { jobs: Omit<ListedJob, "cluster">[] }).jobs;
}

export const hasEnded = ({ state }: Job): boolean => ["FINISHED", "CANCELED", "FAILED"].includes(state);

/** Answers that are further apart tell nothing about one moment. */
const MOMENT_MS = 400;

/** Looks again and again for moments at which more than one job has not ended; `stop` returns them in words. */
export function watchForTwoJobs(namespace: string): { stop(): Promise<string[]> } {
  const found: string[] = [];
  let samples = 0;
  let ended = false;
  const watching = (async () => {
    while (!ended) {
      const since = performance.now();
      const jobs = (await allJobs(namespace).catch(() => [])).filter((job) => !hasEnded(job));
      if (performance.now() - since < MOMENT_MS) {
        samples++;
        if (jobs.length > 1)
          found.push(jobs.map(({ cluster, jid, state }) => `${cluster}: ${jid} ${state}`).join(", "));
      }
      await pause(100);
    }
  })();
  return {
    async stop() {
      ended = true;
      await watching;
      if (samples === 0) throw new Error("the jobs were never seen");
      return found;
    },
  };
}
