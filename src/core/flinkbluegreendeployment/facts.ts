import type { OperationFacts } from "../../api/flinkFacts.ts";
import type { Color } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { RouteKind } from "../build/ingress.ts";
import type { ReferredJob } from "../flinkstatesnapshot/facts.ts";
import type { RouteFacts } from "../job/model/facts.ts";
import type { ValidationError } from "../validate/validationError.ts";
import type { SourceMetrics } from "./sourceMetrics.ts";

/** All facts for one reconcile of a FlinkBlueGreenDeployment, read at one moment. */
export interface Facts {
  readonly children: Readonly<Partial<Record<Color, ChildFacts>>>;
  /** Objects that have the name of a child and another owner: whose each is, in words. */
  readonly strangers: Readonly<Partial<Record<Color, string>>>;
  /** The followed savepoint. */
  readonly operation: OperationFacts | undefined;
  /** The trigger id that this process has recorded and not sent: no JobManager knows it. */
  readonly unsent: string | undefined;
  /** The Ingress and HTTPRoute of the resource's own name; undefined: not managed, or not read yet. */
  readonly routes: Readonly<Record<RouteKind, RouteFacts>> | undefined;
  /** What is wrong with the spec. */
  readonly invalid: ValidationError | undefined;
  /** kubernetes.operator.job.savepoint-on-deletion in the template: a deletion waits for its FlinkDeployments. */
  readonly keepsStateOnDeletion: boolean;
}

export interface ChildFacts {
  readonly resource: FlinkDeployment;
  readonly deleting: boolean;
  readonly job: ReferredJob;
  /** How many checkpoints its job has completed since its JobManager started; undefined: not known. */
  readonly completedCheckpoints: number | undefined;
  /** What its sources have last measured. Absent: not known, or not asked for. */
  readonly sources?: SourceMetrics | undefined;
  /** When the JobManager was last asked for its jobs and answered, in milliseconds since the epoch; undefined: never. */
  readonly seenAt: number | undefined;
  readonly restPort: number;
  readonly managesIngress: boolean;
  /** Its job uses the TaskManagers that there are: another number of them restarts nothing. */
  readonly reactive: boolean;
}
