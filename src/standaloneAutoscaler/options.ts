import type { RestEndpoint } from "../api/flinkFacts.ts";
import { acceptConfig } from "../config/acceptConfig.ts";
import { BuildError } from "../config/buildError.ts";
import { type FlinkConfig, flinkConfig } from "../config/flinkConfig.ts";
import { flinkOptions } from "../config/flinkOptions.ts";
import { metricsPort } from "../config/metricsPort.ts";
import { autoscalerOptions } from "../config/operatorOptions/autoscaler.ts";
import { standaloneAutoscalerOptions as options } from "../config/operatorOptions/standaloneAutoscaler.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { restTls } from "../config/restTls.ts";
import { pluginOption } from "../core/autoscaler/standalone/decideJob.ts";
import { describeInvalidOption } from "../core/autoscaler/validate.ts";
import type { SecureOptions } from "../flink/secureAgents.ts";
import { ownStores } from "../flink/tls.ts";
import { type Database, parseJdbcUrl } from "./jdbc/jdbcUrl.ts";

/** The arguments or the configuration are wrong: one sentence that names the option. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Arguments {
  /** Undefined: none is given. */
  readonly configFile: string | undefined;
  readonly entries: ReadonlyMap<string, string>;
}

const usage = "use --config FILE or --key=value";

/** `--config FILE`, and `--key=value` for any option. The last one of a key counts. Throws UsageError. */
export function readArguments(args: readonly string[]): Arguments {
  const entries = new Map<string, string>();
  let configFile: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--config") {
      configFile = args[++index];
      if (configFile === undefined) throw new UsageError("--config needs the path of a file");
      continue;
    }
    const [, key, value] = /^--([^=\s]+)=(.*)$/s.exec(arg) ?? [];
    // No more than a name of it is repeated: the rest may be a secret.
    if (key === undefined || value === undefined)
      throw new UsageError(`the argument "${/^[\w.-]{0,60}/.exec(arg)?.[0]}" is not understood: ${usage}`);
    if (key === "config") configFile = value;
    else if (key.includes(".")) entries.set(key, value);
    else throw new UsageError(`there is no option --${key}: ${usage}`);
  }
  return { configFile, entries };
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProcessOptions {
  /** All entries, which also apply to each job that does not set them itself. */
  readonly config: FlinkConfig;
  readonly flink: RestEndpoint;
  readonly secure: Pick<SecureOptions, "stores"> & { readonly authorizationFile: string | undefined };
  readonly ports: { readonly health: number; readonly metrics: number };
  readonly intervalMs: number;
  readonly parallelism: number;
  readonly requestMs: number;
  readonly stateStore: "MEMORY" | "JDBC";
  readonly eventHandler: "LOGGING" | "JDBC";
  readonly eventTtlMs: number;
  /** Undefined: none is needed. */
  readonly database: Database | undefined;
}

/** Throws UsageError for a key or a value that is wrong. */
export function readProcessOptions(entries: ReadonlyMap<string, string>, env: Environment): ProcessOptions {
  const { refused, unknown } = acceptConfig(entries, undefined);
  const [wrong] = refused;
  if (wrong !== undefined) throw new UsageError(wrong.message);
  const known = new Set<string>(Object.values(options).map(({ key }) => key));
  const stranger =
    [...entries.keys()].find((key) => key.startsWith("autoscaler.standalone.") && !known.has(key)) ??
    unknown[0];
  if (stranger !== undefined)
    throw new UsageError(`there is no option ${stranger} (docs/reference/configuration.md lists all)`);
  const config = flinkConfig(entries);
  try {
    return validated(config, env);
  } catch (error) {
    if (error instanceof BuildError) throw new UsageError(error.message);
    throw error;
  }
}

function validated(config: FlinkConfig, env: Environment): ProcessOptions {
  // Of jobs that do not say otherwise.
  const invalid = describeInvalidOption(config.with({ [autoscalerOptions.enabled.key]: "true" }));
  if (invalid !== undefined) throw new UsageError(invalid);
  const stateStore = config.get(options.stateStoreType);
  const eventHandler = config.get(options.eventHandlerType);
  const usesJdbc = stateStore === "JDBC" || eventHandler === "JDBC";
  const plugin = pluginOption(config);
  if (plugin !== undefined)
    throw new UsageError(
      `${plugin} names a plugin of the Java autoscaler, and no Java classes run here: remove it; a CEL expression can take its place (docs/autoscaler.md)`,
    );
  const tls = restTls(config);
  const authorizationFile = env.FLINK_REST_BASIC_AUTH_FILE || undefined;
  if (authorizationFile !== undefined && tls === undefined)
    throw new UsageError(
      `FLINK_REST_BASIC_AUTH_FILE needs ${flinkOptions.restTls.key}: true: a password is not sent without TLS`,
    );
  return {
    config,
    flink: {
      host: hostOf(config.get(options.fetcherHost)),
      port: within(config, options.fetcherPort, 1, 65_535),
      tls,
    },
    secure: { stores: ownStores(env), authorizationFile },
    ports: {
      health: portOf(env, "HEALTH_PORT", config.get(operatorOptions.healthProbePort)),
      metrics: portOf(env, "METRICS_PORT", metricsPort(config)),
    },
    intervalMs: within(config, options.controlLoopInterval, 1, maxTimerMs),
    parallelism: within(config, options.controlLoopParallelism, 1, 10_000),
    requestMs: within(config, autoscalerOptions.flinkRestClientTimeout, 1, maxTimerMs),
    stateStore,
    eventHandler,
    eventTtlMs: config.get(options.jdbcEventTtl),
    database: usesJdbc ? databaseOf(config, env) : undefined,
  };
}

/** The longest timer of Node in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

function hostOf(host: string): string {
  if (/^[\w.-]+$|^\[?[0-9a-fA-F:.]+\]?$/.test(host)) return host;
  throw new UsageError(
    `${options.fetcherHost.key}: "${host}" is no host name or address; the port is ${options.fetcherPort.key}`,
  );
}

function portOf(env: Environment, variable: string, configured: number): number {
  const port = Number(env[variable] || configured);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`${variable} must be a port from 0 to 65535`);
}

function within(
  config: FlinkConfig,
  option: Parameters<typeof config.get<number>>[0],
  min: number,
  max: number,
): number {
  const value = config.get(option);
  if (value >= min && value <= max) return value;
  throw new UsageError(`${option.key} must be from ${min} to ${max}, not ${value}`);
}

function databaseOf(config: FlinkConfig, env: Environment): Database {
  const url = config.get(options.jdbcUrl);
  if (url === undefined)
    throw new UsageError(
      `${options.jdbcUrl.key} is needed for a state store or an event handler of type JDBC`,
    );
  const parsed = parseJdbcUrl(url);
  if ("problem" in parsed) throw new UsageError(`${options.jdbcUrl.key}: ${parsed.problem}`);
  const user = config.get(options.jdbcUsername) ?? parsed.user;
  const password = env[config.get(options.jdbcPasswordVariable)];
  return {
    ...parsed,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
}
