import type { Outcome, Situation } from "../model/situation.ts";

/** Nothing to do except to record the observed generation. The recorded spec stays (REFERENCE 3). */
export function recordGeneration({ status, generation, diff }: Situation): Outcome | undefined {
  if (status.observedGeneration === generation || diff?.type !== "IGNORE") return undefined;
  return { status: { ...status, observedGeneration: generation }, othersMayAct: true };
}
