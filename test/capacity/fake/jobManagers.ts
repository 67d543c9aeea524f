import type { Mode } from "./messages.ts";

/** A savepoint is done this many milliseconds after its trigger. */
const savepointMs = 100;

/** The one job of an application's JobManager. */
export interface FakeJob {
  readonly id: string;
  /** The savepoint that it was started from. */
  readonly restoredFrom: string | undefined;
  /** Milliseconds since the epoch, as all times here. */
  readonly startedAt: number;
  state: "RUNNING" | "FINISHED" | "CANCELED";
  endedAt: number;
  /** The newest one. */
  savepoint: { readonly triggerId: string; readonly path: string; readonly doneAt: number } | undefined;
}

export interface JobManager {
  readonly address: string;
  readonly cluster: string;
  readonly job: FakeJob;
  mode: Mode;
}

/** All JobManagers, by the address of their pod. */
export interface JobManagers {
  at(address: string): JobManager | undefined;
  start(address: string, cluster: string, job: Pick<FakeJob, "id" | "restoredFrom">): void;
  stop(address: string): void;
  /** Returns the addresses of those that run. */
  setMode(mode: Mode, clusters: readonly string[]): string[];
}

export function createJobManagers(now: () => number = Date.now): JobManagers {
  const byAddress = new Map<string, JobManager>();
  const modes = new Map<string, Mode>();
  return {
    at: (address) => byAddress.get(address),
    start(address, cluster, { id, restoredFrom }) {
      byAddress.set(address, {
        address,
        cluster,
        mode: modes.get(cluster) ?? "answers",
        job: {
          id,
          restoredFrom,
          startedAt: now(),
          state: "RUNNING",
          endedAt: -1,
          savepoint: undefined,
        },
      });
    },
    stop: (address) => void byAddress.delete(address),
    setMode(mode, clusters) {
      const chosen = new Set(clusters);
      for (const cluster of chosen) modes.set(cluster, mode);
      const changed = [...byAddress.values()].filter(({ cluster }) => chosen.has(cluster));
      for (const jobManager of changed) jobManager.mode = mode;
      return changed.map(({ address }) => address);
    },
  };
}

/** Stop-with-savepoint. Repeating a trigger starts nothing. */
export function stopWithSavepoint(job: FakeJob, triggerId: string, directory: string, now: number): void {
  if (job.savepoint !== undefined || job.state !== "RUNNING") return;
  const doneAt = now + savepointMs;
  job.savepoint = {
    triggerId,
    path: `${directory}/savepoint-${job.id.slice(0, 6)}-${triggerId.slice(0, 12)}`,
    doneAt,
  };
  job.state = "FINISHED";
  job.endedAt = doneAt;
}

export function cancel(job: FakeJob, now: number): void {
  if (job.state !== "RUNNING") return;
  job.state = "CANCELED";
  job.endedAt = now;
}

/** As Flink shows it: a job that is being stopped runs until its savepoint is done. */
export const shownState = ({ state, endedAt }: FakeJob, now: number): FakeJob["state"] =>
  endedAt > now ? "RUNNING" : state;
