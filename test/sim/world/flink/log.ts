import type { Journal } from "../journal.ts";

/**
 * What Flink writes into the log of a JobManager about its job, as far as the operator reads it: Dispatcher, scheduler and
 * checkpoint coordinator, at level INFO. One text for each time that the container was started.
 */
export const jobManagerLogs = (journal: Journal, pod: string): string[] => {
  const runs: string[][] = [];
  let jobId = "";
  const tell = (line: string): void => {
    runs.at(-1)?.push(line);
  };
  for (const entry of journal.entries) {
    if (entry.event === "jobmanager-started" && entry.pod === pod) runs.push([]);
    if (entry.event === "job-started" && entry.pod === pod) {
      jobId = entry.jobId;
      tell(entry.recovered ? `Recovered JobGraph(jobId: ${jobId}).` : `Submitting job 'job' (${jobId}).`);
    }
    if (!("jobId" in entry) || entry.jobId !== jobId) continue;
    if (entry.event === "checkpoint-completed") tell(`Completed checkpoint ${entry.id} for job ${jobId}`);
    if (entry.event === "savepoint-completed") {
      tell(`Triggering checkpoint ${entry.id} (type=SavepointType{name='Savepoint'}) @ 0 for job ${jobId}.`);
      tell(`Completed checkpoint ${entry.id} for job ${jobId}`);
    }
    if (entry.event === "savepoint-requested" && entry.stop && !entry.repeated)
      tell(`Triggering stop-with-savepoint for job ${jobId}.`);
    if (entry.event === "job-ended" && entry.pod === pod)
      tell(`Job ${jobId} reached terminal state ${entry.state}.`);
  }
  return runs.map((lines) => lines.map((line) => `${line}\n`).join(""));
};
