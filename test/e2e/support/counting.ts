import type { Progress } from "./flink.ts";
import { until } from "./until.ts";

/** What a counter reports of itself through Flink. */
export interface Counting {
  /** Waits until the running counter has seen at least `count` numbers. */
  counted(count: number): Promise<Progress>;
  /**
   * Waits for what a task reports that was restored with a count above this one: until then Flink may still show what a lost one
   * had counted.
   */
  restored(above: number): Promise<Progress>;
}

export function counting(name: string, progress: () => Promise<Progress | undefined>): Counting {
  const waitFor = (what: string, holds: (now: Progress) => boolean) =>
    until(`${name} ${what}`, async () => {
      const now = await progress();
      return now !== undefined && holds(now) && now;
    });
  return {
    counted: (least) => waitFor(`has counted to ${least}`, ({ count }) => count >= least),
    restored: (above) =>
      waitFor(`was restored with a count above ${above}`, ({ restoredCount }) => restoredCount > above),
  };
}
