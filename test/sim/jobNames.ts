import type { World } from "./world/world.ts";

/** Which of several jobs an id belongs to: "" is the application. */
export const jobNames = (journal: World["journal"]): ((jobId: string) => string) => {
  const names = new Map(journal.of("job-started").map(({ jobId, of = "" }) => [jobId, of]));
  return (jobId) => names.get(jobId) ?? "";
};
