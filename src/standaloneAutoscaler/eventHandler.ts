import type { AutoscalerEvent } from "../core/autoscaler/model/event.ts";
import type { Logger } from "../telemetry/log.ts";

/** Where the events of scaling go. */
export interface EventHandler {
  handle(jobId: string, event: AutoscalerEvent): Promise<void>;
  close(): void;
}

/** A line for each, also for those that repeat. */
export const createLoggingHandler = (log: Logger): EventHandler => ({
  handle: async (jobId, { type, reason, message }) => log.info({ jobId, type, reason }, message),
  close: () => {},
});
