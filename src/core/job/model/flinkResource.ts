import type {
  FlinkDeployment,
  FlinkDeploymentSpec,
  FlinkDeploymentStatus,
} from "../../../api/v1beta1/flinkdeployment.ts";

/**
 * A resource as the steps of src/core/job see it: a FlinkDeployment as it is, or a FlinkSessionJob together with what the
 * status of its session cluster says of the JobManager. The fields of a FlinkDeployment are those of both.
 */
export type FlinkResource = FlinkDeployment;
export type FlinkResourceSpec = FlinkDeploymentSpec;
export type FlinkResourceStatus = FlinkDeploymentStatus;
