import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { decideFlinkDeployment } from "../../core/flinkdeployment/decide.ts";
import type { SessionJobFacts } from "../../core/job/model/facts.ts";
import { flinkDeploymentKind } from "../../core/job/model/resourceKind.ts";
import { type ControllerOptions, createController } from "../job/controller.ts";
import type { Reconciler } from "../reconciler.ts";
import { createConfigurations } from "./configure.ts";
import { type ClusterStores, clusterKey, gather, type RestAccess } from "./gather.ts";
import type { Routes } from "./routes.ts";

export interface DeploymentControllerOptions extends ControllerOptions {
  readonly restAccess: RestAccess;
  /** The operator's own configuration, as it is now. */
  operatorConfig(): FlinkConfig;
  /** Logging configurations by name, for resources that bring none. */
  readonly logFiles: Readonly<Record<string, string>>;
  readonly stores: ClusterStores;
  /** Absent: nobody looks after what spec.ingress asks for. */
  readonly routes?: Routes;
  /** The FlinkSessionJobs that name a session cluster. */
  sessionJobsOf(namespace: string, name: string): readonly SessionJobFacts[];
}

export function createFlinkDeploymentController(options: DeploymentControllerOptions): Reconciler {
  const { stores, poller, clock, restAccess, routes } = options;
  const configurations = createConfigurations({ config: options.operatorConfig, logFiles: options.logFiles });
  return createController(options, {
    kind: flinkDeploymentKind,
    pollKey: clusterKey,
    decide(resource, { podLog, ...remembered }) {
      const { namespace = "", name } = resource.metadata;
      const flink = poller.facts(clusterKey(namespace, name));
      const jobs = resource.spec.job === undefined ? options.sessionJobsOf(namespace, name) : undefined;
      const found = routes?.of(namespace, name);
      const facts = {
        ...gather(stores, namespace, name, flink, podLog, restAccess, jobs),
        ...(found === undefined ? {} : { routes: found }),
        ...remembered,
      };
      return decideFlinkDeployment({
        resource,
        facts,
        now: clock.now(),
        configure: configurations.of(resource),
      });
    },
    asDecidedOn: (found) => asFlinkDeployment(found),
    asStored: (status) => status,
    routes,
    forget(namespace, name) {
      configurations.forget(namespace, name);
      routes?.forget(namespace, name);
    },
  });
}
