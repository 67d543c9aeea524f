import { asFlinkDeployment, type FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { decideFlinkDeployment } from "../../core/flinkdeployment/decide.ts";
import type { Input } from "../../core/job/decide.ts";
import type { SessionJobFacts } from "../../core/job/model/facts.ts";
import { flinkDeploymentKind } from "../../core/job/model/resourceKind.ts";
import type { Decide } from "../../core/plan/foresee.ts";
import { withPlanOfPendingChange } from "../../core/plan/planOfPendingChange.ts";
import type { Submitter } from "../../flink/submitter.ts";
import { type ControllerOptions, createController } from "../job/controller.ts";
import type { Reconciler } from "../reconciler.ts";
import { createConfigurations, type OperatorSources } from "./configure.ts";
import { type ClusterStores, clusterKey, gather, type RestAccess } from "./gather.ts";
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

const withSavepointOnDeletion =
  (configure: Input["configure"], isNeeded: boolean): Input["configure"] =>
  (spec, deployed) => {
    const configuration = configure(spec, deployed);
    return isNeeded
      ? { ...configuration, settings: { ...configuration.settings, savepointOnDeletion: true } }
      : configuration;
  };

export function createFlinkDeploymentController(options: DeploymentControllerOptions): Reconciler {
  const { stores, poller, clock, restAccess, routes, jarFetcher } = options;
  const { operatorConfig: config, logFiles, sqlRunner } = options;
  const configurations = createConfigurations({ config, logFiles, sqlRunner });
  return createController(options, {
    kind: flinkDeploymentKind,
    pollKey: clusterKey,
    decide(resource, { podLog, ...controllerFacts }) {
      const { namespace = "", name } = resource.metadata;
      const flink = poller.facts(clusterKey(namespace, name));
      const jobs = resource.spec.job === undefined ? options.sessionJobsOf(namespace, name) : undefined;
      const found = routes?.of(namespace, name);
      const jarFetch = jarFetcher?.facts(clusterKey(namespace, name));
      const facts = {
        ...gather(stores, namespace, name, flink, podLog, restAccess, jobs),
        ...(found === undefined ? {} : { routes: found }),
        ...(jarFetch === undefined ? {} : { jarFetch }),
        ...controllerFacts,
      };
      const now = clock.now();
      const decide: Decide = (changed, known, at, disruptionAllowed) =>
        decideFlinkDeployment({
          resource: changed,
          facts: known,
          now: at,
          disruptionAllowed,
          configure: withSavepointOnDeletion(
            configurations.of(changed),
            changed.metadata.deletionTimestamp !== undefined && options.isNeededByParent?.(changed) === true,
          ),
        });
      const start = { kind: flinkDeploymentKind, resource, facts, now, decide };
      return withPlanOfPendingChange(start, decide(resource, facts, now));
    },
    fromStore: (found) => asFlinkDeployment(found),
    toStoredStatus: (status) => status,
    fetchJar: (namespace, name, submission) =>
      jarFetcher?.submit(clusterKey(namespace, name), undefined, submission),
    routes,
    remove(namespace, name) {
      jarFetcher?.remove(clusterKey(namespace, name));
      configurations.remove(namespace, name);
      routes?.remove(namespace, name);
    },
    get size() {
      return configurations.size + (routes?.size ?? 0);
    },
  });
}
