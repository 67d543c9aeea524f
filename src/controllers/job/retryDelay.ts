import type { EventIntent } from "../../core/job/model/decision.ts";
import type { Settings } from "../../core/job/model/settings.ts";
import { backoffDelay } from "../../runtime/backoff.ts";

/**
 * The pause after so many failures in a row. After `maxAttempts` tries that did not help, another one soon will not help
 * either: the resource rests for as long as that many tries take at the longest pause. It is never given up, since what was
 * wrong (a quota, a webhook) may be mended where no watch tells of it; a change of the resource ends the rest.
 */
export function retryPause(retry: Settings["retry"], failures: number, random: () => number): number {
  return isResting(retry, failures) ? restMs(retry) : backoffDelay(retry, failures, random);
}

/** The first failure is no try again. A negative limit is none. */
const isResting = ({ maxAttempts }: Settings["retry"], failures: number): boolean =>
  maxAttempts >= 0 && failures > maxAttempts;

const restMs = ({ maxAttempts, capMs }: Settings["retry"]): number => capMs * Math.max(1, maxAttempts);

/** Told once, when the rest begins. */
export function restBegins(retry: Settings["retry"], failures: number): readonly EventIntent[] {
  if (!isResting(retry, failures) || isResting(retry, failures - 1)) return [];
  return [
    {
      type: "Warning",
      reason: "RetriesExhausted",
      component: "Operator",
      message:
        `The same has failed ${failures} times in a row (kubernetes.operator.retry.max.attempts: ` +
        `${retry.maxAttempts}). From now on it is tried every ${restMs(retry) / 1000} s, or as soon as the resource changes.`,
      key: "RetriesExhausted",
    },
  ];
}
