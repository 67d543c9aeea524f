import { resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import {
  type FlinkStateSnapshotSpec,
  flinkStateSnapshot,
  type JobKind,
} from "../../api/v1beta1/flinkstatesnapshot.ts";
import { effectiveConfig } from "../../config/effectiveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import {
  type SnapshotTarget,
  validateFlinkStateSnapshot,
} from "../../core/validate/validateFlinkStateSnapshot.ts";
import type { Subject, Target } from "../subject.ts";

const jobTypes = [resourceTypes.flinkDeployment, resourceTypes.flinkSessionJob] as const satisfies readonly {
  readonly kind: JobKind;
}[];

export const flinkStateSnapshotSubject: Subject = {
  type: resourceTypes.flinkStateSnapshot,
  targetOf({ metadata: { namespace = "default" }, spec }) {
    const { kind, name } = (spec as FlinkStateSnapshotSpec | undefined)?.jobReference ?? {};
    const type = jobTypes.find((each) => each.kind === kind);
    return type !== undefined && typeof name === "string" && name !== ""
      ? { type, namespace, name }
      : undefined;
  },
  judge({ object, target, operatorConfig }) {
    const structure = validateManifest(flinkStateSnapshot, object);
    const errors =
      structure.length > 0
        ? structure
        : validateFlinkStateSnapshot(object, judgedTarget(target, operatorConfig));
    return { errors, warnings: [] };
  },
};

/** The rest of a session job's configuration is its cluster's: that it is there is all that is known of it here. */
function judgedTarget(target: Target, operatorConfig: FlinkConfig): SnapshotTarget {
  if (target === "absent") return "missing";
  if (target === "unknown" || target.kind === resourceTypes.flinkSessionJob.kind) return "unknown";
  const resource = asFlinkDeployment(target);
  return {
    hasJob: resource.spec.job !== undefined,
    flinkVersion: resource.spec.flinkVersion,
    savepointDirectory: effectiveConfig({ operatorConfig, resource }).get(flinkOptions.savepointsDirectory),
  };
}
