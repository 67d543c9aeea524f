import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob, type FlinkSessionJob } from "../../api/v1beta1/flinksessionjob.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { sessionJobConfig } from "../../config/sessionJobConfig.ts";
import { asSessionJobStatus, decideFlinkSessionJob } from "../../core/flinksessionjob/decide.ts";
import { flinkSessionJobKind } from "../../core/job/model/resourceKind.ts";
import { decideWithPlan } from "../../core/plan/planOfPendingChange.ts";
import type { Submitter } from "../../flink/submitter.ts";
import { createAutoscaler } from "../autoscaler/autoscaler.ts";
import { type ClusterStores, type RestAccess, sessionJobKey } from "../flinkdeployment/gather.ts";
import { type ControllerOptions, createController, type JobController } from "../job/controller.ts";
import { createSessionJobConfigurations, sourcesOf } from "./configure.ts";
import { gatherSessionJob, withClusterStatus } from "./gather.ts";

export interface SessionJobControllerOptions extends ControllerOptions {
  readonly restAccess: RestAccess;
  readonly stores: ClusterStores;
  readonly submitter: Submitter;
  /** Only fetches the jar, without a submission. */
  readonly jarFetcher: Submitter<undefined>;
  /** Only checks the script, without a submission. */
  readonly scriptChecker: Submitter;
  /** The jar that runs SQL scripts, in base64. */
  readonly sqlRunner?: string | undefined;
  /** The current configuration of the operator. */
  operatorConfig(): FlinkConfig;
  /** The FlinkDeployment of this name, as last read. */
  clusterOf(namespace: string, name: string): KubeObject | undefined;
}

export function createFlinkSessionJobController(options: SessionJobControllerOptions): JobController {
  const { stores, poller, clock, restAccess, submitter, jarFetcher, scriptChecker } = options;
  const configurations = createSessionJobConfigurations(options.operatorConfig, options.sqlRunner);

  function clusterOf({ metadata, spec }: FlinkSessionJob): FlinkDeployment | undefined {
    const found = options.clusterOf(metadata.namespace ?? "", spec.deploymentName ?? "");
    return found && asFlinkDeployment(found);
  }

  const autoscaler = createAutoscaler(options, {
    kind: flinkSessionJobKind,
    hasTaskManagers: false,
    pollKey: sessionJobKey,
    configurationOf(resource, deployed) {
      const sessionJob = resource as FlinkSessionJob;
      return configurations.of(sessionJob, clusterOf(sessionJob))(resource.spec, deployed);
    },
    configsOf(resource) {
      const sessionJob = resource as FlinkSessionJob;
      const { spec } = sessionJob;
      const sources = sourcesOf(options.operatorConfig(), sessionJob, clusterOf(sessionJob));
      const own = { ...sessionJob, spec: { ...spec, flinkConfiguration: {} } };
      return { job: sessionJobConfig(sources), cluster: sessionJobConfig({ ...sources, resource: own }) };
    },
  });
  return createController(options, {
    kind: flinkSessionJobKind,
    autoscaler,
    pollKey: sessionJobKey,
    decide: decideWithPlan(flinkSessionJobKind, decideFlinkSessionJob),
    gather(resource, { podLog, ...controllerFacts }, decisions) {
      const { namespace = "", name } = resource.metadata;
      const sessionJob = resource as FlinkSessionJob;
      const key = sessionJobKey(namespace, name);
      const cluster = clusterOf(sessionJob);
      const gathered = gatherSessionJob(sessionJob, {
        stores,
        restAccess,
        cluster,
        flink: poller.facts(key),
        submission: submitter.facts(key),
        jarFetch: jarFetcher.facts(key),
        scriptCheck: scriptChecker.facts(key),
        podLog,
      });
      const facts = { ...gathered, ...controllerFacts };
      const configure = configurations.of(sessionJob, cluster, decisions);
      return { resource, facts, now: clock.now(), configure, cluster };
    },
    fromStore: (found) => withClusterStatus(asFlinkSessionJob(found), clusterOf(asFlinkSessionJob(found))),
    toStoredStatus: asSessionJobStatus,
    submit: (namespace, name, at, submission) =>
      submitter.submit(sessionJobKey(namespace, name), at, submission),
    fetchJar: (namespace, name, submission) =>
      jarFetcher.submit(sessionJobKey(namespace, name), undefined, submission),
    checkScript: (namespace, name, at, submission) =>
      scriptChecker.submit(sessionJobKey(namespace, name), at, submission),
    remove(namespace, name) {
      configurations.remove(namespace, name);
      autoscaler.remove(namespace, name);
      submitter.remove(sessionJobKey(namespace, name));
      jarFetcher.remove(sessionJobKey(namespace, name));
      scriptChecker.remove(sessionJobKey(namespace, name));
    },
    get size() {
      return configurations.size + autoscaler.size + submitter.size + jarFetcher.size + scriptChecker.size;
    },
  });
}
