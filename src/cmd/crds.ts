/** Upgrades the CustomResourceDefinitions of a cluster. The chart runs this before each upgrade. */
import { kinds } from "../api/v1beta1/kinds.ts";
import { CrdRefused, upgradeCrds } from "../controllers/crds/upgrade.ts";
import { loadAccess } from "../kube/access.ts";
import { createKubeClient } from "../kube/client.ts";
import { systemClock } from "../runtime/clock.ts";
import { createLogger } from "../telemetry/log.ts";

const log = createLogger({ level: "info", format: "text" });

try {
  const kube = createKubeClient(loadAccess());
  await upgradeCrds({
    kube,
    clock: systemClock,
    kinds,
    onApplied: (name) => log.info(`${name} is up to date`),
  });
  await kube.close();
} catch (error) {
  const refused = error instanceof CrdRefused;
  if (refused) log.fatal(error.message);
  else log.fatal({ error }, "The CustomResourceDefinitions could not be brought up to date");
  // The chart's Job retries transient errors, but not a refusal.
  process.exitCode = refused ? 2 : 1;
}
