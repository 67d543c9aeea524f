import type { Operation, RestEndpoint } from "../../api/flinkFacts.ts";
import type { FlinkStateSnapshotStatus } from "../../api/v1beta1/flinkstatesnapshot.ts";
import type { EventIntent } from "../job/model/decision.ts";

/** What one reconcile does: the actions in order, then the status if it changed, then the events. */
export interface Decision {
  readonly actions: readonly Action[];
  readonly status: FlinkStateSnapshotStatus;
  readonly events: readonly EventIntent[];
  /** The operation that the poller follows for this snapshot; undefined: none. */
  readonly follow: { readonly cluster: string; readonly operation: Operation } | undefined;
  /** When to reconcile again without any change, in milliseconds; undefined: never. */
  readonly requeueAfterMs: number | undefined;
}

/** One write to Kubernetes or Flink. Each is safe to repeat: by its own key, by a precondition, or by its nature. */
export type Action =
  | {
      readonly kind: "set-metadata";
      readonly labels: Readonly<Record<string, string>>;
      readonly finalizers: readonly string[];
    }
  | { readonly kind: "remove-finalizer" }
  | {
      readonly kind: "trigger-savepoint";
      readonly at: Place;
      readonly jobId: string;
      readonly triggerId: string;
      readonly targetDirectory: string | undefined;
      readonly formatType: "CANONICAL" | "NATIVE";
    }
  | {
      readonly kind: "trigger-checkpoint";
      readonly at: Place;
      readonly jobId: string;
      readonly triggerId: string;
      readonly checkpointType: "FULL" | "INCREMENTAL";
    }
  /** Disposing of a deleted savepoint has no effect, so this needs no key. */
  | { readonly kind: "dispose"; readonly at: Place; readonly path: string };

/** A cluster by the poller's name for it, with the endpoint of its JobManager. */
export interface Place {
  readonly cluster: string;
  readonly endpoint: RestEndpoint;
}

/** The outcome of one step. A step that does not apply returns undefined. */
export interface Outcome {
  readonly actions?: readonly Action[];
  readonly status?: FlinkStateSnapshotStatus;
  readonly events?: readonly EventIntent[];
  readonly follow?: Decision["follow"];
  readonly requeueAfterMs?: number;
}
