import type { FlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { decideFlinkDeployment } from "../core/flinkdeployment/decide.ts";
import { specConfiguration } from "../core/flinkdeployment/specConfiguration.ts";
import { flinkDeploymentKind } from "../core/job/model/resourceKind.ts";
import { assume } from "../core/plan/assumedFacts.ts";
import type { Start } from "../core/plan/foresee.ts";
import { readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";

/** The start of a plan without facts: the cluster is healthy, as the status describes it. Throws for an unreadable status. */
export function assumedStart(operatorConfig: FlinkConfig, resource: FlinkDeployment): Start {
  const decide: Start["decide"] = (changed, facts, now) =>
    decideFlinkDeployment({
      resource: changed,
      facts,
      now,
      configure: (spec, deployed) =>
        specConfiguration({
          operatorConfig,
          resource: changed,
          deployed,
          observed: spec === changed.spec ? undefined : spec,
        }),
    });
  const deployed = readLastReconciledSpec(resource.status?.reconciliationStatus?.lastReconciledSpec);
  const { highAvailability } = specConfiguration({
    operatorConfig,
    resource,
    deployed,
    observed: deployed?.spec,
  }).settings;
  const start: Start = {
    kind: flinkDeploymentKind,
    resource,
    facts: {
      jobManager: undefined,
      jobManagerPods: [],
      taskManagerPods: [],
      haConfigMaps: [],
      snapshots: [],
      flink: undefined,
      restHost: undefined,
      podLog: undefined,
      ...(resource.spec.job === undefined ? { sessionJobs: [] } : {}),
    },
    now: Date.now(),
    decide,
    highAvailability,
  };
  return assume(start);
}
