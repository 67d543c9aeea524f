import { setTimeout as pause } from "node:timers/promises";
import type { Application } from "../../e2e/support/application.ts";
import type { Checkpoints } from "../../e2e/support/flink.ts";

/** What somebody who looks at Flink and Kubernetes all the time, and never at our status, holds against the operator. */
export interface Witness {
  /** State that was lost. */
  readonly losses: readonly string[];
  /** Anything that was there twice. */
  readonly doubles: readonly string[];
  /** Starts of the job, whoever asked for them. */
  readonly starts: number;
  /** Restores that were seen, each held against the newest snapshot of that moment. */
  readonly restores: number;
  stop(): Promise<void>;
}

/** Milliseconds between two looks. */
const LOOK_MS = 400;

/** Flink's own count of snapshots goes on over every restore, so a higher id is a newer snapshot. */
interface Snapshot {
  readonly id: number;
  /** What had certainly been counted when it began. */
  readonly atLeast: number;
}

const ENDED = new Set(["FINISHED", "CANCELED", "FAILED"]);

export function startWitness(application: Application): Witness {
  const { name } = application;
  const losses = new Set<string>();
  const doubles = new Set<string>();
  /** A job of one JobManager process. */
  const starts = new Set<string>();
  /** Starts and, within them, restores after the loss of a TaskManager. */
  const judged = new Set<string>();
  let restores = 0;
  /** Counts as they were read, the newest last. */
  const counts: { at: number; count: number }[] = [];
  let newest: Snapshot | undefined;
  let ended = false;

  async function look(): Promise<void> {
    const { flink } = application;
    const { jobs } = await flink.get<{ jobs: JobOverview[] }>("/jobs/overview");
    const alive = jobs.filter(({ state }) => !ENDED.has(state));
    if (alive.length > 1)
      doubles.add(`${name}: the jobs ${alive.map(({ jid }) => jid).join(" and ")} at once`);
    const [job] = alive;
    // Before all tasks run, what a job was restored from is not in the statistics for certain.
    if (job?.state !== "RUNNING" || job.tasks.running !== job.tasks.total) return;
    const since = Date.now();
    const progress = await flink.progress(job.jid).catch(() => undefined);
    const checkpoints = await flink.checkpoints(job.jid);
    const start = `${job.jid} of ${job["start-time"]}`;
    // What it does after its start must not be held against its start.
    if (!judge(start, checkpoints.latest.restored ?? undefined, progress?.restoredCount)) return;
    starts.add(start);
    if (progress !== undefined) {
      counts.push({ at: since, count: progress.count });
      const { gaps, duplicates } = progress;
      if (gaps + duplicates > 0) losses.add(`${name}: ${start} has ${gaps} gaps, ${duplicates} duplicates`);
    }
    learn(checkpoints);
  }

  /** Whether it was judged already, or could be now. */
  function judge(start: string, restored: Restored | undefined, restoredCount: number | undefined): boolean {
    const key = `${start}/${restored?.restore_timestamp}`;
    if (judged.has(key)) return true;
    if (restored !== undefined && restoredCount === undefined) return false;
    judged.add(key);
    if (newest === undefined) return true;
    if (restored === undefined || restoredCount === undefined) {
      losses.add(`${name}: ${start} began anew, though there was snapshot ${newest.id}`);
      return true;
    }
    restores += 1;
    if (restored.id < newest.id) {
      losses.add(
        `${name}: ${start} was restored from snapshot ${restored.id}, though there was ${newest.id}`,
      );
    }
    if (restoredCount < newest.atLeast) {
      losses.add(
        `${name}: ${start} went back to ${restoredCount}, though snapshot ${newest.id} has at least ${newest.atLeast}`,
      );
    }
    return true;
  }

  /** Only what Flink itself says to be complete counts. */
  function learn({ history }: Checkpoints): void {
    for (const { id, status, trigger_timestamp } of history) {
      if (status !== "COMPLETED" || id <= (newest?.id ?? 0)) continue;
      const before = counts.findLast(({ at }) => at < trigger_timestamp);
      newest = { id, atLeast: Math.max(before?.count ?? 0, newest?.atLeast ?? 0) };
    }
    if (counts.length > 1_000) counts.splice(0, 500);
  }

  async function lookAtPods(): Promise<void> {
    const pods = await application.pods("jobManager");
    const alive = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (alive.length > 1) {
      doubles.add(
        `${application.name}: the JobManagers ${alive.map(({ metadata }) => metadata.name).join(" and ")}`,
      );
    }
  }

  const looking = (async () => {
    while (!ended) {
      // What does not answer is down, which is no offence.
      await look().catch(() => undefined);
      await lookAtPods().catch(() => undefined);
      await pause(LOOK_MS);
    }
  })();

  return {
    get losses() {
      return [...losses];
    },
    get doubles() {
      return [...doubles];
    },
    get starts() {
      return starts.size;
    },
    get restores() {
      return restores;
    },
    async stop() {
      ended = true;
      await looking;
    },
  };
}

interface JobOverview {
  jid: string;
  state: string;
  "start-time": number;
  tasks: { running: number; total: number };
}

type Restored = NonNullable<Checkpoints["latest"]["restored"]>;
