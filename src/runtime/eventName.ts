import { javaHashCode } from "../api/javaHash.ts";

/** Two events with the same identity are one event with a higher count. */
export interface EventIdentity {
  /** The source of the event, with the Java operator's name for it. */
  component: "Operator" | "JobManagerDeployment" | "Job" | "Snapshot";
  reason: string;
  /** The message, or a key for messages that differ only in details. */
  keyOrMessage: string;
  type: "Normal" | "Warning";
  kind: string;
  name: string;
  uid: string;
}

/**
 * The name of an event, as in the Java operator, so that each operator continues the other's count: the component, and the
 * 31 low bits of the Java hash of everything else.
 */
export function eventName(identity: EventIdentity): string {
  const { component, reason, keyOrMessage, type, kind, name, uid } = identity;
  const hash = javaHashCode(reason + keyOrMessage + type + kind + name + uid);
  return `${component}.${hash & 0x7fffffff}`;
}
