import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeploymentSpec,
  flinkDeploymentSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob, type FlinkSessionJob } from "../../api/v1beta1/flinksessionjob.ts";
import {
  asFlinkStateSnapshot,
  type FlinkStateSnapshotSpec,
  flinkStateSnapshot,
  type JobKind,
} from "../../api/v1beta1/flinkstatesnapshot.ts";
import { effectiveConfig } from "../../config/effectiveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { sessionJobConfig } from "../../config/sessionJobConfig.ts";
import type { FlinkResource } from "../../core/job/model/flinkResource.ts";
import { assumedSnapshotStart } from "../../core/plan/snapshot/assumedStart.ts";
import { planOfSnapshot } from "../../core/plan/snapshot/plan.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import {
  type SnapshotTarget,
  validateFlinkStateSnapshot,
} from "../../core/validate/validateFlinkStateSnapshot.ts";
import { warnOfSnapshot } from "../../core/warn/warnOfSnapshot.ts";
import { deployedSpec } from "../deployed.ts";
import type { KindValidator, ReferredResource } from "../kindValidator.ts";
import { sessionClusterOf } from "./flinkSessionJob.ts";

const jobTypes = [resourceTypes.flinkDeployment, resourceTypes.flinkSessionJob] as const satisfies readonly {
  readonly kind: JobKind;
}[];

export const flinkStateSnapshotValidator: KindValidator = {
  type: resourceTypes.flinkStateSnapshot,
  referenceOf({ metadata: { namespace = "default" }, spec }) {
    const { kind, name } = (spec as FlinkStateSnapshotSpec | undefined)?.jobReference ?? {};
    const type = jobTypes.find((each) => each.kind === kind);
    return type !== undefined && typeof name === "string" && name !== ""
      ? { type, namespace, name }
      : undefined;
  },
  clusterReferenceOf: (target) =>
    target.kind === resourceTypes.flinkSessionJob.kind ? sessionClusterOf(target) : undefined,
  validate({ object, oldObject, target, cluster, operatorConfig }) {
    const structure = validateManifest(flinkStateSnapshot, object);
    if (structure.length > 0) return { errors: structure, warnings: [] };
    const referred = snapshotTarget(target, cluster, operatorConfig);
    const errors = validateFlinkStateSnapshot(object, referred);
    return { errors, warnings: errors.length > 0 ? [] : effectsOf(object, oldObject, target, referred) };
  },
};

/** Of what a user creates or edits. Admission reads nothing of the cluster but the resource of the job. */
function effectsOf(
  object: KubeObject,
  oldObject: KubeObject | undefined,
  target: ReferredResource,
  referred: SnapshotTarget,
): readonly string[] {
  const resource = asFlinkStateSnapshot(object);
  const job = typeof target === "string" ? undefined : (target as FlinkResource);
  const before = oldObject && asFlinkStateSnapshot(oldObject).spec;
  // A write of the operator's own: labels, the finalizer.
  if (before !== undefined && isDeepStrictEqual(before, resource.spec)) return [];
  try {
    const start = assumedSnapshotStart(resource, job, referred, Date.now());
    return warnOfSnapshot(
      planOfSnapshot({ ...start, ...(before === undefined ? {} : { specBefore: before }) }),
    );
  } catch {
    // A resource that nobody can decide on is reported by the operator.
    return [];
  }
}

function snapshotTarget(
  target: ReferredResource,
  cluster: ReferredResource,
  operatorConfig: FlinkConfig,
): SnapshotTarget {
  if (target === "absent") return "missing";
  if (target === "unknown") return "unknown";
  if (target.kind === resourceTypes.flinkSessionJob.kind)
    return sessionJobTarget(asFlinkSessionJob(target), cluster, operatorConfig);
  const resource = asFlinkDeployment(target);
  return {
    hasJob: resource.spec.job !== undefined,
    flinkVersion: resource.spec.flinkVersion,
    savepointDirectory: effectiveConfig({ operatorConfig, resource }).get(flinkOptions.savepointsDirectory),
  };
}

/** Without its session cluster, the configuration of a session job is unknown. */
function sessionJobTarget(
  resource: FlinkSessionJob,
  found: ReferredResource,
  operatorConfig: FlinkConfig,
): SnapshotTarget {
  if (typeof found === "string") return "unknown";
  const cluster = asFlinkDeployment(found);
  const clusterSpec = deployedSpec<FlinkDeploymentSpec>(
    cluster.status?.reconciliationStatus?.lastReconciledSpec,
    flinkDeploymentSpec,
  );
  const config = sessionJobConfig({ operatorConfig, resource, cluster, clusterSpec });
  return {
    hasJob: true,
    flinkVersion: (clusterSpec ?? cluster.spec).flinkVersion,
    savepointDirectory: config.get(flinkOptions.savepointsDirectory),
  };
}
