import { type Backoff, backoffDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** "edit": something changed and somebody may be waiting. "poll": it is merely time to look again. */
export type Priority = "edit" | "poll";

export interface WorkQueue {
  /** Asks for a pass over the key. A key that waits already stays one entry; an edit moves it ahead of the polls. */
  add(key: string, priority?: Priority): void;
  /** Asks for a pass after a while, as a poll. The earliest of several wins; the next pass over the key clears it. */
  addAfter(key: string, ms: number): void;
  /** Begins to work. What was added before is kept until then. */
  start(): void;
  /** Begins no pass any more and forgets what waits; resolves when the running passes have ended. */
  stop(): Promise<void>;
  stats(): QueueStats;
}

export interface QueueStats {
  /** Keys that wait for a worker. */
  ready: number;
  /** Keys that wait for their time. */
  delayed: number;
  /** Keys being worked on. */
  running: number;
  /** Keys of which anything is remembered: those above, and those that failed last. */
  known: number;
  /** How long the key that waits longest for a worker has been waiting, in milliseconds; 0 where none waits. */
  oldestMs: number;
}

export interface ReconcileResult {
  /** When to look at the key again, in milliseconds. Absent: when something changes. */
  requeueAfterMs?: number | undefined;
}

/** One pass that ended, for metrics. */
export interface ReconcileReport {
  key: string;
  waitedMs: number;
  durationMs: number;
  error?: unknown;
  /** Failures in a row, this one included. */
  failures: number;
}

export interface WorkQueueOptions {
  clock: Clock;
  /** Keys worked on at a time; one key is never worked on twice at a time. */
  concurrency: number;
  /** A rejection is a failure: the key comes back after a back-off that grows with each failure in a row. */
  process: (key: string) => Promise<ReconcileResult | undefined>;
  backoff?: Backoff;
  /** Numbers from 0 to less than 1. */
  random?: () => number;
  onReconcile?: (report: ReconcileReport) => void;
}

/** Of this many passes begun while both wait, one is a poll: a stream of edits does not starve them. */
const pollShare = 8;
const defaultBackoff: Backoff = { floorMs: 500, capMs: 60_000, factor: 2 };

/** What is known of a key. Exists only while there is something to know. */
interface Entry {
  waiting: { priority: Priority; since: number } | undefined;
  delay: { due: number; cancel: () => void } | undefined;
  running: boolean;
  failures: number;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const {
    clock,
    concurrency,
    process,
    backoff = defaultBackoff,
    random = Math.random,
    onReconcile,
  } = options;
  const entries = new Map<string, Entry>();
  // Sets keep their order: the first key is the one that has waited longest.
  const ready: Record<Priority, Set<string>> = { edit: new Set(), poll: new Set() };
  let state: "idle" | "working" | "stopped" = "idle";
  let running = 0;
  let editsInARow = 0;
  let pumpScheduled = false;
  let drained: (() => void) | undefined;

  function entryOf(key: string): Entry {
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = { waiting: undefined, delay: undefined, running: false, failures: 0 };
      entries.set(key, entry);
    }
    return entry;
  }

  function dropIfIdle(key: string, entry: Entry): void {
    if (!entry.waiting && !entry.delay && !entry.running && entry.failures === 0) entries.delete(key);
  }

  function add(key: string, priority: Priority = "edit"): void {
    if (state === "stopped") return;
    const entry = entryOf(key);
    const since = entry.waiting?.since ?? clock.now();
    if (entry.waiting?.priority === "edit") return;
    entry.waiting = { priority, since };
    if (entry.running) return;
    ready.poll.delete(key);
    ready[priority].add(key);
    schedulePump();
  }

  function addAfter(key: string, ms: number): void {
    if (state === "stopped") return;
    const entry = entryOf(key);
    const due = clock.now() + Math.max(0, ms);
    if (entry.delay !== undefined && entry.delay.due <= due) return;
    entry.delay?.cancel();
    const cancel = clock.after(ms, () => {
      entry.delay = undefined;
      add(key, "poll");
    });
    entry.delay = { due, cancel };
  }

  /** Deferred, so that a burst of changes is taken in whole before the first pass looks at it. */
  function schedulePump(): void {
    if (pumpScheduled || state !== "working") return;
    pumpScheduled = true;
    queueMicrotask(() => {
      pumpScheduled = false;
      for (let key = next(); key !== undefined; key = next()) void pass(key);
    });
  }

  function next(): string | undefined {
    if (state !== "working" || running >= concurrency) return undefined;
    const poll = ready.poll.size > 0 && (ready.edit.size === 0 || editsInARow >= pollShare - 1);
    const from = poll ? ready.poll : ready.edit;
    const [key] = from;
    if (key === undefined) return undefined;
    editsInARow = poll ? 0 : editsInARow + 1;
    from.delete(key);
    return key;
  }

  async function pass(key: string): Promise<void> {
    const entry = entryOf(key);
    const startedAt = clock.now();
    const waitedMs = startedAt - (entry.waiting?.since ?? startedAt);
    // The pass sees all that is known now, and says itself when the next one is due.
    entry.waiting = undefined;
    entry.delay?.cancel();
    entry.delay = undefined;
    entry.running = true;
    running += 1;
    const report: ReconcileReport = { key, waitedMs, durationMs: 0, failures: 0 };
    try {
      const result = await process(key);
      entry.failures = 0;
      if (result?.requeueAfterMs !== undefined) addAfter(key, result.requeueAfterMs);
    } catch (error) {
      entry.failures += 1;
      report.error = error;
      addAfter(key, backoffDelay(backoff, entry.failures, random));
    }
    release(key, entry);
    onReconcile?.({ ...report, durationMs: clock.now() - startedAt, failures: entry.failures });
  }

  function release(key: string, entry: Entry): void {
    entry.running = false;
    running -= 1;
    // It was asked for again while the pass ran, which may have looked too early.
    if (entry.waiting !== undefined && state === "working") ready[entry.waiting.priority].add(key);
    dropIfIdle(key, entry);
    if (running === 0) drained?.();
    schedulePump();
  }

  function oldestMs(): number {
    const now = clock.now();
    let oldest = now;
    for (const key of [...ready.edit, ...ready.poll]) {
      oldest = Math.min(oldest, entries.get(key)?.waiting?.since ?? now);
    }
    return now - oldest;
  }

  return {
    add,
    addAfter,
    start() {
      if (state === "idle") state = "working";
      schedulePump();
    },
    async stop() {
      state = "stopped";
      for (const entry of entries.values()) entry.delay?.cancel();
      entries.clear();
      ready.edit.clear();
      ready.poll.clear();
      if (running > 0)
        await new Promise<void>((resolve) => {
          drained = resolve;
        });
    },
    stats: () => ({
      ready: ready.edit.size + ready.poll.size,
      delayed: [...entries.values()].filter((entry) => entry.delay !== undefined).length,
      running,
      known: entries.size,
      oldestMs: oldestMs(),
    }),
  };
}
