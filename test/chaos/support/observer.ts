import { setTimeout as pause } from "node:timers/promises";
import type { Application } from "../../e2e/support/application.ts";
import { type Checker, createChecker } from "./checker.ts";

/** What an observer of Flink and Kubernetes, who never looks at our status, finds wrong with the operator. */
export interface Observer extends Pick<Checker, "losses" | "starts" | "restores"> {
  /** Anything that was there twice. */
  readonly doubles: readonly string[];
  stop(): Promise<void>;
}

/** Milliseconds between two looks. */
const LOOK_MS = 400;

const ENDED = new Set(["FINISHED", "CANCELED", "FAILED"]);

export function startObserver(application: Application): Observer {
  const { name, flink } = application;
  const checker = createChecker(name);
  const doubles = new Set<string>();
  let ended = false;

  async function look(): Promise<void> {
    const { jobs } = await flink.get<{ jobs: JobOverview[] }>("/jobs/overview");
    const alive = jobs.filter(({ state }) => !ENDED.has(state));
    noteTwice(
      "jobs",
      alive.map(({ jid }) => jid),
    );
    const [job] = alive;
    // Before all tasks run, what a job was restored from is not in the statistics for certain.
    if (job?.state !== "RUNNING" || job.tasks.running !== job.tasks.total) return;
    const progress = await flink.progress(job.jid).catch(() => undefined);
    const checkpoints = await flink.checkpoints(job.jid);
    checker.observe({ at: Date.now(), start: `${job.jid} of ${job["start-time"]}`, progress, checkpoints });
  }

  async function lookAtPods(): Promise<void> {
    const pods = await application.pods("jobManager");
    const alive = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    noteTwice(
      "JobManagers",
      alive.map(({ metadata }) => metadata.name),
    );
  }

  function noteTwice(what: string, names: readonly string[]): void {
    if (names.length > 1) doubles.add(`${name}: the ${what} ${names.join(" and ")} at once`);
  }

  const looking = (async () => {
    while (!ended) {
      // What does not answer is down, which is allowed.
      await look().catch(() => undefined);
      await lookAtPods().catch(() => undefined);
      await pause(LOOK_MS);
    }
  })();

  return {
    get losses() {
      return checker.losses;
    },
    get starts() {
      return checker.starts;
    },
    get restores() {
      return checker.restores;
    },
    get doubles() {
      return [...doubles];
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
