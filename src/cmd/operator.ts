/** The operator's process: reads its surroundings, puts the operator together, and ends it in order. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { emptyConfig, type FlinkConfig, flinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { parseLegacyConfigFile, parseYamlConfigFile } from "../config/values/configFile.ts";
import { createOperator, type Operator } from "../controllers/operator.ts";
import { logFileNames } from "../core/build/flinkConfigMap.ts";
import { createFlinkClient } from "../flink/client.ts";
import { loadAccess } from "../kube/access.ts";
import { createKubeClient } from "../kube/client.ts";
import { systemClock } from "../runtime/clock.ts";
import { createLogger, type LogOptions } from "../telemetry/log.ts";

const { env } = process;
const log = createLogger({
  level: (env.LOG_LEVEL ?? "info") as NonNullable<LogOptions["level"]>,
  format: env.LOG_FORMAT === "text" ? "text" : "json",
});

/** config.yaml goes before flink-conf.yaml, as in Flink; where neither is there, the built-in defaults hold. */
function readConfig(directory: string | undefined): FlinkConfig {
  if (directory === undefined) return emptyConfig;
  const standard = join(directory, "config.yaml");
  if (existsSync(standard)) return flinkConfig(parseYamlConfigFile(readFileSync(standard, "utf8")));
  const legacy = join(directory, "flink-conf.yaml");
  return existsSync(legacy) ? flinkConfig(parseLegacyConfigFile(readFileSync(legacy, "utf8"))) : emptyConfig;
}

/** What jobs log by, unless they say so themselves: the files that Flink's own client would find beside its configuration. */
function readLogFiles(directory: string | undefined): Record<string, string> {
  const present = logFileNames.filter((name) => directory !== undefined && existsSync(join(directory, name)));
  return Object.fromEntries(present.map((name) => [name, readFileSync(join(directory ?? "", name), "utf8")]));
}

function namespacesOf(config: FlinkConfig): readonly string[] {
  const fromEnv = env.WATCH_NAMESPACES?.split(",").filter((name) => name !== "");
  const named = fromEnv?.length ? fromEnv : (config.get(operatorOptions.watchedNamespaces) ?? []);
  return named.filter((name) => name !== "JOSDK_ALL_NAMESPACES");
}

/** 200 once everything that is watched has been read, as the reference's probe on the same port (REFERENCE 1.25). */
function serveHealth(operator: Operator, port: number) {
  const server = createServer((_, response) => {
    response.writeHead(operator.synced ? 200 : 500).end(operator.synced ? "OK" : "ERROR");
  });
  return server.listen(port);
}

const config = readConfig(env.FLINK_CONF_DIR);
const counted = env.REQUEST_LOG === "true";
const kube = createKubeClient(loadAccess(), {
  onRequest: (record) => {
    if (counted) log.info({ ...record, type: record.type.kind }, "api request");
  },
});
const flink = createFlinkClient();
const operator = createOperator({
  kube,
  flink,
  clock: systemClock,
  log,
  config: () => config,
  logFiles: readLogFiles(env.FLINK_CONF_DIR),
  namespaces: namespacesOf(config),
  // Outside a cluster pods cannot be reached, unless one says so: the reference then asks the same port of its own
  // host (REFERENCE 1.14).
  restAccess:
    env.FLINK_REST_ACCESS === "pod" || env.KUBERNETES_SERVICE_HOST !== undefined ? "pod" : "localhost",
});
operator.start();
const health = serveHealth(operator, Number(env.HEALTH_PORT ?? 8085));

async function end(signal: string): Promise<void> {
  log.info({ signal }, "ending");
  health.close();
  await operator.stop();
  await Promise.all([kube.close(), flink.close()]);
  process.exit(0);
}

process.once("SIGTERM", (signal) => void end(signal));
process.once("SIGINT", (signal) => void end(signal));
