/** Whether a FlinkDeployment can be brought about: its structure, and the rules of REFERENCE 1.23 in their order. */
import { field as declare, freeForm, object, oneOf } from "../../api/declaration.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import {
  type FlinkDeploymentSpec,
  flinkDeployment,
  flinkDeploymentSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { type Check, type Input, judge } from "./check.ts";
import * as configuration from "./configuration.ts";
import * as identity from "./identity.ts";
import { applicationJarUri } from "./jarUri.ts";
import * as job from "./job.ts";
import * as network from "./network.ts";
import * as processes from "./processes.ts";
import * as specChange from "./specChange.ts";
import { asStored, type StructureOptions, validateStructure } from "./structure.ts";
import * as surroundings from "./surroundings.ts";
import type { ValidationError } from "./validationError.ts";

/** The reference's own rules first, in its order; then what it only finds out while it acts. */
const checks: readonly Check[] = [
  identity.nameFits,
  identity.flinkVersionSet,
  identity.flinkVersionSupported,
  identity.flinkVersionKeptWhileSuspended,
  configuration.ownedKeysUnset,
  configuration.rollbackHasHighAvailability,
  configuration.healthCheckHasRecovery,
  surroundings.ingressHasTemplate,
  surroundings.ingressTemplateIsUrl,
  surroundings.loggingFilesKnown,
  job.statefulJobHasCheckpointsDirectory,
  job.savepointsHaveDirectory,
  job.jobHasParallelism,
  processes.memory("jobManager"),
  processes.resources("jobManager"),
  processes.jobManagerReplicas,
  processes.memory("taskManager"),
  processes.resources("taskManager"),
  processes.sessionTaskManagerReplicas,
  specChange.clusterKindKept,
  specChange.modeKept,
  specChange.redeployHasSavepoint,
  identity.serviceAccountSet,

  processes.imageNotBlank,
  processes.imagesReadable,
  processes.imagePullPolicy,
  job.jarNamed,
  applicationJarUri,
  configuration.keysDoNotOverlap,
  configuration.optionValues,
  configuration.reactiveFits,
  configuration.checkpointIntervalPossible,
  configuration.directoriesNamed,
  configuration.stateDirectoriesAreOneLine,
  network.portsPossible,
  network.serviceMetadataFits,
];

const anything = freeForm("", "own");

const manifest = object("FlinkDeployment", {
  apiVersion: declare(oneOf([API_VERSION]), ""),
  kind: declare(oneOf([flinkDeployment.kind]), ""),
  metadata: declare(anything, ""),
  spec: declare(flinkDeploymentSpec, ""),
  status: declare(anything, ""),
});

/** Of anything at all, as it stands in a file: all that the CRD would not take, and with "refuse" what it would drop. */
export function validateFlinkDeploymentStructure(
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
 * resource's effectiveConfig, `deployed` the spec that was last acted on. Never throws, whatever the resource is.
 */
export function validateFlinkDeployment(
  resource: unknown,
  config: FlinkConfig,
  deployed?: FlinkDeploymentSpec,
): ValidationError[] {
  const structure = validateFlinkDeploymentStructure(resource, { unknownFields: "ignore" });
  if (structure.length > 0) return structure;
  const { metadata, spec } = resource as KubeObject;
  const stored = (value: unknown) => asStored(flinkDeploymentSpec, value) as FlinkDeploymentSpec;
  const input: Input = {
    name: metadata.name,
    spec: stored(spec ?? {}),
    config,
    deployed: deployed && stored(deployed),
  };
  const errors = checks.flatMap((check) => judge(() => check(input)) ?? []);
  return errors.filter(
    (error, index) =>
      errors.findIndex(({ field, message }) => field === error.field && message === error.message) === index,
  );
}
