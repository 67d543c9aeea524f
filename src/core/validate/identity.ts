/** Rules 1, 2 and 10 of REFERENCE 1.23: name, Flink version, service account. */
import {
  flinkVersions,
  isSupportedFlinkVersion,
  oldestSupportedFlinkVersion,
} from "../../api/v1beta1/flinkdeployment.ts";
import type { Check } from "./check.ts";

/** The names of Services and ConfigMaps are derived from it, and Flink accepts no longer cluster id. */
const namePattern = /^[a-z]([-a-z0-9]{0,43}[a-z0-9])?$/;

export const isClusterName = (name: string): boolean => namePattern.test(name);

export const nameFits: Check = ({ name }) =>
  isClusterName(name)
    ? undefined
    : {
        field: "metadata.name",
        message:
          `"${name}" must be at most 45 lower case letters, digits and "-", ` +
          `begin with a letter and not end with "-"`,
      };

export const flinkVersionSet: Check = ({ spec }) =>
  spec.flinkVersion === undefined
    ? {
        field: "spec.flinkVersion",
        message: `must be set: the version of Flink in the image, up to ${flinkVersions.at(-1)}`,
      }
    : undefined;

export const flinkVersionSupported: Check = ({ spec }) =>
  spec.flinkVersion === undefined || isSupportedFlinkVersion(spec.flinkVersion)
    ? undefined
    : {
        field: "spec.flinkVersion",
        message: `${spec.flinkVersion} is not supported: use ${oldestSupportedFlinkVersion} or newer`,
      };

/** The HA metadata from which such a job must be resumed has the format of the old version. */
export const flinkVersionKeptWhileSuspended: Check = ({ spec, deployed }) =>
  deployed?.job?.state === "suspended" &&
  deployed.job.upgradeMode === "last-state" &&
  spec.job !== undefined &&
  (spec.job.upgradeMode ?? "stateless") !== "stateless" &&
  spec.flinkVersion !== deployed.flinkVersion
    ? {
        field: "spec.flinkVersion",
        message:
          `cannot change from ${deployed.flinkVersion} to ${spec.flinkVersion} while the job is suspended by ` +
          `last-state: resume it with ${deployed.flinkVersion}, then change the version`,
      }
    : undefined;

export const serviceAccountSet: Check = ({ spec }) =>
  spec.serviceAccount === undefined
    ? {
        field: "spec.serviceAccount",
        message:
          "must be set: the service account of the pods, with the Helm chart its jobServiceAccount.name",
      }
    : undefined;
