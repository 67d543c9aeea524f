import type { OwnerReference } from "../../../api/kubernetes.ts";
import { type FlinkVersion, isAtLeast } from "../../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { formatMap } from "../../../config/values/structured.ts";
import { resultStoreOf } from "../resultStores.ts";
import { withRescaling } from "./rescaling.ts";

/** What the new job is restored from. */
export type Restore =
  | { readonly kind: "none" }
  | { readonly kind: "savepoint"; readonly path: string }
  /** The newest checkpoint that the HA metadata names. */
  | { readonly kind: "last-state" };

/** The values that differ for each start of a cluster. */
export interface LaunchKeys {
  /** 32 hexadecimal digits; undefined for a session cluster. */
  readonly jobId: string | undefined;
  /** Names the job result store of this launch, so that no earlier result ends the new job. */
  readonly launchId: string;
  readonly restore: Restore;
  /** Launches whose results this one removes if possible (docs/adr/0006). */
  readonly earlierLaunches?: readonly string[] | undefined;
}

/**
 * Not read while there are HA checkpoints, which take precedence. If they are lost unexpectedly, the job fails to
 * start from this path instead of starting with empty state (NATIVE 9).
 */
export const lastStateDummyPath = "KUBERNETES_OPERATOR_LAST_STATE";

/** The deploy config with the keys of a single launch, as the reference submits it (NATIVE 2, "reconciler"). */
export function launchConfig(
  config: FlinkConfig,
  launch: LaunchKeys,
  { hasJob, owner }: { readonly hasJob: boolean; readonly owner: OwnerReference | undefined },
): FlinkConfig {
  const owned = withRescaling(config).with({
    "kubernetes.jobmanager.owner.reference": owner && formatOwner(owner),
  });
  return hasJob ? withJobLaunch(owned, launch) : owned;
}

function withJobLaunch(config: FlinkConfig, { jobId, launchId, restore }: LaunchKeys): FlinkConfig {
  return config.with({
    // Flink 1.20 renamed the key, and a value under the new name would take precedence.
    "execution.state-recovery.path": undefined,
    "execution.savepoint.path": restorePath(restore),
    "$internal.pipeline.job-id": jobId,
    ...resultStores(config, launchId),
  });
}

function restorePath(restore: Restore): string | undefined {
  switch (restore.kind) {
    case "none":
      return undefined;
    case "savepoint":
      return restore.path;
    case "last-state":
      return lastStateDummyPath;
  }
}

/**
 * Results must outlive the job, to be read after its JobManager is deleted, and must be separate from those of
 * earlier launches.
 */
function resultStores(config: FlinkConfig, launchId: string): Record<string, string> {
  const ofJob = resultStoreOf(config, "job-result-store", launchId);
  const ofApplication = resultStoreOf(config, "application-result-store", launchId);
  if (ofJob === undefined || ofApplication === undefined) return {};
  const { jobResultStoreDeleteOnCommit } = flinkOptions;
  return {
    "job-result-store.storage-path": ofJob,
    // The id of an application is derived from the cluster's name. A result of an earlier launch in a common store
    // makes Flink treat the new application as ended and run nothing. The reference leaves it there.
    ...(storesApplicationResults(config) ? { "application-result-store.storage-path": ofApplication } : {}),
    ...(config.isSet(jobResultStoreDeleteOnCommit) ? {} : { [jobResultStoreDeleteOnCommit.key]: "false" }),
  };
}

const storesApplicationResults = (config: FlinkConfig): boolean =>
  isAtLeast(config.get(flinkOptions.flinkVersion) as FlinkVersion, "v2_3");

const formatOwner = ({
  kind,
  apiVersion,
  blockOwnerDeletion,
  controller,
  name,
  uid,
}: OwnerReference): string =>
  formatMap(
    new Map(
      Object.entries({ kind, apiVersion, blockOwnerDeletion, controller, name, uid }).map(
        ([field, value]) => [field, String(value)],
      ),
    ),
  );
