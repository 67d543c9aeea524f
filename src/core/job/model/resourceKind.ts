import type { FieldType } from "../../../api/declaration.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../../../api/kubernetes.ts";
import { flinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob, flinkSessionJobSpec } from "../../../api/v1beta1/flinksessionjob.ts";
import type { JobKind } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { FINALIZER, SESSION_JOB_FINALIZER, SESSION_LABEL } from "../../../api/v1beta1/names.ts";

/** What a decision needs to know about the kind of the resource. */
export interface ResourceKind {
  readonly type: ResourceType;
  /** The name that its snapshots use to refer to it. */
  readonly name: JobKind;
  /** The declared spec, used to record and to compare specs. */
  readonly spec: FieldType;
  readonly finalizer: string;
  /** Labels that a resource has from its first deployment, as the Java operator's webhook sets them. */
  labelsOf(resource: KubeObject): Readonly<Record<string, string>>;
}

export const flinkDeploymentKind: ResourceKind = {
  type: resourceTypes.flinkDeployment,
  name: "FlinkDeployment",
  spec: flinkDeploymentSpec,
  finalizer: FINALIZER,
  labelsOf: () => ({}),
};

export const flinkSessionJobKind: ResourceKind = {
  type: resourceTypes.flinkSessionJob,
  name: "FlinkSessionJob",
  spec: flinkSessionJobSpec,
  finalizer: SESSION_JOB_FINALIZER,
  labelsOf: (resource) => ({ [SESSION_LABEL]: asFlinkSessionJob(resource).spec.deploymentName ?? "" }),
};
