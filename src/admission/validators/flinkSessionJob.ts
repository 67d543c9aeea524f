import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type UpgradeMode,
} from "../../api/v1beta1/flinkdeployment.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJob,
  type FlinkSessionJobSpec,
  flinkSessionJob,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { sessionJobConfig } from "../../config/sessionJobConfig.ts";
import { planOf } from "../../core/plan/plan.ts";
import { plannedRestore } from "../../core/plan/plannedRestore.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import { validateFlinkSessionJob } from "../../core/validate/validateFlinkSessionJob.ts";
import { warnOfDeprecated } from "../../core/warn/warnOfDeprecated.ts";
import { warnOfRestart } from "../../core/warn/warnOfRestart.ts";
import { approvedAs } from "../approvedAs.ts";
import { assumedSessionJobStart } from "../assumedSessionJobStart.ts";
import { isPlanned } from "../assumedStart.ts";
import { deployedSpec } from "../deployed.ts";
import type { KindValidator, ResourceReference } from "../kindValidator.ts";

const type = flinkSessionJobSpec;

export const flinkSessionJobValidator: KindValidator = {
  type: resourceTypes.flinkSessionJob,
  referenceOf: sessionClusterOf,
  validate({ object, oldObject, operatorConfig, lastReconciledSpec, target }) {
    const structure = validateManifest(flinkSessionJob, object);
    if (structure.length > 0) return { errors: structure, warnings: [] };
    const spec = (object.spec ?? {}) as FlinkSessionJobSpec;
    const deployed = deployedSpec<FlinkSessionJobSpec>(lastReconciledSpec, type);
    const cluster = typeof target === "object" ? asFlinkDeployment(target) : undefined;
    const resource = asFlinkSessionJob(object);
    const config = sessionJobConfig({ operatorConfig, resource, cluster, clusterSpec: undefined });
    const wrong = validateFlinkSessionJob(object, config, cluster, deployed);
    // Without the cluster, the configuration that the job inherits from it is unknown.
    const errors = cluster === undefined ? wrong.filter(({ field }) => !dependsOnCluster(field)) : wrong;
    if (errors.length > 0) return { errors, warnings: [] };
    const mode = typeof target === "object" && isStandalone(target.spec) ? "standalone" : "native";
    const restart =
      deployed &&
      warnOfRestart({
        deployed,
        desired: spec,
        type,
        mode,
        planned: () => cluster && restoreOf(object, oldObject, cluster, operatorConfig),
        approvedAs: approvedAs(object.metadata, config),
      });
    return {
      errors: [],
      warnings: [...(restart ? [restart] : []), ...warnOfDeprecated(spec, type, oldObject?.spec)],
    };
  },
};

/**
 * What the plan of the change does with the job's state, with the session cluster that was read. Undefined: what the spec asks for.
 */
function restoreOf(
  object: KubeObject,
  oldObject: KubeObject | undefined,
  cluster: FlinkDeployment,
  operatorConfig: FlinkConfig,
): UpgradeMode | undefined {
  const { metadata, status } = asFlinkSessionJob(oldObject ?? object);
  const { spec } = asFlinkSessionJob(object);
  const resource: FlinkSessionJob = {
    spec,
    metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
    ...(status === undefined ? {} : { status }),
  };
  if (!isPlanned(resource)) return undefined;
  try {
    return plannedRestore(planOf(assumedSessionJobStart(operatorConfig, resource, cluster)));
  } catch {
    // A status that nobody can decide on is reported by the operator. The warning then says what the spec asks for.
    return undefined;
  }
}

/** The session cluster that a FlinkSessionJob refers to. */
export function sessionClusterOf({
  metadata: { namespace = "default" },
  spec,
}: KubeObject): ResourceReference | undefined {
  const name = (spec as FlinkSessionJobSpec | undefined)?.deploymentName;
  return typeof name === "string" && name !== ""
    ? { type: resourceTypes.flinkDeployment, namespace, name }
    : undefined;
}

const dependsOnCluster = (field: string): boolean =>
  field === "spec.job.upgradeMode" ||
  field === "spec.job.savepointTriggerNonce" ||
  !field.startsWith("spec.");

const isStandalone = (spec: unknown): boolean =>
  (spec as { mode?: unknown } | undefined)?.mode === "standalone";
