import type { Reason } from "../../reasons.ts";

/** Says for what a change waits, and what a person can do about it. */
export interface PendingNotice {
  readonly reason: Reason;
  /** As a clause: "approval of generation 5 …". */
  readonly waitsFor: string;
  readonly message: string;
}
