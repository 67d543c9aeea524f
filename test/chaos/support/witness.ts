import { setTimeout as pause } from "node:timers/promises";
import type { Application } from "../../e2e/support/application.ts";
import { createJudge, type Judge } from "./judge.ts";

/** What somebody who looks at Flink and Kubernetes all the time, and never at our status, holds against the operator. */
export interface Witness extends Pick<Judge, "losses" | "starts" | "restores"> {
  /** Anything that was there twice. */
  readonly doubles: readonly string[];
  stop(): Promise<void>;
}

/** Milliseconds between two looks. */
const LOOK_MS = 400;

const ENDED = new Set(["FINISHED", "CANCELED", "FAILED"]);

export function startWitness(application: Application): Witness {
  const { name, flink } = application;
  const judge = createJudge(name);
  const doubles = new Set<string>();
  let ended = false;

  async function look(): Promise<void> {
    const { jobs } = await flink.get<{ jobs: JobOverview[] }>("/jobs/overview");
    const alive = jobs.filter(({ state }) => !ENDED.has(state));
    tellTwice(
      "jobs",
      alive.map(({ jid }) => jid),
    );
    const [job] = alive;
    // Before all tasks run, what a job was restored from is not in the statistics for certain.
    if (job?.state !== "RUNNING" || job.tasks.running !== job.tasks.total) return;
    const progress = await flink.progress(job.jid).catch(() => undefined);
    const checkpoints = await flink.checkpoints(job.jid);
    judge.hear({ at: Date.now(), start: `${job.jid} of ${job["start-time"]}`, progress, checkpoints });
  }

  async function lookAtPods(): Promise<void> {
    const pods = await application.pods("jobManager");
    const alive = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    tellTwice(
      "JobManagers",
      alive.map(({ metadata }) => metadata.name),
    );
  }

  function tellTwice(what: string, names: readonly string[]): void {
    if (names.length > 1) doubles.add(`${name}: the ${what} ${names.join(" and ")} at once`);
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
      return judge.losses;
    },
    get starts() {
      return judge.starts;
    },
    get restores() {
      return judge.restores;
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
