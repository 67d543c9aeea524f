import { setTimeout as pause } from "node:timers/promises";
import type { Application } from "../../e2e/support/application.ts";
import { until } from "../../e2e/support/until.ts";

/** How often Flink is asked, in milliseconds: the precision of what is measured. */
const SAMPLE_MS = 50;

/** Watches a job through a restart by Flink's own REST, as a user of the job would feel it. */
export interface DowntimeMeter {
  /** Milliseconds from the last moment all tasks of the old job ran to the first at which all of the new one do. */
  measured(): Promise<number>;
}

export interface Run {
  readonly jid: string;
  readonly "start-time": number;
  readonly tasks: Readonly<Record<string, number>>;
}

const runOfService = async (application: Application): Promise<Run | undefined> =>
  (await application.flink.get<{ jobs: Run[] }>("/jobs/overview")).jobs[0];

/** Of a run: a job that continues from HA metadata keeps its id. */
export const byStart = (run: Run): string => `${run.jid} ${run["start-time"]}`;

/** Of a job whose parallelism is changed in place: it keeps its id and its start. */
export const byNumberOfTasks = ({ tasks }: Run): string => String(tasks.total);

/** `idOf` tells the job before the change from the one after it; `runOf` finds the one that is there now. */
export async function meterDowntime(
  application: Application,
  idOf = byStart,
  runOf: (application: Application) => Promise<Run | undefined> = runOfService,
): Promise<DowntimeMeter> {
  const before = await runOf(application);
  const old = before && idOf(before);
  let lastUp = Date.now();
  let upAgain: number | undefined;
  let ended = false;

  async function sample(): Promise<void> {
    const job = await runOf(application);
    if (job === undefined || job.tasks.running !== job.tasks.total) return;
    if (idOf(job) === old) lastUp = Date.now();
    else upAgain ??= Date.now();
  }

  const sampling = (async () => {
    while (!ended && upAgain === undefined) {
      await sample().catch(() => undefined);
      await pause(SAMPLE_MS);
    }
  })();

  return {
    async measured() {
      try {
        const again = await until("all tasks of the new job run", () => upAgain);
        return again - lastUp;
      } finally {
        ended = true;
        await sampling;
      }
    },
  };
}
