import { restServiceName } from "../../../src/api/v1beta1/names.ts";
import { kube, types } from "./cluster.ts";

/** Flink's own words, as far as the scenarios read them. Deliberately not the operator's client: it is under test. */
export interface Job {
  jid: string;
  name: string;
  state: string;
}

interface Snapshot {
  id: number;
  external_path: string;
  is_savepoint?: boolean;
}

export interface Checkpoints {
  counts: { completed: number; restored: number; in_progress: number };
  latest: {
    completed?: Snapshot | null;
    savepoint?: Snapshot | null;
    restored?: (Snapshot & { restore_timestamp: number }) | null;
  };
  history: { id: number; status: string; is_savepoint: boolean; trigger_timestamp: number }[];
}

/** What the sample job shows of itself (examples/jobs/counter/README.md). */
export interface Progress {
  count: number;
  restoredCount: number;
  gaps: number;
  duplicates: number;
}

export interface FlinkRestReader {
  get<T>(path: string): Promise<T>;
  jobs(): Promise<Job[]>;
  checkpoints(jobId: string): Promise<Checkpoints>;
  /** Undefined until the counter has seen its first number. */
  progress(jobId: string): Promise<Progress | undefined>;
}

/** Reads from a JobManager as a user would: by the cluster IP of its rest Service. */
export function flinkRest(namespace: string, clusterId: string): FlinkRestReader {
  async function get<T>(path: string): Promise<T> {
    const service = await kube().get(types.service, namespace, restServiceName(clusterId));
    const { clusterIP } = service.spec as { clusterIP: string };
    const response = await fetch(`http://${clusterIP}:8081${path}`, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  return {
    get,
    jobs: async () => (await get<{ jobs: Job[] }>("/jobs/overview")).jobs,
    checkpoints: (jobId) => get(`/jobs/${jobId}/checkpoints`),
    async progress(jobId) {
      const { vertices } = await get<{ vertices: { id: string; name: string }[] }>(`/jobs/${jobId}`);
      const vertex = vertices.find(({ name }) => name.startsWith("counter"));
      const names = ["count", "restoredCount", "gaps", "duplicates"] as const;
      const asked = names.map((name) => `0.counter.${name}`).join(",");
      const path = `/jobs/${jobId}/vertices/${vertex?.id}/metrics?get=${asked}`;
      const answers = await get<{ id: string; value: string }[]>(path);
      if (answers.length < names.length) return undefined;
      const value = (name: string) => Number(answers.find(({ id }) => id === `0.counter.${name}`)?.value);
      return {
        count: value("count"),
        restoredCount: value("restoredCount"),
        gaps: value("gaps"),
        duplicates: value("duplicates"),
      };
    },
  };
}
