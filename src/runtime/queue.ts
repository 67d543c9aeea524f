import { type Backoff, backoffDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** "edit": something has changed, and a user may be waiting. "poll": a periodic reconcile. */
export type Priority = "edit" | "poll";

export interface WorkQueue {
  /** Enqueues a key. A waiting key stays one entry. An edit moves it ahead of the polls. */
  add(key: string, priority?: Priority): void;
  /** Enqueues a key after a delay, as a poll. The earliest of several delays wins. The next reconcile of the key clears it. */
  addAfter(key: string, ms: number): void;
  /** Starts to process keys. Keys that were added before are kept until then. */
  start(): void;
  /** Starts no more reconciles and clears the queue. Resolves when the running reconciles have ended. */
  stop(): Promise<void>;
  stats(): QueueStats;
}

export interface QueueStats {
  /** Keys that wait for a worker. */
  ready: number;
  /** Keys that wait for their delay. */
  delayed: number;
  /** Keys that are being processed. */
  running: number;
  /** All keys with an entry: those above, and those whose last reconcile failed. */
  known: number;
  /** How long the oldest ready key has waited for a worker, in milliseconds. 0: none waits. */
  oldestMs: number;
}

export interface ReconcileResult {
  /** The requeue delay in milliseconds. Absent: no requeue. */
  requeueAfterMs?: number | undefined;
}

/** One completed reconcile, for metrics. */
export interface ReconcileReport {
  key: string;
  waitedMs: number;
  durationMs: number;
  error?: unknown;
  /** Consecutive failures, including this one. */
  failures: number;
}

export interface WorkQueueOptions {
  clock: Clock;
  /** How many keys are processed at a time. One key is never processed twice at a time. */
  concurrency: number;
  /** A rejection is a failure: the key is requeued with a back-off that grows with each consecutive failure. */
  process: (key: string) => Promise<ReconcileResult | undefined>;
  backoff?: Backoff;
  /** The least delay of a retry at this moment, in milliseconds, up to the cap of the back-off: what an overloaded server asks for. */
  retryAfterMs?: () => number;
  /** Numbers from 0 to less than 1. */
  random?: () => number;
  onReconcile?: (report: ReconcileReport) => void;
}

/** While both kinds wait, one in this many reconciles is a poll, so that a stream of edits does not starve polls. */
const pollEvery = 8;
const defaultBackoff: Backoff = { floorMs: 500, capMs: 60_000, factor: 2 };

/** The state of a key. Exists only while the key waits, runs or has failed. */
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
    retryAfterMs = () => 0,
    random = Math.random,
    onReconcile,
  } = options;
  const entries = new Map<string, Entry>();
  // Sets keep the insertion order: the first key has waited longest.
  const ready: Record<Priority, Set<string>> = { edit: new Set(), poll: new Set() };
  let state: "idle" | "working" | "stopped" = "idle";
  let running = 0;
  let editsInARow = 0;
  let pumpScheduled = false;
  const drained = Promise.withResolvers<void>();

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
    const { waiting } = entry;
    // It keeps its place: a key that is added again and again would never be the first.
    if (waiting?.priority === "edit" || waiting?.priority === priority) return;
    entry.waiting = { priority, since: waiting?.since ?? clock.now() };
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

  /** Deferred, so that a burst of changes is applied as a whole before the first reconcile. */
  function schedulePump(): void {
    if (pumpScheduled || state !== "working") return;
    pumpScheduled = true;
    queueMicrotask(() => {
      pumpScheduled = false;
      for (let key = next(); key !== undefined; key = next()) void reconcile(key);
    });
  }

  function next(): string | undefined {
    if (state !== "working" || running >= concurrency) return undefined;
    const poll = ready.poll.size > 0 && (ready.edit.size === 0 || editsInARow >= pollEvery - 1);
    const from = poll ? ready.poll : ready.edit;
    const [key] = from;
    if (key === undefined) return undefined;
    editsInARow = poll ? 0 : editsInARow + 1;
    from.delete(key);
    return key;
  }

  async function reconcile(key: string): Promise<void> {
    const entry = entryOf(key);
    const startedAt = clock.now();
    const waitedMs = startedAt - (entry.waiting?.since ?? startedAt);
    // The reconcile sees all current facts, and returns its own requeue delay.
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
      const requested = Math.min(retryAfterMs(), backoff.capMs);
      addAfter(key, Math.max(backoffDelay(backoff, entry.failures, random), requested));
    }
    release(key, entry);
    onReconcile?.({ ...report, durationMs: clock.now() - startedAt, failures: entry.failures });
  }

  function release(key: string, entry: Entry): void {
    entry.running = false;
    running -= 1;
    // The key was added again during the reconcile, which may have missed the change.
    if (entry.waiting !== undefined && state === "working") ready[entry.waiting.priority].add(key);
    dropIfIdle(key, entry);
    if (running === 0 && state === "stopped") drained.resolve();
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
      if (running === 0) drained.resolve();
      await drained.promise;
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
