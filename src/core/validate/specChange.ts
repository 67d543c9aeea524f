/** Rule 9 of REFERENCE 1.23: fields that must not change after a spec was deployed. */
import { type Check, isBlank } from "./check.ts";

export const clusterKindKept: Check = ({ spec, deployed }) => {
  if (deployed === undefined || (spec.job === undefined) === (deployed.job === undefined)) return undefined;
  const [change, kind] = spec.job === undefined ? ["removed", "an application"] : ["added", "a session"];
  return {
    field: "spec.job",
    message: `cannot be ${change}: this is ${kind} cluster and stays one; create another FlinkDeployment`,
  };
};

export const modeKept: Check = ({ spec, deployed }) => {
  const [before, after] = [deployed?.mode ?? "native", spec.mode ?? "native"];
  return deployed === undefined || before === after
    ? undefined
    : {
        field: "spec.mode",
        message: `cannot change from ${before} to ${after}; create another FlinkDeployment`,
      };
};

export const redeployHasSavepoint: Check = ({ spec: { job }, deployed }) =>
  deployed?.job !== undefined &&
  job?.savepointRedeployNonce !== undefined &&
  job.savepointRedeployNonce !== deployed.job.savepointRedeployNonce &&
  isBlank(job.initialSavepointPath)
    ? {
        field: "spec.job.initialSavepointPath",
        message: "must be set with a new savepointRedeployNonce: the savepoint to start again from",
      }
    : undefined;
