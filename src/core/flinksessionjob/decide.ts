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

/** Decides one reconcile of a FlinkSessionJob, seen as a resource whose cluster is another resource's. */
export const decideFlinkSessionJob = (input: Input): Decision => decide(input, flinkSessionJobs);

/** What is stored of the status that a session job is decided on: the rest is its session cluster's to say. */
export function asSessionJobStatus({
  clusterInfo: _,
  jobManagerDeploymentStatus: __,
  taskManager: ___,
  replacement: ____,
  ...status
}: FlinkResourceStatus): FlinkSessionJobStatus {
  return status;
}
