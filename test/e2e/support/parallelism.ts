import type { FlinkRestReader } from "./flink.ts";
import { until } from "./until.ts";

/** Source, counter and the subtasks of the worker. */
const tasksWith = (parallelism: number): number => 2 + parallelism;

/** Waits until all tasks of a counter run with the parallelism, and takes the time of the wait, in milliseconds. */
export async function runsWith(flink: FlinkRestReader, jobId: string, parallelism: number): Promise<number> {
  const since = performance.now();
  await until(`job ${jobId} runs with a parallelism of ${parallelism}`, async () => {
    const { jobs } = await flink.get<{
      jobs: { jid: string; state: string; tasks: { total: number; running: number } }[];
    }>("/jobs/overview");
    const job = jobs.find(({ jid }) => jid === jobId);
    const { total, running } = job?.tasks ?? {};
    return job?.state === "RUNNING" && total === tasksWith(parallelism) && running === total;
  });
  return performance.now() - since;
}
