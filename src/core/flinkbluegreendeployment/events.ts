import type { EventIntent } from "../job/model/decision.ts";
import type { Reason } from "../reasons.ts";

export const normal = (reason: Reason, message: string): EventIntent => ({
  type: "Normal",
  reason,
  component: "Operator",
  message,
});

export const warning = (reason: Reason, message: string): EventIntent => ({
  type: "Warning",
  reason,
  component: "Operator",
  message,
});
