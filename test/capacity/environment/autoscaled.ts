/** Samples in a window, as by default. */
const samples = 15;

/** Seconds between two samples of a job: few, so that the windows are full within minutes, and at most fifty samples in a second. */
const intervalSeconds = (resources: number): number => Math.max(10, Math.ceil(resources / 50));

/** What makes all jobs autoscaled. */
export const autoscaledConfiguration = (resources: number): Readonly<Record<string, string>> => ({
  "kubernetes.operator.reconcile.interval": `${intervalSeconds(resources)} s`,
  "job.autoscaler.enabled": "true",
  "job.autoscaler.stabilization.interval": `${intervalSeconds(resources)} s`,
  "job.autoscaler.metrics.window": `${intervalSeconds(resources) * samples} s`,
});

/** From the start of a job until its window is full. */
export const fullWindowSeconds = (resources: number): number => intervalSeconds(resources) * (samples + 3);
