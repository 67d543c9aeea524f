import { acceptConfig } from "../config/acceptConfig.ts";
import { BuildError } from "../config/buildError.ts";
import { type FlinkConfig, flinkConfig } from "../config/flinkConfig.ts";
import { autoscalerOptions } from "../config/operatorOptions/autoscaler.ts";
import { standaloneAutoscalerOptions as options } from "../config/operatorOptions/standaloneAutoscaler.ts";
import { describeInvalidOption } from "../core/autoscaler/validate.ts";
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
    // The value is not repeated: it may be a secret.
    if (key === undefined || value === undefined)
      throw new UsageError(`the argument ${JSON.stringify(arg.slice(0, 60))} is not understood: ${usage}`);
    if (key === "config") configFile = value;
    else if (key.includes(".")) entries.set(key, value);
    else throw new UsageError(`there is no option --${key}: ${usage}`);
  }
  return { configFile, entries };
}

export interface ProcessOptions {
  /** All entries, which also apply to each job that does not set them itself. */
  readonly config: FlinkConfig;
  readonly flink: { readonly host: string; readonly port: number };
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
export function readProcessOptions(
  entries: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): ProcessOptions {
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

function validated(config: FlinkConfig, env: Readonly<Record<string, string | undefined>>): ProcessOptions {
  // Of jobs that do not say otherwise.
  const invalid = describeInvalidOption(config.with({ [autoscalerOptions.enabled.key]: "true" }));
  if (invalid !== undefined) throw new UsageError(invalid);
  const stateStore = config.get(options.stateStoreType);
  const eventHandler = config.get(options.eventHandlerType);
  const usesJdbc = stateStore === "JDBC" || eventHandler === "JDBC";
  return {
    config,
    flink: {
      host: hostOf(config.get(options.fetcherHost)),
      port: within(config, options.fetcherPort, 1, 65_535),
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

function databaseOf(config: FlinkConfig, env: Readonly<Record<string, string | undefined>>): Database {
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
