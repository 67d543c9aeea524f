import type { MeasuredAutoscaler } from "../controllers/autoscaler/autoscaler.ts";
import type { Health } from "../controllers/health/health.ts";
import type { FlinkRest } from "../flink/api.ts";
import { sleep } from "../runtime/clock.ts";
import { type AutoscaledJob, createJob, type JobContext, type JobRest } from "./job.ts";

export interface LoopOptions extends JobContext {
  readonly rest: JobRest & Pick<FlinkRest, "jobs">;
  /** Milliseconds between the end of a round and the start of the next one. */
  readonly intervalMs: number;
  /** Jobs that are looked at at a time. */
  readonly parallelism: number;
}

export interface Loop {
  /** Rounds until the signal is aborted. Never rejects. */
  run(): Promise<void>;
  /** One round. */
  round(): Promise<void>;
  health(): Health;
  measured(): Iterable<MeasuredAutoscaler>;
}

/** After which time a job that the cluster does not list is forgotten: a JobManager that has just started lists none. */
const FORGET_MS = 60_000;
/** Without a round for so long beyond the interval the process does not work any more. */
const STUCK_MS = 600_000;

export function createLoop(options: LoopOptions): Loop {
  const { rest, at, store, clock, log, signal, intervalMs, parallelism } = options;
  const jobs = new Map<string, AutoscaledJob>();
  const missingSince = new Map<string, number>();
  const failures = new Map<string, string>();
  let isReady = false;
  let lastRound = clock.now();

  /** Says once what fails, and once that it works again. */
  function outcome(what: string, error?: unknown): void {
    const before = failures.get(what);
    if (error === undefined) {
      if (before !== undefined) log.info({ about: what }, "It works again");
      failures.delete(what);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (message !== before) log.warn({ about: what }, message);
    failures.set(what, message);
  }

  const attempt = async (what: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
      outcome(what);
    } catch (error) {
      outcome(what, error);
    }
  };

  async function forget(id: string): Promise<void> {
    await store.remove(id);
    jobs.delete(id);
    missingSince.delete(id);
    failures.delete(`job ${id}`);
  }

  async function work(): Promise<void> {
    const listed = await rest.jobs(at);
    const present = new Set(listed.map(({ id }) => id));
    const now = clock.now();
    const tasks = listed.map((overview) => async () => {
      const { id } = overview;
      missingSince.delete(id);
      const job = jobs.get(id) ?? createJob(id, options);
      jobs.set(id, job);
      await attempt(`job ${id}`, () => job.cycle(overview));
    });
    for (const id of jobs.keys()) {
      if (present.has(id)) continue;
      const since = missingSince.get(id) ?? now;
      missingSince.set(id, since);
      if (now - since >= FORGET_MS) tasks.push(() => attempt(`job ${id}`, () => forget(id)));
    }
    const worker = async (): Promise<void> => {
      for (let next = tasks.shift(); next !== undefined && !signal.aborted; next = tasks.shift())
        await next();
    };
    await Promise.all(Array.from({ length: Math.min(parallelism, tasks.length) }, worker));
    isReady = true;
  }

  const address = `Flink at ${at.host}:${at.port}`;
  const round = async (): Promise<void> => {
    await attempt(address, work);
    lastRound = clock.now();
  };

  return {
    round,
    async run() {
      while (!signal.aborted) {
        await round();
        await sleep(clock, intervalMs, signal);
      }
    },
    health: () => ({
      live: clock.now() - lastRound <= intervalMs + STUCK_MS,
      ready: isReady && !failures.has(address),
      problems: [...failures].map(([what, message]) => `${what}: ${message}`),
    }),
    *measured() {
      for (const [id, { name, memory }] of jobs) {
        // Also a job whose name is that of another one has series of its own.
        if (memory.samples !== undefined) yield { namespace: "", name: `${name}/${id}`, kind: "Job", memory };
      }
    },
  };
}
