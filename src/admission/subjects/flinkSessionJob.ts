import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJobSpec,
  flinkSessionJob,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import { sessionJobConfig } from "../../config/sessionJobConfig.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import { validateFlinkSessionJob } from "../../core/validate/validateFlinkSessionJob.ts";
import { warnOfDeprecated } from "../../core/warn/warnOfDeprecated.ts";
import { warnOfRestart } from "../../core/warn/warnOfRestart.ts";
import { deployedSpec } from "../deployed.ts";
import type { Subject, TargetReference } from "../subject.ts";

const type = flinkSessionJobSpec;

export const flinkSessionJobSubject: Subject = {
  type: resourceTypes.flinkSessionJob,
  targetOf: sessionClusterOf,
  judge({ object, oldObject, operatorConfig, lastReconciledSpec, target }) {
    const structure = validateManifest(flinkSessionJob, object);
    if (structure.length > 0) return { errors: structure, warnings: [] };
    const spec = (object.spec ?? {}) as FlinkSessionJobSpec;
    const deployed = deployedSpec<FlinkSessionJobSpec>(lastReconciledSpec, type);
    const cluster = typeof target === "object" ? asFlinkDeployment(target) : undefined;
    const resource = asFlinkSessionJob(object);
    const config = sessionJobConfig({ operatorConfig, resource, cluster, clusterSpec: undefined });
    const wrong = validateFlinkSessionJob(object, config, cluster, deployed);
    // Where the cluster is not known, neither is the configuration that it gives the job.
    const errors = cluster === undefined ? wrong.filter(({ field }) => !dependsOnCluster(field)) : wrong;
    if (errors.length > 0) return { errors, warnings: [] };
    const mode = typeof target === "object" && isStandalone(target.spec) ? "standalone" : "native";
    const restart = deployed && warnOfRestart({ deployed, desired: spec, type, mode });
    return {
      errors: [],
      warnings: [...(restart ? [restart] : []), ...warnOfDeprecated(spec, type, oldObject?.spec)],
    };
  },
};

/** The session cluster that a FlinkSessionJob names. */
export function sessionClusterOf({
  metadata: { namespace = "default" },
  spec,
}: KubeObject): TargetReference | undefined {
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
