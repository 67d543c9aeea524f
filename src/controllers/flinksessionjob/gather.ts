import type { FlinkFacts, SubmissionFacts } from "../../api/flinkFacts.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob } from "../../api/v1beta1/flinksessionjob.ts";
import {
  type Facts,
  type HaConfigMap,
  isRecoverable,
  type PodLog,
  type SessionFacts,
} from "../../core/job/model/facts.ts";
import { type ClusterStores, gather, gatherSnapshots, type RestAccess } from "../flinkdeployment/gather.ts";

export interface SessionJobInputs {
  readonly stores: ClusterStores;
  readonly restAccess: RestAccess;
  readonly cluster: FlinkDeployment | undefined;
  /** The poller's facts for this session job. */
  readonly flink: FlinkFacts | undefined;
  readonly submission: SubmissionFacts | undefined;
  readonly jarFetch?: SubmissionFacts | undefined;
  readonly scriptCheck?: SubmissionFacts | undefined;
  readonly podLog: PodLog | undefined;
}

/** Collects everything known about one session job and its session cluster, synchronously. */
export function gatherSessionJob(
  { metadata, spec, status }: FlinkSessionJob,
  { stores, restAccess, cluster, flink, submission, jarFetch, scriptCheck, podLog }: SessionJobInputs,
): Facts {
  const { namespace = "", name } = metadata;
  const jobId = status?.jobStatus?.jobId ?? undefined;
  const clusterFacts = gather(stores, namespace, spec.deploymentName ?? "", flink, podLog, restAccess);
  return {
    ...clusterFacts,
    haConfigMaps: clusterFacts.haConfigMaps.filter((map) => isOfJob(map, jobId)),
    ...gatherSnapshots(stores, "FlinkSessionJob", namespace, name),
    session: {
      ...sessionFacts(spec.deploymentName ?? "", cluster),
      recoversJob: recoversJob(cluster, clusterFacts.haConfigMaps, jobId),
    },
    ...(submission === undefined ? {} : { submission }),
    ...(jarFetch === undefined ? {} : { jarFetch }),
    ...(scriptCheck === undefined ? {} : { scriptCheck }),
  };
}

/** The session job with the JobManager's state from the session cluster's status. */
export function withClusterStatus(
  sessionJob: FlinkSessionJob,
  cluster: FlinkDeployment | undefined,
): FlinkDeployment {
  const { jobManagerDeploymentStatus, clusterInfo } = cluster?.status ?? {};
  return {
    ...sessionJob,
    status: {
      ...sessionJob.status,
      jobManagerDeploymentStatus: jobManagerDeploymentStatus ?? "MISSING",
      clusterInfo: clusterInfo ?? {},
    },
  };
}

const isOfJob = ({ name }: HaConfigMap, jobId: string | undefined): boolean =>
  jobId !== undefined && name.includes(jobId);

/** The cluster's own ConfigMap names its jobs, and not that of the job. */
function recoversJob(
  cluster: FlinkDeployment | undefined,
  maps: readonly HaConfigMap[],
  jobId: string | undefined,
): boolean | undefined {
  const version = cluster?.status?.clusterInfo?.["flink-version"];
  return version === undefined || jobId === undefined ? undefined : isRecoverable(maps, jobId, version);
}

function sessionFacts(name: string, cluster: FlinkDeployment | undefined): Omit<SessionFacts, "recoversJob"> {
  const { replacement, reconciliationStatus } = cluster?.status ?? {};
  return {
    name,
    kind: cluster === undefined ? "missing" : cluster.spec.job === undefined ? "session" : "application",
    deleting: cluster?.metadata.deletionTimestamp !== undefined,
    mode: cluster?.spec.mode ?? "native",
    stays: (replacement ?? undefined) === undefined && reconciliationStatus?.state !== "UPGRADING",
    replacement:
      (replacement ?? undefined) === undefined ? undefined : `for generation ${replacement?.generation}`,
  };
}
