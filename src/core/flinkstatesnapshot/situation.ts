import type { Operation } from "../../api/flinkFacts.ts";
import type { FlinkStateSnapshot, FlinkStateSnapshotStatus } from "../../api/v1beta1/flinkstatesnapshot.ts";
import type { EventIntent } from "../job/model/decision.ts";
import type { Decision, Outcome } from "./decision.ts";
import type { Facts, ReferredJob } from "./facts.ts";

/** The input of a step. */
export interface Situation {
  readonly resource: FlinkStateSnapshot;
  readonly status: FlinkStateSnapshotStatus;
  readonly facts: Facts;
  /** Milliseconds between two checks of an operation in progress, if no event occurs. */
  readonly progressCheckIntervalMs: number;
  readonly now: number;
}

export type Step = (situation: Situation) => Outcome | undefined;

export const stateOf = ({ status }: Pick<Situation, "status">) => status.state ?? "TRIGGER_PENDING";

/** The job that it refers to, if a resource of that name exists. */
export const jobOf = ({ facts }: Situation): ReferredJob | undefined =>
  facts.job === "missing" ? undefined : facts.job;

export const isCheckpoint = ({ resource: { spec } }: Pick<Situation, "resource">): boolean =>
  spec.savepoint === undefined;

export const isoTime = (at: number): string => new Date(at).toISOString();

export const following = (cluster: string, operation: Operation): Decision["follow"] => ({
  cluster,
  operation,
});

/** An event about the snapshot itself. */
export const snapshotEvent = (
  type: EventIntent["type"],
  reason: EventIntent["reason"],
  message: string,
): EventIntent => ({
  type,
  reason,
  component: "Snapshot",
  message,
});

/** The event reason for a failure while the snapshot is taken (REFERENCE 1.24). */
export const errorReason = (situation: Pick<Situation, "resource">): "CheckpointError" | "SavepointError" =>
  isCheckpoint(situation) ? "CheckpointError" : "SavepointError";
