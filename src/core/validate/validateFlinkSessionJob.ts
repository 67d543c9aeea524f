/** Whether a FlinkSessionJob can be brought about: its structure, and the rules of REFERENCE 1.23 in their order. */
import { field as declare, freeForm, object, oneOf } from "../../api/declaration.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import {
  type FlinkSessionJobSpec,
  flinkSessionJob,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { judge } from "./check.ts";
import * as configuration from "./configuration.ts";
import * as job from "./job.ts";
import * as sessionJob from "./sessionJob.ts";
import * as specChange from "./specChange.ts";
import { asStored, type StructureOptions, validateStructure } from "./structure.ts";
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
  sessionJob.shared(specChange.redeployHasSavepoint),
  sessionJob.shared(configuration.optionValues),
  sessionJob.shared(configuration.checkpointIntervalPossible),
];

const anything = freeForm("", "own");

const manifest = object("FlinkSessionJob", {
  apiVersion: declare(oneOf([API_VERSION]), ""),
  kind: declare(oneOf([flinkSessionJob.kind]), ""),
  metadata: declare(anything, ""),
  spec: declare(flinkSessionJobSpec, ""),
  status: declare(anything, ""),
});

/** Of anything at all, as it stands in a file: all that the CRD would not take, and with "refuse" what it would drop. */
export function validateFlinkSessionJobStructure(
  value: unknown,
  options: StructureOptions,
): ValidationError[] {
  const errors = validateStructure(manifest, value, "", options);
  if (errors.length > 0) return errors;
  const { metadata } = value as Partial<KubeObject>;
  return typeof metadata?.name === "string" ? [] : [{ field: "metadata.name", message: "must be set" }];
}

/**
 * All that is wrong, the reference's first error first; where the structure is wrong, only that. `config` is the
 * resource's sessionJobConfig, `cluster` the FlinkDeployment that it names (undefined: there is none, or it is not
 * known), `deployed` the spec that was last acted on. Never throws, whatever the resource is.
 */
export function validateFlinkSessionJob(
  resource: unknown,
  config: FlinkConfig,
  cluster: FlinkDeployment | undefined,
  deployed?: FlinkSessionJobSpec,
): ValidationError[] {
  const structure = validateFlinkSessionJobStructure(resource, { unknownFields: "ignore" });
  if (structure.length > 0) return structure;
  const { metadata, spec } = resource as KubeObject;
  const stored = (value: unknown) => asStored(flinkSessionJobSpec, value) as FlinkSessionJobSpec;
  const asked = stored(spec ?? {});
  const known = deployed && stored(deployed);
  const input: sessionJob.SessionJobInput = {
    name: metadata.name,
    // What the rules of an application look at is the same here.
    spec: asked,
    deployed: known,
    sessionJob: asked,
    deployedJob: known,
    config,
    cluster,
  };
  const errors = checks.flatMap((check) => judge(() => check(input)) ?? []);
  return errors.filter(
    (error, index) =>
      errors.findIndex(({ field, message }) => field === error.field && message === error.message) === index,
  );
}
