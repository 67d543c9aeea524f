/**
 * What makes all jobs autoscaled: fifteen samples in a window, as by default, but six times as often, so that the windows are full
 * within minutes.
 */
const [intervalSeconds, samples] = [10, 15];

export const autoscaledConfiguration: Readonly<Record<string, string>> = {
  "kubernetes.operator.reconcile.interval": `${intervalSeconds} s`,
  "job.autoscaler.enabled": "true",
  "job.autoscaler.stabilization.interval": `${intervalSeconds} s`,
  "job.autoscaler.metrics.window": `${intervalSeconds * samples} s`,
};

/** From the start of a job until its window is full. */
export const fullWindowSeconds: number = intervalSeconds * (samples + 3);
