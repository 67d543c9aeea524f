import type { FlinkSessionJobStatus } from "../../api/v1beta1/flinksessionjob.ts";
import { decide, type Input, type Procedure } from "../job/decide.ts";
import type { Decision } from "../job/model/decision.ts";
import type { FlinkResourceStatus } from "../job/model/flinkResource.ts";
import { flinkSessionJobKind } from "../job/model/resourceKind.ts";
import { decideSessionJobDeletion } from "./deletion.ts";
import { stepsFor } from "./steps.ts";

const flinkSessionJobs: Procedure = {
  kind: flinkSessionJobKind,
  stepsFor,
  decideDeletion: decideSessionJobDeletion,
};

/** Decides one reconcile of a FlinkSessionJob, seen as a resource whose cluster belongs to another resource. */
export const decideFlinkSessionJob = (input: Input): Decision => decide(input, flinkSessionJobs);

/** The part of the status to store for a session job. The other fields belong to its session cluster. */
export function asSessionJobStatus({
  clusterInfo: _,
  jobManagerDeploymentStatus: __,
  taskManager: ___,
  replacement: ____,
  ...status
}: FlinkResourceStatus): FlinkSessionJobStatus {
  return status;
}
