/** The process of the operator: reads its environment, wires the operator, and shuts it down gracefully. */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
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
import { createPassRecorder } from "../controllers/recording/passRecorder.ts";
import { withFiles } from "../controllers/recording/recordingFiles.ts";
import { serveRecordings } from "../controllers/recording/recordingServer.ts";
import { createShardNamespaces } from "../controllers/shardNamespaces.ts";
import { logFileNames } from "../core/build/config/flinkConfigMap.ts";
import { createArtifacts } from "../flink/artifacts/artifacts.ts";
import { basicAuthorization } from "../flink/basicAuthorization.ts";
import { createFlinkClient } from "../flink/client.ts";
import { ownStores } from "../flink/tls.ts";
import { loadAccess } from "../kube/access.ts";
import { createKubeClient } from "../kube/client.ts";
import { sleep, systemClock } from "../runtime/clock.ts";
import { createShardElector } from "../runtime/leaderElection/shardElector.ts";
import { sampleEventLoopDelay } from "../telemetry/eventLoopDelay.ts";
import type { OtlpExporter } from "../telemetry/metrics/otlp.ts";
import { otlpSettings } from "../telemetry/metrics/otlpSettings.ts";
import { readProcessContext } from "./processContext.ts";
import { readGate, readSqlRunner } from "./sqlRunner.ts";

const { env } = process;
const { log, logLevel, folders, defaults, orExit } = readProcessContext(env, "The operator");

/** The default logging configuration of jobs: the files that Flink's own client finds next to its configuration. */
function readLogFiles(directory: string | undefined): Record<string, string> {
  const present = logFileNames.filter((name) => directory !== undefined && existsSync(join(directory, name)));
  return Object.fromEntries(present.map((name) => [name, readFileSync(join(directory ?? "", name), "utf8")]));
}

const configuration = orExit(() =>
  createOperatorConfiguration({ folders, clock: systemClock, log, logLevel, defaults }),
);
const election = orExit(() => leaderElectionSettings(configuration.current()));
const identity = env.HOSTNAME ?? hostname();
const ownLabels = {
  host: identity,
  namespace: env.OPERATOR_NAMESPACE ?? "default",
  name: env.OPERATOR_NAME ?? "flink-kubernetes-operator",
};
const metrics = createOperatorMetrics(ownLabels, configuration.current());
const logRequests = env.REQUEST_LOG === "true";
const access = orExit(loadAccess);
const kube = createKubeClient(access, {
  onRequest: (record) => {
    metrics.onRequest(record);
    if (logRequests) log.info({ ...record, type: record.type.kind }, "api request");
  },
});
const flink = createFlinkClient({
  secure: {
    stores: ownStores(env),
    authorization: basicAuthorization(env.FLINK_REST_BASIC_AUTH_FILE),
  },
});

const shards = election?.shards ?? 1;
/** With one shard nothing is filtered. */
const shardNamespaces = shards === 1 ? undefined : createShardNamespaces(shards);

const electionAbort = new AbortController();
const elector =
  election &&
  createShardElector({
    api: kube,
    namespace: env.OPERATOR_NAMESPACE ?? access.namespace,
    name: election.leaseName,
    shards,
    identity,
    timing: election,
    clock: systemClock,
    monotonicNow: () => performance.now(),
    onLeading(shard) {
      const fields = { lease: election.leaseName, ...(shards === 1 ? {} : { shard, shards }) };
      log.info(fields, "This operator is the leader");
      shardNamespaces?.begin(shard);
      operator.start();
    },
    onLost(why) {
      // The next leader may start in a few seconds. This process has ended by then.
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

const logFiles = readLogFiles(env.FLINK_CONF_DIR);
const sqlRunner = readSqlRunner(env);
const passes = withFiles({
  passes: createPassRecorder({
    maxBytes: () => Number(configuration.current().get(operatorOptions.recordingSize)),
    config: configuration.current,
    logFiles,
    sqlRunner,
    operatorVersion: packageJson.version,
  }),
  directory: () => configuration.current().get(operatorOptions.recordingDirectory),
  clock: systemClock,
  log,
});

let ending = false;
const operator = createOperator({
  artifacts,
  kube,
  flink,
  clock: systemClock,
  log,
  config: configuration.current,
  logFiles,
  sqlRunner,
  gate: readGate(env),
  passes,
  namespaces: () => watchedNamespaces(configuration.current(), env.WATCH_NAMESPACES),
  // Outside a cluster pods are not reachable, unless FLINK_REST_ACCESS says so. The reference then uses the same port of
  // its own host (REFERENCE 1.14).
  restAccess:
    env.FLINK_REST_ACCESS === "pod" || env.KUBERNETES_SERVICE_HOST !== undefined ? "pod" : "localhost",
  ...(shardNamespaces && { owns: shardNamespaces.owns }),
  mayAct: () => !ending && isLeading(),
  onReconcile: metrics.onReconcile,
  onReconcilePart: metrics.onReconcilePart,
  onResource: metrics.onResource,
  onCall: metrics.onCall,
});
metrics.measure(operator.measured, { shards, shard: () => (elector === undefined ? 0 : elector.shard) });
configuration.follow(() => {
  passes.trim();
  operator.reconfigured();
});
sampleEventLoopDelay(metrics.onEventLoopDelay);

/** A standby operator is healthy. */
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

const recordings = serveRecordings(
  Number(env.RECORDING_PORT ?? configuration.current().get(operatorOptions.recordingPort)),
  passes,
  log,
);

/** OpenTelemetry is loaded only if it is configured. */
async function exportMetrics(): Promise<OtlpExporter | undefined> {
  const settings = orExit(() => otlpSettings(env, ownLabels));
  if (settings === undefined) return undefined;
  const { startOtlpExport } = await import("../telemetry/metrics/otlp.ts");
  return startOtlpExport(metrics.registry, settings, log);
}
const exporting = exportMetrics();

const electionDone = elector?.run(electionAbort.signal);
if (elector === undefined) operator.start();

/** A collector that does not respond must not delay the shutdown. */
const lastExportMs = 1_000;

/** Waits for the running reconciles, then releases the lease. After the timeout they are interrupted, as by a crash. */
async function end(signal: string): Promise<void> {
  log.info({ signal }, "ending");
  configuration.stop();
  const timeoutMs = configuration.current().get(operatorOptions.terminationTimeout);
  await Promise.race([operator.stop(), sleep(systemClock, timeoutMs)]);
  ending = true;
  electionAbort.abort();
  await electionDone;
  await elector?.release();
  await Promise.race([exporting.then((exporter) => exporter?.stop()), sleep(systemClock, lastExportMs)]);
  probes?.close();
  metricsServer.close();
  recordings?.close();
  await Promise.all([kube.close(), flink.close(), artifacts.close()]);
  process.exit(0);
}

process.once("SIGTERM", (signal) => void end(signal));
process.once("SIGINT", (signal) => void end(signal));
