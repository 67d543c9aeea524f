import type { RestEndpoint } from "../../api/flinkFacts.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { JobKind } from "../../api/v1beta1/flinkstatesnapshot.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { settingsOf } from "../../core/flinkdeployment/specConfiguration.ts";
import type { ReferredJob } from "../../core/flinkstatesnapshot/facts.ts";
import { needOf } from "../../core/flinkstatesnapshot/reachability.ts";
import type { Facts as ClusterFacts } from "../../core/job/model/facts.ts";
import { endpointAt, type Settings } from "../../core/job/model/settings.ts";
import {
  allTasksRun,
  checkpointsKnown,
  checkpointsOf,
  failedJobOf,
  jobOf,
} from "../../core/job/observe/observeJob.ts";
import { runStartedAt } from "../../core/job/restore/knownSnapshots.ts";
import { knownStatus } from "../../core/job/status/status.ts";
import { readableSpec } from "../../core/spec/lastReconciledSpec.ts";
import type { Poller } from "../../flink/poller.ts";
import type { StoreReader } from "../../runtime/store.ts";
import {
  type ClusterStores,
  clusterKey,
  gatherResource,
  type RestAccess,
} from "../flinkdeployment/gather.ts";

/** A resource with a job, as the snapshot controller needs it. */
export interface JobView {
  readonly job: ReferredJob;
  readonly disposalCluster: string | undefined;
  /** Why its job may still be restored from this path, as a clause. Undefined: it will not be. */
  needOf(path: string): string | undefined;
}

/** Finds the job of the resource of this name. Undefined: there is no such resource. */
export type JobResolver = (namespace: string, name: string) => JobView | undefined;

export interface JobSources {
  /** The FlinkDeployments. */
  readonly resources: StoreReader<KubeObject>;
  readonly stores: ClusterStores;
  readonly poller: Pick<Poller, "facts">;
  readonly restAccess: RestAccess;
  operatorConfig(): FlinkConfig;
}

export function deploymentResolver(sources: JobSources): JobResolver {
  return (namespace, name) => {
    const found = sources.resources.get(namespace, name);
    return found && viewOf(asFlinkDeployment(found), sources);
  };
}

function viewOf(resource: FlinkDeployment, sources: JobSources): JobView {
  const { stores, poller, restAccess } = sources;
  const { namespace = "", name } = resource.metadata;
  const flink = poller.facts(clusterKey(namespace, name));
  const find = (other: string) => sources.resources.get(namespace, other);
  const facts = gatherResource(stores, resource, { find, flink, restAccess });
  const settings = settingsOf(sources.operatorConfig(), resource, readableSpec(resource));
  const { flinkVersion } = resource.spec;
  return jobView({ kind: "FlinkDeployment", resource, facts, settings, clusterName: name, flinkVersion });
}

/** A resource with a job, of either kind, with its facts and settings. */
export interface ObservedJob {
  readonly kind: JobKind;
  readonly resource: FlinkDeployment;
  readonly facts: ClusterFacts;
  readonly settings: Settings;
  /** The name of the FlinkDeployment whose cluster it runs on. */
  readonly clusterName: string;
  readonly flinkVersion: string | undefined;
}

export function jobView({
  kind,
  resource,
  facts,
  settings,
  clusterName,
  flinkVersion,
}: ObservedJob): JobView {
  const { namespace = "", name, deletionTimestamp } = resource.metadata;
  const { spec } = resource;
  const status = knownStatus(resource.status);
  const { jobStatus, jobManagerDeploymentStatus } = status;
  const job = jobOf(facts, jobStatus?.jobId);
  const isReady = jobManagerDeploymentStatus === "READY" && facts.jobManager?.deleting === false;
  return {
    disposalCluster: settings.disposalCluster,
    needOf: (path) => needOf(path, { kind, namespace, name, spec, status, facts }),
    job: {
      cluster: clusterKey(namespace, clusterName),
      sessionCluster: kind === "FlinkSessionJob" ? clusterName : undefined,
      endpoint: isReady ? endpointOf(facts, settings) : undefined,
      hasJob: spec.job !== undefined,
      toRun: deletionTimestamp === undefined && spec.job?.state !== "suspended",
      jobId: jobStatus?.jobId,
      state: jobStatus?.state,
      startedAt: runStartedAt(jobStatus),
      reported: failedJobOf(facts, jobStatus?.jobId),
      canBeSnapshot: job?.state === "RUNNING" && allTasksRun(job),
      flinkVersion,
      newestSavepoint: newestSavepoint(facts, jobStatus?.jobId),
      ...savepointSettings(settings),
    },
  };
}

const endpointOf = ({ restHost }: ClusterFacts, settings: Settings): RestEndpoint | undefined =>
  restHost === undefined ? undefined : endpointAt(restHost, settings);

const savepointSettings = ({ savepointDirectory, savepointFormat, checkpointType }: Settings) => ({
  savepointDirectory,
  savepointFormat,
  checkpointType,
});

function newestSavepoint(facts: ClusterFacts, jobId: string | undefined): ReferredJob["newestSavepoint"] {
  if (!checkpointsKnown(facts, jobId)) return undefined;
  const newest = checkpointsOf(facts, jobId)?.latestSavepoint;
  return newest === undefined || newest.discarded
    ? "none"
    : { path: newest.externalPath, takenAt: newest.timestamp };
}
