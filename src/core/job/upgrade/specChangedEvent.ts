import type { EventIntent } from "../model/decision.ts";
import type { Situation } from "../model/situation.ts";

/** What changed, once per generation. */
export const specChanged = ({ diff, generation }: Situation): EventIntent => ({
  type: "Normal",
  reason: "SpecChanged",
  component: "JobManagerDeployment",
  message: diff?.text ?? "",
  key: `SpecChange: ${generation}`,
  once: true,
});
