/** Validates a FlinkDeployment: its structure, and the rules of REFERENCE 1.23 in their order. */
import type { KubeObject } from "../../api/kubernetes.ts";
import {
  type FlinkDeploymentSpec,
  flinkDeployment,
  flinkDeploymentSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import * as autoscaler from "./autoscaler.ts";
import { type Check, type Input, runChecks } from "./check.ts";
import * as configuration from "./configuration.ts";
import * as containers from "./containers.ts";
import * as identity from "./identity.ts";
import * as surroundings from "./ingressAndLogging.ts";
import { jarsHaveRoom, jarsReadable } from "./jars.ts";
import { applicationJarUri } from "./jarUri.ts";
import * as job from "./job.ts";
import { validateManifest } from "./manifest.ts";
import * as network from "./network.ts";
import * as processes from "./processes.ts";
import * as program from "./program.ts";
import * as specChange from "./specChange.ts";
import { asStored } from "./structure.ts";
import type { ValidationError } from "./validationError.ts";

/** The reference's own rules first, in its order; then those that it checks only later. */
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
  surroundings.httpRouteIsComplete,
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
  autoscaler.autoscalerOptionsPossible,
  autoscaler.autoscalerOptionsReadable,
  autoscaler.autoscalerExpressionsValid,
  autoscaler.metricsWindowHoldsSamples,

  processes.imageNotBlank,
  processes.imagesReadable,
  processes.imagePullPolicy,
  containers.containersComplete("jobManager"),
  containers.containersComplete("taskManager"),
  program.programIsOne,
  program.sqlIsComplete,
  program.pythonIsComplete,
  jarsReadable,
  jarsHaveRoom,
  job.jarNamed,
  applicationJarUri,
  configuration.keysDoNotOverlap,
  configuration.optionValues,
  configuration.reactiveFits,
  configuration.checkpointIntervalPossible,
  configuration.parallelismOverridesPossible,
  configuration.directoriesNamed,
  configuration.stateDirectoriesAreOneLine,
  network.portsPossible,
  network.serviceMetadataFits,
];

/**
 * All errors, the reference's first error first; if the structure is wrong, only that. `config` is the resource's
 * effectiveConfig, `deployed` the last reconciled spec. Never throws, whatever the resource is.
 */
export function validateFlinkDeployment(
  resource: unknown,
  config: FlinkConfig,
  deployed?: FlinkDeploymentSpec,
): ValidationError[] {
  const structure = validateManifest(flinkDeployment, resource);
  if (structure.length > 0) return structure;
  const { metadata, spec } = resource as KubeObject;
  const stored = (value: unknown) => asStored(flinkDeploymentSpec, value) as FlinkDeploymentSpec;
  const input: Input = {
    name: metadata.name,
    spec: stored(spec ?? {}),
    config,
    deployed: deployed && stored(deployed),
  };
  return runChecks(checks, input);
}
