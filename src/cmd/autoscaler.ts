/** The process of the autoscaler without Kubernetes: reads its options, wires the loop, and shuts it down gracefully. */
import { hostname } from "node:os";
import { operatorOptions } from "../config/operatorOptions.ts";
import { serveHealth } from "../controllers/health/healthServer.ts";
import { measureAutoscaler } from "../controllers/metrics/autoscalerMetrics.ts";
import { serveMetrics } from "../controllers/metrics/metricsServer.ts";
import { basicAuthorization } from "../flink/basicAuthorization.ts";
import { createFlinkClient } from "../flink/client.ts";
import { tlsOptions } from "../flink/tls.ts";
import { sleep, systemClock } from "../runtime/clock.ts";
import { createLoggingHandler, type EventHandler } from "../standaloneAutoscaler/eventHandler.ts";
import type { Connections } from "../standaloneAutoscaler/jdbc/database.ts";
import { createLoop } from "../standaloneAutoscaler/loop.ts";
import {
  type ProcessOptions,
  readArguments,
  readProcessOptions,
  UsageError,
} from "../standaloneAutoscaler/options.ts";
import { createMemoryStore, type StateStore } from "../standaloneAutoscaler/stateStore.ts";
import { createRegistry } from "../telemetry/metrics/registry.ts";
import { readTextFile } from "./inputFiles.ts";
import { parseOperatorConfig } from "./operatorConfigFile.ts";
import { readProcessContext } from "./processContext.ts";

const { env } = process;
const { log } = readProcessContext(env, "The autoscaler");

/** 2: the arguments or the configuration are wrong. 1: something that it needs does not work. */
function fail(error: unknown): never {
  console.error(`autoscaler: ${(error as Error).message}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

function readOptions(): ProcessOptions {
  const { configFile, entries } = readArguments(process.argv.slice(3));
  return readProcessOptions(new Map([...(configFile ? readConfigFile(configFile) : []), ...entries]), env);
}

function readConfigFile(path: string): ReadonlyMap<string, string> {
  try {
    const read = parseOperatorConfig(readTextFile(path));
    if (typeof read !== "string") return read.entries;
    throw new UsageError(read);
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

let options: ProcessOptions;
try {
  options = readOptions();
} catch (error) {
  fail(error);
}

/** What cannot be used is said at once, and not by each request. */
async function checkTls({
  flink: { tls },
  secure: { stores, authorizationFile },
}: ProcessOptions): Promise<void> {
  try {
    if (tls !== undefined) await tlsOptions(tls, stores);
    if (authorizationFile !== undefined) readTextFile(authorizationFile);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

interface Stores {
  readonly store: StateStore;
  readonly events: EventHandler;
  readonly database?: Connections;
}

/** The driver of the database is loaded only if there is one. */
async function connectStores({ database: target, ...options }: ProcessOptions): Promise<Stores> {
  const logging = createLoggingHandler(log);
  if (target === undefined) return { store: createMemoryStore(), events: logging };
  const [{ connect }, { eventTable, prepareTable, stateTable }, { createJdbcStore }, { createJdbcEvents }] =
    await Promise.all([
      import("../standaloneAutoscaler/jdbc/database.ts"),
      import("../standaloneAutoscaler/jdbc/schema.ts"),
      import("../standaloneAutoscaler/jdbc/jdbcStore.ts"),
      import("../standaloneAutoscaler/jdbc/jdbcEvents.ts"),
    ]);
  const warn = (problem: unknown) => log.warn({ problem }, "The database");
  const database = connect(target, warn);
  const [storesState, storesEvents] = [options.stateStore === "JDBC", options.eventHandler === "JDBC"];
  if (storesState) await prepareTable(database, stateTable);
  if (storesEvents) await prepareTable(database, eventTable);
  const how = {
    clock: systemClock,
    ttlMs: options.eventTtlMs,
    onError: (error: unknown) => warn((error as Error).message),
  };
  return {
    store: storesState ? createJdbcStore(database, systemClock) : createMemoryStore(),
    events: storesEvents ? createJdbcEvents(database, how) : logging,
    database,
  };
}

const { config, flink: at, parallelism, intervalMs } = options;
await checkTls(options).catch(fail);
const { store, events, database } = await connectStores(options).catch(fail);

const rest = createFlinkClient({
  deadlineMs: options.requestMs,
  // The time of a request includes that for which it waits for a connection.
  connectionsPerJobManager: parallelism,
  secure: {
    ...options.secure,
    authorization: basicAuthorization(options.secure.authorizationFile),
  },
});
const stopping = new AbortController();
const loop = createLoop({
  rest,
  at,
  config,
  store,
  events,
  clock: systemClock,
  log,
  signal: stopping.signal,
  intervalMs,
  parallelism,
});

const registry = createRegistry({ host: env.HOSTNAME ?? hostname() });
measureAutoscaler(registry, loop.measured);
const health = config.get(operatorOptions.healthProbe)
  ? serveHealth(options.ports.health, loop.health, log)
  : undefined;
const metrics = serveMetrics(options.ports.metrics, registry, log);

log.info(
  { flink: `${at.host}:${at.port}`, intervalMs, stateStore: options.stateStore },
  "The autoscaler begins",
);
const running = loop.run();

/** How long what is under way may take to end, in milliseconds. */
const endMs = 10_000;

async function end(signal: string): Promise<void> {
  log.info({ signal }, "ending");
  stopping.abort();
  await Promise.race([running, sleep(systemClock, endMs)]);
  events.close();
  health?.close();
  metrics.close();
  await Promise.race([Promise.all([rest.close(), database?.close()]), sleep(systemClock, endMs)]);
  process.exit(0);
}

process.once("SIGTERM", (signal) => void end(signal));
process.once("SIGINT", (signal) => void end(signal));
