/** The operator's process: reads its surroundings, puts the operator together, and ends it in order. */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { artifactSettings } from "../config/artifactSettings.ts";
import { leaderElectionSettings } from "../config/leaderElection.ts";
import { metricsPort } from "../config/metricsPort.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { watchedNamespaces } from "../config/watchedNamespaces.ts";
import { evaluateHealth, type Health } from "../controllers/health/health.ts";
import { serveHealth } from "../controllers/health/healthServer.ts";
import { serveMetrics } from "../controllers/metrics/metricsServer.ts";
import { createOperatorMetrics } from "../controllers/metrics/operatorMetrics.ts";
import { createOperator } from "../controllers/operator.ts";
import { createOperatorConfiguration } from "../controllers/operatorConfiguration.ts";
import { logFileNames } from "../core/build/config/flinkConfigMap.ts";
import { createArtifacts } from "../flink/artifacts/artifacts.ts";
import { basicAuthorization } from "../flink/basicAuthorization.ts";
import { createFlinkClient } from "../flink/client.ts";
import { loadAccess } from "../kube/access.ts";
import { createKubeClient } from "../kube/client.ts";
import { sleep, systemClock } from "../runtime/clock.ts";
import { createElector } from "../runtime/leaderElection/elector.ts";
import type { OtlpExporter } from "../telemetry/metrics/otlp.ts";
import { otlpSettings } from "../telemetry/metrics/otlpSettings.ts";
import { readProcessContext } from "./processContext.ts";

const { env } = process;
const { log, logLevel, folders, begin } = readProcessContext(env, "The operator");

/** What jobs log by, unless they say so themselves: the files that Flink's own client would find beside its configuration. */
function readLogFiles(directory: string | undefined): Record<string, string> {
  const present = logFileNames.filter((name) => directory !== undefined && existsSync(join(directory, name)));
  return Object.fromEntries(present.map((name) => [name, readFileSync(join(directory ?? "", name), "utf8")]));
}

const configuration = begin(() =>
  createOperatorConfiguration({ folders, clock: systemClock, log, logLevel }),
);
const election = begin(() => leaderElectionSettings(configuration.current()));
const identity = env.HOSTNAME ?? hostname();
const ownLabels = {
  host: identity,
  namespace: env.OPERATOR_NAMESPACE ?? "default",
  name: env.OPERATOR_NAME ?? "flink-kubernetes-operator",
};
const metrics = createOperatorMetrics(ownLabels, configuration.current());
const counted = env.REQUEST_LOG === "true";
const access = begin(loadAccess);
const kube = createKubeClient(access, {
  onRequest: (record) => {
    metrics.onRequest(record);
    if (counted) log.info({ ...record, type: record.type.kind }, "api request");
  },
});
const flink = createFlinkClient({
  secure: {
    stores: {
      truststorePath: env.OPERATOR_TRUSTSTORE_PATH,
      keystorePath: env.OPERATOR_KEYSTORE_PATH,
      password: env.OPERATOR_KEYSTORE_PASSWORD,
    },
    authorization: basicAuthorization(env.FLINK_REST_BASIC_AUTH_FILE),
  },
});

const contending = new AbortController();
const elector =
  election &&
  createElector({
    api: kube,
    namespace: env.OPERATOR_NAMESPACE ?? access.namespace,
    name: election.leaseName,
    identity,
    timing: election,
    clock: systemClock,
    monotonicNow: () => performance.now(),
    onLeading() {
      log.info({ lease: election.leaseName }, "This operator is the leader");
      operator.start();
    },
    onLost(why) {
      // Whoever leads next may begin in a few seconds: by then this process is gone.
      log.fatal({ why }, "This operator is not the leader any more; ending");
      process.exit(1);
    },
    onWaiting: (holder) => log.info({ holder }, "Another operator is the leader; standing by"),
    onError: (error) => log.warn({ error }, "The lease could not be asked for"),
  });

const isLeading = (): boolean => elector === undefined || elector.isLeading();

const artifacts = createArtifacts({
  settings: () => artifactSettings(configuration.current(), env),
  onCacheError: (error) => log.warn({ error }, "Jars with a checksum are not kept"),
});

let ending = false;
const operator = createOperator({
  artifacts,
  kube,
  flink,
  clock: systemClock,
  log,
  config: configuration.current,
  logFiles: readLogFiles(env.FLINK_CONF_DIR),
  namespaces: () => watchedNamespaces(configuration.current(), env.WATCH_NAMESPACES),
  // Outside a cluster pods cannot be reached, unless one says so: the reference then asks the same port of its own
  // host (REFERENCE 1.14).
  restAccess:
    env.FLINK_REST_ACCESS === "pod" || env.KUBERNETES_SERVICE_HOST !== undefined ? "pod" : "localhost",
  mayAct: () => !ending && isLeading(),
  onReconcile: metrics.onReconcile,
  onReconcilePart: metrics.onReconcilePart,
  onResource: metrics.onResource,
  onCall: metrics.onCall,
});
metrics.measure(operator.measured, isLeading);
configuration.follow(() => operator.reconfigured());

/** One that stands by is well. */
const health = (): Health =>
  isLeading() ? evaluateHealth(operator.health()) : { live: true, ready: true, problems: [] };

const healthPort = Number(env.HEALTH_PORT ?? configuration.current().get(operatorOptions.healthProbePort));
const probes = configuration.current().get(operatorOptions.healthProbe)
  ? serveHealth(healthPort, health, log)
  : undefined;
const metricsServer = serveMetrics(
  Number(env.METRICS_PORT ?? metricsPort(configuration.current())),
  metrics.registry,
  log,
);

/** OpenTelemetry costs nothing where nobody asks for it. */
async function exportMetrics(): Promise<OtlpExporter | undefined> {
  const settings = begin(() => otlpSettings(env, ownLabels));
  if (settings === undefined) return undefined;
  const { startOtlpExport } = await import("../telemetry/metrics/otlp.ts");
  return startOtlpExport(metrics.registry, settings, log);
}
const exporting = exportMetrics();

const contest = elector?.run(contending.signal);
if (elector === undefined) operator.start();

/** A collector that does not answer holds up no end. */
const lastExportMs = 1_000;

/** Passes that run come to their end, then another operator may lead. What takes too long is left as a crash would. */
async function end(signal: string): Promise<void> {
  log.info({ signal }, "ending");
  configuration.stop();
  const patience = configuration.current().get(operatorOptions.terminationTimeout);
  await Promise.race([operator.stop(), sleep(systemClock, patience)]);
  ending = true;
  contending.abort();
  await contest;
  await elector?.release();
  await Promise.race([exporting.then((exporter) => exporter?.stop()), sleep(systemClock, lastExportMs)]);
  probes?.close();
  metricsServer.close();
  await Promise.all([kube.close(), flink.close(), artifacts.close()]);
  process.exit(0);
}

process.once("SIGTERM", (signal) => void end(signal));
process.once("SIGINT", (signal) => void end(signal));
