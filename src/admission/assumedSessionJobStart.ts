import type { FlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob, FlinkSessionJobSpec } from "../api/v1beta1/flinksessionjob.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import {
  createSessionJobConfigurations,
  sessionJobSettings,
} from "../controllers/flinksessionjob/configure.ts";
import { withClusterStatus } from "../controllers/flinksessionjob/gather.ts";
import { decideFlinkSessionJob } from "../core/flinksessionjob/decide.ts";
import { noFacts } from "../core/job/model/facts.ts";
import { flinkSessionJobKind } from "../core/job/model/resourceKind.ts";
import { assume } from "../core/plan/assumedFacts.ts";
import type { Start } from "../core/plan/foresee.ts";
import { readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";

/** In place of the jar that runs SQL scripts, which only the operator has. */
const ASSUMED_SQL_RUNNER = "";

/**
 * The start of a plan without facts, for a session job whose spec is valid, and whose session cluster was read: both are healthy, as
 * their statuses describe them. Throws for a status that cannot be read.
 */
export function assumedSessionJobStart(
  operatorConfig: FlinkConfig,
  resource: FlinkSessionJob,
  cluster: FlinkDeployment,
): Start {
  const configurations = createSessionJobConfigurations(() => operatorConfig, ASSUMED_SQL_RUNNER);
  const decide: Start["decide"] = (changed, facts, now, disruptionAllowed) =>
    decideFlinkSessionJob({
      resource: changed,
      facts,
      now,
      disruptionAllowed,
      configure: configurations.of(changed as FlinkSessionJob, cluster),
    });
  const deployed = readLastReconciledSpec(
    resource.status?.reconciliationStatus?.lastReconciledSpec,
    flinkSessionJobKind.spec,
  );
  const { highAvailability } = sessionJobSettings(
    operatorConfig,
    resource,
    cluster,
    deployed?.spec as FlinkSessionJobSpec | undefined,
  );
  return assume({
    kind: flinkSessionJobKind,
    resource: withClusterStatus(resource, cluster),
    facts: {
      ...noFacts,
      session: {
        name: cluster.metadata.name,
        kind: cluster.spec.job === undefined ? "session" : "application",
        deleting: cluster.metadata.deletionTimestamp !== undefined,
        mode: cluster.spec.mode === "standalone" ? "standalone" : "native",
        stays: true,
        replacement: undefined,
        recoversJob: undefined,
      },
    },
    now: Date.now(),
    decide,
    highAvailability,
  });
}
