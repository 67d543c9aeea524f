import type { Operation } from "../../api/flinkFacts.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import type { RouteKind } from "../build/ingress.ts";
import type { Place } from "../flinkstatesnapshot/decision.ts";
import type { EventIntent } from "../job/model/decision.ts";
import type { Explanation } from "../job/status/decisionRecord.ts";
import type { Reason } from "../reasons.ts";

type Status = FlinkBlueGreenDeploymentStatus;

/** What one reconcile does: `actions` in order, `independent`, the status if it changed, `afterStatus`, the events. */
export interface Decision {
  readonly actions: readonly Action[];
  /** The Ingress of the active side. A failure here stops nothing else. */
  readonly independent: readonly Action[];
  readonly status: Status;
  /** Actions whose intent, with its key, is in `status`: performed only once that is stored. */
  readonly afterStatus: readonly Action[];
  readonly events: readonly EventIntent[];
  /** The savepoint that the poller follows; undefined: none. */
  readonly follow: { readonly cluster: string; readonly operation: Operation } | undefined;
  /** The cluster whose job and checkpoints the poller is to ask for soon, since a verification waits for them; undefined: none. */
  readonly askNow: string | undefined;
  /** The jobs whose sources are measured at an interval, since a verification compares them. */
  readonly measure: readonly MeasuredJob[];
  /** When to reconcile again without any change, in milliseconds; undefined: never. */
  readonly requeueAfterMs: number | undefined;
}

export interface MeasuredJob {
  readonly cluster: string;
  readonly jobId: string;
  readonly intervalMs: number;
}

/** One write. Each is safe to repeat: by its own key, by a precondition, or by its nature. */
export type Action =
  | { readonly kind: "add-finalizer" }
  | { readonly kind: "remove-finalizer" }
  /** The name is the key: a child of that name and owner is this one. */
  | { readonly kind: "create-child"; readonly child: KubeObject }
  /** Replaces the whole spec. */
  | {
      readonly kind: "patch-child";
      readonly name: string;
      readonly uid: string;
      readonly spec: FlinkDeploymentSpec;
    }
  /** Adds labels and annotations. */
  | {
      readonly kind: "label-child";
      readonly name: string;
      readonly uid: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }
  | { readonly kind: "delete-child"; readonly name: string; readonly uid: string }
  | { readonly kind: "apply-route"; readonly route: RouteKind; readonly object: KubeObject }
  | { readonly kind: "delete-route"; readonly route: RouteKind; readonly name: string; readonly uid: string }
  | {
      readonly kind: "trigger-savepoint";
      readonly at: Place;
      readonly jobId: string;
      readonly triggerId: string;
      readonly targetDirectory: string;
      readonly formatType: "CANONICAL" | "NATIVE";
    };

/** The outcome of one step. A step that does not apply returns undefined. */
export interface Outcome {
  readonly actions?: readonly Action[];
  readonly status?: Status;
  readonly afterStatus?: readonly Action[];
  readonly events?: readonly EventIntent[];
  readonly explanation?: Explanation;
  /** The reason of a new status.error. */
  readonly errorReason?: Reason;
  /** What it waits for, as a clause. */
  readonly waitsFor?: string;
  /** As in the decision. */
  readonly askNow?: string;
  readonly measure?: readonly MeasuredJob[];
  readonly requeueAfterMs?: number | undefined;
}
