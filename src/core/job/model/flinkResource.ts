import type {
  FlinkDeployment,
  FlinkDeploymentSpec,
  FlinkDeploymentStatus,
} from "../../../api/v1beta1/flinkdeployment.ts";

/**
 * A resource as the steps of src/core/job see it: a FlinkDeployment as it is, or a FlinkSessionJob combined with the
 * JobManager fields of its session cluster's status. FlinkDeployment has the fields of both kinds.
 */
export type FlinkResource = FlinkDeployment;
export type FlinkResourceSpec = FlinkDeploymentSpec;
export type FlinkResourceStatus = FlinkDeploymentStatus;
