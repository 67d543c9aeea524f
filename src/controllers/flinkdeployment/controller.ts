import { asFlinkDeployment, type FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import { decideFlinkDeployment } from "../../core/flinkdeployment/decide.ts";
import type { Input } from "../../core/job/decide.ts";
import type { SessionJobFacts } from "../../core/job/model/facts.ts";
import { flinkDeploymentKind } from "../../core/job/model/resourceKind.ts";
import { decideWithPlan } from "../../core/plan/planOfPendingChange.ts";
import { ignoresOverrides } from "../../core/warn/warnOfNoEffect.ts";
import type { Submitter } from "../../flink/submitter.ts";
import { createAutoscaler } from "../autoscaler/autoscaler.ts";
import { type ControllerOptions, createController, type JobController } from "../job/controller.ts";
import { createConfigurations, type OperatorSources } from "./configure.ts";
import { type ClusterStores, clusterKey, gatherResource, otherPollKey, type RestAccess } from "./gather.ts";
import type { Routes } from "./ingressRoutes.ts";

export interface DeploymentControllerOptions
  extends ControllerOptions,
    Pick<OperatorSources, "logFiles" | "sqlRunner"> {
  readonly restAccess: RestAccess;
  /** The current configuration of the operator. */
  operatorConfig(): FlinkConfig;
  readonly stores: ClusterStores;
  /** Absent: spec.ingress is not managed. */
  readonly routes?: Routes;
  /** The FlinkSessionJobs that refer to a session cluster. */
  sessionJobsOf(namespace: string, name: string): readonly SessionJobFacts[];
  /** Fetches the jars of applications, without a submission. Absent: none is fetched. */
  readonly jarFetcher?: Submitter<undefined>;
  /** Whether the state of its job is needed after its deletion: the deletion takes a savepoint. Absent: of none. */
  isNeededByParent?(resource: FlinkDeployment): boolean;
}

export const withSavepointOnDeletion =
  (configure: Input["configure"], isNeeded: boolean): Input["configure"] =>
  (spec, deployed) => {
    const configuration = configure(spec, deployed);
    return isNeeded
      ? { ...configuration, settings: { ...configuration.settings, savepointOnDeletion: true } }
      : configuration;
  };

export function createFlinkDeploymentController(options: DeploymentControllerOptions): JobController {
  const { stores, poller, clock, restAccess, routes, jarFetcher } = options;
  const { operatorConfig: config, logFiles, sqlRunner } = options;
  const configurations = createConfigurations({ config, logFiles, sqlRunner });
  const autoscaler = createAutoscaler(options, {
    kind: flinkDeploymentKind,
    hasTaskManagers: true,
    pollKey: clusterKey,
    configurationOf: (resource, deployed) => configurations.of(resource)(resource.spec, deployed),
    configsOf(resource) {
      const cluster = deployConfig({ operatorConfig: config(), resource });
      const reportsOnly = { [autoscalerOptions.scalingEnabled.key]: "false" };
      return { job: ignoresOverrides(cluster) ? cluster.with(reportsOnly) : cluster, cluster };
    },
  });
  return createController(options, {
    kind: flinkDeploymentKind,
    autoscaler,
    pollKey: clusterKey,
    otherPollKey,
    decide: decideWithPlan(flinkDeploymentKind, decideFlinkDeployment),
    gather(resource, { podLog, ...controllerFacts }, decisions) {
      const { namespace = "", name } = resource.metadata;
      const flink = poller.facts(clusterKey(namespace, name));
      const jobs = resource.spec.job === undefined ? options.sessionJobsOf(namespace, name) : undefined;
      const found = routes?.of(namespace, name);
      const jarFetch = jarFetcher?.facts(clusterKey(namespace, name));
      const facts = {
        ...gatherResource(stores, resource, {
          find: (other) => options.resources.get(namespace, other),
          flink,
          otherFlink: poller.facts(otherPollKey(namespace, name)),
          podLog,
          restAccess,
          sessionJobs: jobs,
        }),
        ...(options.gate === undefined ? { withoutGate: true as const } : {}),
        ...(found === undefined ? {} : { routes: found }),
        ...(jarFetch === undefined ? {} : { jarFetch }),
        ...controllerFacts,
      };
      const isNeededByParent =
        resource.metadata.deletionTimestamp !== undefined && options.isNeededByParent?.(resource) === true;
      const configure = withSavepointOnDeletion(configurations.of(resource, decisions), isNeededByParent);
      return { resource, facts, now: clock.now(), configure, isNeededByParent };
    },
    fromStore: (found) => asFlinkDeployment(found),
    toStoredStatus: (status) => status,
    fetchJar: (namespace, name, submission) =>
      jarFetcher?.submit(clusterKey(namespace, name), undefined, submission),
    routes,
    remove(namespace, name) {
      jarFetcher?.remove(clusterKey(namespace, name));
      configurations.remove(namespace, name);
      autoscaler.remove(namespace, name);
      routes?.remove(namespace, name);
    },
    get size() {
      return configurations.size + autoscaler.size + (routes?.size ?? 0);
    },
  });
}
