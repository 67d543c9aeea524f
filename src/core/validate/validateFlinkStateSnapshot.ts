/** Validates a FlinkStateSnapshot: its structure, and the snapshot rules of REFERENCE 1.23. */
import type { KubeObject } from "../../api/kubernetes.ts";
import { type FlinkVersion, isAtLeast, isSupportedFlinkVersion } from "../../api/v1beta1/common.ts";
import {
  type FlinkStateSnapshotSpec,
  type FlinkStateSnapshotStatus,
  flinkStateSnapshotSpec,
  jobKinds,
} from "../../api/v1beta1/flinkstatesnapshot.ts";
import { isBlank } from "./check.ts";
import { asStored, validateStructure } from "./structure.ts";
import { either, type ValidationError } from "./validationError.ts";

/**
 * The resource whose job is to be snapshot: "missing" if there is none of that name in the snapshot's namespace;
 * "unknown" if that cannot be determined (as in a file).
 */
export type SnapshotTarget =
  | "missing"
  | "unknown"
  | {
      /** It has a job. A FlinkDeployment without one is a session cluster. */
      readonly hasJob: boolean;
      readonly flinkVersion: string | undefined;
      /** The directory of its savepoints, unless the snapshot names another one. */
      readonly savepointDirectory: string | undefined;
    };

/** The first version of Flink with checkpoints on demand. */
export const oldestWithCheckpoints = "v1_17" satisfies FlinkVersion;

/** Empty if there are no errors. Never throws, whatever the resource is. */
export function validateFlinkStateSnapshot(resource: unknown, target: SnapshotTarget): ValidationError[] {
  const { spec: given, status } = (resource ?? {}) as Partial<KubeObject>;
  const structure = validateStructure(flinkStateSnapshotSpec, given ?? {}, "spec", {
    unknownFields: "ignore",
  });
  if (structure.length > 0) return structure;
  const spec = asStored(flinkStateSnapshotSpec, given ?? {}) as FlinkStateSnapshotSpec;
  const { state = "TRIGGER_PENDING" } = (status ?? {}) as FlinkStateSnapshotStatus;
  const error =
    exactlyOneKind(spec) ?? (spec.savepoint?.alreadyExists ? existing(spec) : job(spec, state, target));
  return error === undefined ? [] : [error];
}

function exactlyOneKind({ savepoint, checkpoint }: FlinkStateSnapshotSpec): ValidationError | undefined {
  if (savepoint !== undefined && checkpoint !== undefined)
    return { field: "spec", message: "has both savepoint and checkpoint: set exactly one of them" };
  if (savepoint === undefined && checkpoint === undefined)
    return { field: "spec", message: "has neither savepoint nor checkpoint: set exactly one of them" };
  if (savepoint?.formatType === "UNKNOWN" && savepoint.alreadyExists !== true)
    return { field: "spec.savepoint.formatType", message: "must be CANONICAL or NATIVE, not UNKNOWN" };
  return undefined;
}

const existing = ({ savepoint }: FlinkStateSnapshotSpec): ValidationError | undefined =>
  isBlank(savepoint?.path)
    ? {
        field: "spec.savepoint.path",
        message: "must be set: with alreadyExists it says where the savepoint is",
      }
    : undefined;

function job(
  { jobReference, savepoint, checkpoint }: FlinkStateSnapshotSpec,
  state: string,
  target: SnapshotTarget,
): ValidationError | undefined {
  const { kind, name } = jobReference ?? {};
  if (jobReference === undefined)
    return { field: "spec.jobReference", message: "must be set: kind and name" };
  if (kind === undefined)
    return { field: "spec.jobReference.kind", message: `must be set: ${either(jobKinds)}` };
  if (isBlank(name)) return { field: "spec.jobReference.name", message: "must be set" };
  // A snapshot that was triggered is completed, whatever else has changed.
  if (state !== "TRIGGER_PENDING" || target === "unknown") return undefined;
  if (target === "missing")
    return { field: "spec.jobReference.name", message: `there is no ${kind} "${name}" in this namespace` };
  if (!target.hasJob)
    return {
      field: "spec.jobReference.name",
      message: `the ${kind} "${name}" is a session cluster: name one of its FlinkSessionJobs`,
    };
  const { flinkVersion, savepointDirectory } = target;
  if (
    checkpoint !== undefined &&
    isSupportedFlinkVersion(flinkVersion) &&
    !isAtLeast(flinkVersion, oldestWithCheckpoints)
  )
    return {
      field: "spec.checkpoint",
      message: `needs Flink ${oldestWithCheckpoints} or newer, and "${name}" runs ${flinkVersion}: take a savepoint`,
    };
  if (savepoint !== undefined && isBlank(savepoint.path) && isBlank(savepointDirectory))
    return {
      field: "spec.savepoint.path",
      message: `must be set, since "${name}" has no state.savepoints.dir`,
    };
  return undefined;
}
