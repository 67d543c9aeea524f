import type { KubeObject } from "../../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { Facts as ClusterFacts } from "../../core/flinkdeployment/facts.ts";
import {
  allTasksRun,
  checkpointsKnown,
  checkpointsOf,
  jobOf,
} from "../../core/flinkdeployment/observeJob.ts";
import { endpointAt, type Settings } from "../../core/flinkdeployment/settings.ts";
import { knownStatus } from "../../core/flinkdeployment/status.ts";
import type { ReferredJob } from "../../core/flinkstatesnapshot/facts.ts";
import { readLastReconciledSpec } from "../../core/lastReconciledSpec.ts";
import type { Poller } from "../../flink/poller.ts";
import type { StoreReader } from "../../runtime/store.ts";
import { settingsOf } from "../flinkdeployment/configure.ts";
import { type ClusterStores, clusterKey, gather, type RestAccess } from "../flinkdeployment/gather.ts";

/** One kind of resource with a job, as snapshots of such jobs need it. */
export interface JobView {
  readonly job: ReferredJob;
  readonly disposalCluster: string | undefined;
}

/** The job of the resource of this name; undefined: there is no such resource. */
export type JobResolver = (namespace: string, name: string) => JobView | undefined;

export interface DeploymentSources {
  readonly resources: StoreReader<KubeObject>;
  readonly stores: ClusterStores;
  readonly poller: Pick<Poller, "facts">;
  readonly restAccess: RestAccess;
  operatorConfig(): FlinkConfig;
}

export function deploymentResolver(sources: DeploymentSources): JobResolver {
  return (namespace, name) => {
    const found = sources.resources.get(namespace, name);
    return found && viewOf(asFlinkDeployment(found), sources);
  };
}

/** What is known of a FlinkDeployment's cluster. */
export const clusterFacts = (
  { stores, poller, restAccess }: DeploymentSources,
  namespace: string,
  name: string,
): ClusterFacts =>
  gather(stores, namespace, name, poller.facts(clusterKey(namespace, name)), undefined, restAccess);

function viewOf(resource: FlinkDeployment, sources: DeploymentSources): JobView {
  const { namespace = "", name, deletionTimestamp } = resource.metadata;
  const facts = clusterFacts(sources, namespace, name);
  const { jobStatus, jobManagerDeploymentStatus } = knownStatus(resource.status);
  const settings = settingsOf(sources.operatorConfig(), resource, deployedSpec(resource));
  const job = jobOf(facts, jobStatus?.jobId);
  const isReady = jobManagerDeploymentStatus === "READY" && facts.jobManager?.deleting === false;
  const { restHost: host } = facts;
  return {
    disposalCluster: settings.disposalCluster,
    job: {
      cluster: clusterKey(namespace, name),
      endpoint: isReady && host !== undefined ? endpointAt(host, settings) : undefined,
      hasJob: resource.spec.job !== undefined,
      toRun: deletionTimestamp === undefined && resource.spec.job?.state !== "suspended",
      jobId: jobStatus?.jobId,
      state: jobStatus?.state,
      canBeSnapshot: job?.state === "RUNNING" && allTasksRun(job),
      flinkVersion: resource.spec.flinkVersion,
      newestSavepoint: newestSavepoint(facts, jobStatus?.jobId),
      ...savepointSettings(settings),
    },
  };
}

const savepointSettings = ({ savepointDirectory, checkpointType }: Settings) => ({
  savepointDirectory,
  checkpointType,
});

function newestSavepoint(facts: ClusterFacts, jobId: string | undefined): ReferredJob["newestSavepoint"] {
  if (!checkpointsKnown(facts, jobId)) return undefined;
  const newest = checkpointsOf(facts, jobId)?.latestSavepoint;
  return newest === undefined || newest.discarded
    ? "none"
    : { path: newest.externalPath, takenAt: newest.timestamp };
}

/** Of a stored spec that cannot be read, its own controller speaks. */
function deployedSpec({ status }: FlinkDeployment): FlinkDeploymentSpec | undefined {
  try {
    return readLastReconciledSpec(status?.reconciliationStatus?.lastReconciledSpec)?.spec;
  } catch {
    return undefined;
  }
}
