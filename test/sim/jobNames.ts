import type { World } from "./world/world.ts";

/** The name of the session job with an id; "" is the application. */
export const jobNames = (journal: World["journal"]): ((jobId: string) => string) => {
  const names = new Map(journal.of("job-started").map(({ jobId, sessionJob = "" }) => [jobId, sessionJob]));
  return (jobId) => names.get(jobId) ?? "";
};
