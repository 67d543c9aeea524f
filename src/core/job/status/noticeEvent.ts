import type { Notice } from "../../warn/warnOfNoEffect.ts";
import type { EventIntent } from "../model/decision.ts";

/** Reports a notice about the spec, once for each generation. */
export const noticeEvent = ({ reason, message }: Notice, generation: number | undefined): EventIntent => ({
  type: "Warning",
  reason,
  component: "Operator",
  message,
  key: `${reason} ${generation}`,
  once: true,
});
