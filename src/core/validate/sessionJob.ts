/** The rules of REFERENCE 1.23 that apply only to session jobs. */
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJobSpec } from "../../api/v1beta1/flinksessionjob.ts";
import type { Check, Input } from "./check.ts";
import { isClusterName } from "./identity.ts";
import { validateSessionJarUri } from "./jarUri.ts";
import type { ValidationError } from "./validationError.ts";

/** Further input besides the session job itself. */
export interface SessionJobInput extends Input {
  readonly sessionJob: FlinkSessionJobSpec;
  readonly deployedJob: FlinkSessionJobSpec | undefined;
  /** The FlinkDeployment that it names; undefined: there is none, or it is unknown. */
  readonly cluster: FlinkDeployment | undefined;
}

export type SessionJobCheck = (input: SessionJobInput) => ValidationError | undefined;

export const deploymentNamed: SessionJobCheck = ({ sessionJob: { deploymentName } }) => {
  const field = "spec.deploymentName";
  if (deploymentName === undefined || deploymentName === "")
    return {
      field,
      message: "must be set: the name of the FlinkDeployment whose session cluster runs the job",
    };
  return isClusterName(deploymentName)
    ? undefined
    : {
        field,
        message:
          `"${deploymentName}" is no name of a FlinkDeployment: at most 45 lower case letters, digits and "-", ` +
          `that begin with a letter and do not end with "-"`,
      };
};

export const jobGiven: SessionJobCheck = ({ sessionJob: { job } }) =>
  job === undefined ? { field: "spec.job", message: "must be set: the job to run" } : undefined;

export const deploymentKept: SessionJobCheck = ({ sessionJob, deployedJob }) =>
  deployedJob === undefined || deployedJob.deploymentName === sessionJob.deploymentName
    ? undefined
    : {
        field: "spec.deploymentName",
        message:
          `cannot change from ${deployedJob.deploymentName} to ${sessionJob.deploymentName}; ` +
          "create another FlinkSessionJob",
      };

export const clusterIsSession: SessionJobCheck = ({ sessionJob, cluster }) =>
  cluster?.spec.job === undefined
    ? undefined
    : {
        field: "spec.deploymentName",
        message:
          `${sessionJob.deploymentName} is an application cluster, which runs its own job only: ` +
          "name a FlinkDeployment without spec.job",
      };

export const jarFromAllowedPlace: SessionJobCheck = ({ sessionJob, config }) =>
  validateSessionJarUri(sessionJob.job?.jarURI, config);

/** Flink's maximum number of key groups. It rejects a job with more subtasks. */
const highestParallelism = 32_768;

export const jobHasParallelism: SessionJobCheck = ({ sessionJob: { job } }) => {
  if (job === undefined) return undefined;
  const { parallelism = 0 } = job;
  const field = "spec.job.parallelism";
  if (parallelism < 1) return { field, message: `must be 1 or more, not ${parallelism}` };
  return parallelism > highestParallelism
    ? { field, message: `must be at most ${highestParallelism}, not ${parallelism}` }
    : undefined;
};

/** A rule of applications that also applies to session jobs. */
export const shared =
  (check: Check): SessionJobCheck =>
  (input) =>
    check(input);
