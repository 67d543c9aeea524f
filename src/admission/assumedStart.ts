import { formatJson } from "../api/exactJson.ts";
import type { FlinkDeployment, FlinkDeploymentSpec } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { decideFlinkDeployment } from "../core/flinkdeployment/decide.ts";
import { specConfiguration } from "../core/flinkdeployment/specConfiguration.ts";
import type { SpecConfiguration } from "../core/job/decide.ts";
import { noFacts } from "../core/job/model/facts.ts";
import { flinkDeploymentKind } from "../core/job/model/resourceKind.ts";
import { assume } from "../core/plan/assumedFacts.ts";
import type { Start } from "../core/plan/foresee.ts";
import { type LastReconciledSpec, readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";

/** A plan decides several times on the whole spec: that of a larger one would keep others waiting. In characters of JSON. */
export const MAX_PLANNED_LENGTH = 50_000;

export const isPlanned = ({ spec, status }: FlinkDeployment): boolean =>
  Math.max(formatJson(spec).length, status?.reconciliationStatus?.lastReconciledSpec?.length ?? 0) <=
  MAX_PLANNED_LENGTH;

/**
 * The start of a plan without facts, for a spec that is valid and can be built: the cluster is healthy, as the status describes
 * it. Throws for an unreadable status.
 */
export function assumedStart(operatorConfig: FlinkConfig, resource: FlinkDeployment): Start {
  const known = new Map<FlinkDeploymentSpec, SpecConfiguration>();
  const configure = (
    subject: FlinkDeployment,
    spec: FlinkDeploymentSpec,
    deployed: LastReconciledSpec | undefined,
  ): SpecConfiguration => {
    const before = known.get(spec);
    if (before !== undefined) return before;
    const configured = specConfiguration({
      operatorConfig,
      resource: subject,
      deployed,
      observed: spec === subject.spec ? undefined : spec,
      tried: () => undefined,
    });
    known.set(spec, configured);
    return configured;
  };
  const decide: Start["decide"] = (changed, facts, now, disruptionAllowed) =>
    decideFlinkDeployment({
      resource: changed,
      facts,
      now,
      disruptionAllowed,
      configure: (spec, deployed) => configure(changed, spec, deployed),
    });
  const deployed = readLastReconciledSpec(resource.status?.reconciliationStatus?.lastReconciledSpec);
  const { highAvailability } = configure(resource, deployed?.spec ?? resource.spec, deployed).settings;
  const start: Start = {
    kind: flinkDeploymentKind,
    resource,
    facts: { ...noFacts, ...(resource.spec.job === undefined ? { sessionJobs: [] } : {}) },
    now: Date.now(),
    decide,
    highAvailability,
  };
  return assume(start);
}
