/** Validates a FlinkSessionJob: its structure, and the rules of REFERENCE 1.23 in their order. */
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import {
  type FlinkSessionJobSpec,
  flinkSessionJob,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import * as autoscaler from "./autoscaler.ts";
import { runChecks } from "./check.ts";
import * as configuration from "./configuration.ts";
import * as job from "./job.ts";
import { validateManifest } from "./manifest.ts";
import * as program from "./program.ts";
import * as sessionJob from "./sessionJob.ts";
import * as specChange from "./specChange.ts";
import { asStored } from "./structure.ts";
import type { ValidationError } from "./validationError.ts";

const checks: readonly sessionJob.SessionJobCheck[] = [
  sessionJob.deploymentNamed,
  sessionJob.jobGiven,
  sessionJob.deploymentKept,
  sessionJob.jarFromAllowedPlace,
  sessionJob.clusterIsSession,
  sessionJob.shared(job.statefulJobHasCheckpointsDirectory),
  sessionJob.shared(job.savepointsHaveDirectory),
  sessionJob.jobHasParallelism,
  sessionJob.shared(program.programIsOne),
  ({ sessionJob: { job }, cluster }) => program.sessionProgramProblem(job, cluster?.spec.flinkVersion),
  sessionJob.shared(specChange.redeployHasSavepoint),
  sessionJob.shared(autoscaler.autoscalerOptionsPossible),
  sessionJob.shared(autoscaler.autoscalerOptionsReadable),
  sessionJob.shared(autoscaler.autoscalerExpressionsValid),
  sessionJob.shared(autoscaler.metricsWindowHoldsSamples),
  sessionJob.shared(configuration.optionValues),
  sessionJob.shared(configuration.checkpointIntervalPossible),
  sessionJob.shared(configuration.parallelismOverridesPossible),
];

/**
 * All errors, the reference's first error first; if the structure is wrong, only that. `config` is the resource's
 * sessionJobConfig, `cluster` the FlinkDeployment that it names (undefined: there is none, or it is unknown),
 * `deployed` the last reconciled spec. Never throws, whatever the resource is.
 */
export function validateFlinkSessionJob(
  resource: unknown,
  config: FlinkConfig,
  cluster: FlinkDeployment | undefined,
  deployed?: FlinkSessionJobSpec,
): ValidationError[] {
  const structure = validateManifest(flinkSessionJob, resource);
  if (structure.length > 0) return structure;
  const { metadata, spec } = resource as KubeObject;
  const stored = (value: unknown) => asStored(flinkSessionJobSpec, value) as FlinkSessionJobSpec;
  const declared = stored(spec ?? {});
  const known = deployed && stored(deployed);
  const input: sessionJob.SessionJobInput = {
    name: metadata.name,
    // The fields that the rules of applications read are the same here.
    spec: declared,
    deployed: known,
    sessionJob: declared,
    deployedJob: known,
    config,
    cluster,
  };
  return runChecks(checks, input);
}
