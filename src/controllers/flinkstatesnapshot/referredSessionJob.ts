import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJob,
  type FlinkSessionJobSpec,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import { readableSpec } from "../../core/spec/lastReconciledSpec.ts";
import type { StoreReader } from "../../runtime/store.ts";
import { sessionJobKey } from "../flinkdeployment/gather.ts";
import { sessionJobSettings } from "../flinksessionjob/configure.ts";
import { gatherSessionJob, withClusterStatus } from "../flinksessionjob/gather.ts";
import { type JobResolver, type JobSources, type JobView, jobView } from "./referredJob.ts";

export interface SessionJobSources extends JobSources {
  readonly sessionJobs: StoreReader<KubeObject>;
}

export function sessionJobResolver(sources: SessionJobSources): JobResolver {
  return (namespace, name) => {
    const found = sources.sessionJobs.get(namespace, name);
    return found && viewOf(asFlinkSessionJob(found), sources);
  };
}

/** The session cluster takes and disposes of the snapshots, even if the job no longer exists. */
function viewOf(sessionJob: FlinkSessionJob, sources: SessionJobSources): JobView {
  const { stores, restAccess, poller } = sources;
  const { namespace = "", name } = sessionJob.metadata;
  const { deploymentName = "" } = sessionJob.spec;
  const found = sources.resources.get(namespace, deploymentName);
  const cluster = found && asFlinkDeployment(found);
  const facts = gatherSessionJob(sessionJob, {
    stores,
    restAccess,
    cluster,
    flink: poller.facts(sessionJobKey(namespace, name)),
    submission: undefined,
    podLog: undefined,
  });
  return jobView({
    kind: "FlinkSessionJob",
    resource: withClusterStatus(sessionJob, cluster),
    facts,
    settings: sessionJobSettings(
      sources.operatorConfig(),
      sessionJob,
      cluster,
      readableSpec<FlinkSessionJobSpec>(sessionJob, flinkSessionJobSpec),
    ),
    clusterName: deploymentName,
    flinkVersion: cluster?.spec.flinkVersion,
  });
}
