import { javaHashCode } from "../api/javaHash.ts";

/** What makes two events the same one, counted up. */
export interface EventIdentity {
  /** Which part of the operator or of the Flink cluster speaks: the Java operator's word for it. */
  component: "Operator" | "JobManagerDeployment" | "Job" | "Snapshot";
  reason: string;
  /** The message, or a key that stands for messages that differ in detail. */
  keyOrMessage: string;
  type: "Normal" | "Warning";
  kind: string;
  name: string;
  uid: string;
}

/**
 * The name of an event, the same as the Java operator's, so that each goes on counting where the other left off:
 * the component and the 31 low bits of the Java hash of everything else.
 */
export function eventName(identity: EventIdentity): string {
  const { component, reason, keyOrMessage, type, kind, name, uid } = identity;
  const hash = javaHashCode(reason + keyOrMessage + type + kind + name + uid);
  return `${component}.${hash & 0x7fffffff}`;
}
