import type { Journal } from "../journal.ts";

/**
 * The log lines of a JobManager about its job that the operator reads: Dispatcher, scheduler and checkpoint coordinator, at
 * level INFO. One text for each start of the container.
 */
export const jobManagerLogs = (journal: Journal, pod: string): string[] => {
  const runs: string[][] = [];
  let jobId = "";
  const write = (line: string): void => {
    runs.at(-1)?.push(line);
  };
  for (const entry of journal.entries) {
    if (entry.event === "jobmanager-started" && entry.pod === pod) runs.push([]);
    if (entry.event === "job-started" && entry.pod === pod) {
      jobId = entry.jobId;
      write(entry.recovered ? `Recovered JobGraph(jobId: ${jobId}).` : `Submitting job 'job' (${jobId}).`);
    }
    if (!("jobId" in entry) || entry.jobId !== jobId) continue;
    if (entry.event === "checkpoint-completed") write(`Completed checkpoint ${entry.id} for job ${jobId}`);
    if (entry.event === "savepoint-completed") {
      write(`Triggering checkpoint ${entry.id} (type=SavepointType{name='Savepoint'}) @ 0 for job ${jobId}.`);
      write(`Completed checkpoint ${entry.id} for job ${jobId}`);
    }
    if (entry.event === "savepoint-requested" && entry.stop && !entry.repeated)
      write(`Triggering stop-with-savepoint for job ${jobId}.`);
    if (entry.event === "job-ended" && entry.pod === pod)
      write(`Job ${jobId} reached terminal state ${entry.state}.`);
  }
  return runs.map((lines) => lines.map((line) => `${line}\n`).join(""));
};
