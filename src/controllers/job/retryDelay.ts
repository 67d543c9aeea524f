import type { EventIntent } from "../../core/job/model/decision.ts";
import type { Settings } from "../../core/job/model/settings.ts";
import { backoffDelay } from "../../runtime/backoff.ts";

/**
 * The delay after this many consecutive failures, in milliseconds. After `maxAttempts` failed retries another one soon is
 * unlikely to succeed, so the delay becomes `maxAttempts` times the longest back-off. Retries never end, since the cause (a
 * quota, a webhook) may be fixed without a watch event. A change of the resource is reconciled at once.
 */
export function retryDelay(retry: Settings["retry"], failures: number, random: () => number): number {
  return areRetriesExhausted(retry, failures)
    ? exhaustedDelayMs(retry)
    : backoffDelay(retry, failures, random);
}

/** The first failure is not a retry. A negative limit means no limit. */
const areRetriesExhausted = ({ maxAttempts }: Settings["retry"], failures: number): boolean =>
  maxAttempts >= 0 && failures > maxAttempts;

const exhaustedDelayMs = ({ maxAttempts, capMs }: Settings["retry"]): number =>
  capMs * Math.max(1, maxAttempts);

/** Reported once, with the failure that exhausts the retries. */
export function retriesExhaustedEvents(retry: Settings["retry"], failures: number): readonly EventIntent[] {
  if (!areRetriesExhausted(retry, failures) || areRetriesExhausted(retry, failures - 1)) return [];
  return [
    {
      type: "Warning",
      reason: "RetriesExhausted",
      component: "Operator",
      message:
        `The same has failed ${failures} times in a row (kubernetes.operator.retry.max.attempts: ` +
        `${retry.maxAttempts}). From now on it is tried every ${exhaustedDelayMs(retry) / 1000} s, or as soon as the resource changes.`,
      key: "RetriesExhausted",
    },
  ];
}
