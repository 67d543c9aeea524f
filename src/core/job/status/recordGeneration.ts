import type { Outcome, Situation } from "../model/situation.ts";

/** Nothing to bring about but that the spec has been seen; what is recorded as deployed stays (REFERENCE 3). */
export function recordGeneration({ status, generation, diff }: Situation): Outcome | undefined {
  if (status.observedGeneration === generation || diff?.type !== "IGNORE") return undefined;
  return { status: { ...status, observedGeneration: generation }, othersMayAct: true };
}
