import type { Checkpoints, Progress } from "../../e2e/support/flink.ts";

/** What Flink reported of the one job that ran, all of it at one moment. */
export interface Look {
  /** When the answers were there. */
  readonly at: number;
  /** Names one start of the job: by another process of a JobManager it is another start. */
  readonly start: string;
  /** Undefined where the counter has seen no number yet. */
  readonly progress: Progress | undefined;
  readonly checkpoints: Checkpoints;
}

/** Checks each start of a job against the newest snapshot that Flink had reported as complete by then. */
export interface Checker {
  observe(look: Look): void;
  readonly losses: readonly string[];
  /** Starts, and restores that were checked against a snapshot. */
  readonly starts: number;
  readonly restores: number;
}

/** Flink's count of snapshots goes on over every restore, so a higher id is a newer snapshot. */
interface Snapshot {
  readonly id: number;
  /** What had certainly been counted when it began. */
  readonly atLeast: number;
}

export function createChecker(name: string): Checker {
  const losses = new Set<string>();
  const starts = new Set<string>();
  /** Starts and, within them, restores after the loss of a TaskManager. */
  const checked = new Set<string>();
  const counts: { at: number; count: number }[] = [];
  let restores = 0;
  let newest: Snapshot | undefined;

  /** Whether the restore was checked already, or could be now. */
  function check({ start, progress, checkpoints }: Look): boolean {
    const restored = checkpoints.latest.restored ?? undefined;
    const key = `${start}/${restored?.restore_timestamp}`;
    if (checked.has(key)) return true;
    if (restored !== undefined && progress === undefined) return false;
    checked.add(key);
    if (newest === undefined) return true;
    if (restored === undefined || progress === undefined) {
      losses.add(`${name}: ${start} began anew, though there was snapshot ${newest.id}`);
      return true;
    }
    restores += 1;
    const { id, atLeast } = newest;
    if (restored.id < id) {
      losses.add(`${name}: ${start} was restored from snapshot ${restored.id}, though there was ${id}`);
    }
    if (progress.restoredCount < atLeast) {
      const { restoredCount } = progress;
      losses.add(`${name}: ${start} went back to ${restoredCount}, though snapshot ${id} has ${atLeast}`);
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

  return {
    observe(look) {
      // What a job does after its start is not what its start is checked for.
      if (!check(look)) return;
      const { at, start, progress, checkpoints } = look;
      starts.add(start);
      if (progress !== undefined) {
        const { count, gaps, duplicates } = progress;
        counts.push({ at, count });
        if (gaps + duplicates > 0) losses.add(`${name}: ${start} has ${gaps} gaps, ${duplicates} duplicates`);
      }
      learn(checkpoints);
    },
    get losses() {
      return [...losses];
    },
    get starts() {
      return starts.size;
    },
    get restores() {
      return restores;
    },
  };
}
