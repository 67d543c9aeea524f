import { operatorOptions } from "../config/operatorOptions.ts";
import { createLogger, type Logger } from "../telemetry/log.ts";
import { type LogLevel, parseLogLevel } from "../telemetry/logLevel.ts";

/** The common start of every long-running process of the image. */
export interface ProcessContext {
  readonly log: Logger;
  readonly logLevel: LogLevel;
  /** The folders of the operator's configuration. Later folders take precedence. */
  readonly folders: readonly string[];
  /** Options whose default the pod of the process names. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Returns the result of `start`. Exits the process if it throws or rejects. */
  orExit<Value>(start: () => Value): Value;
}

/** `name`: the subject of a sentence about the process, for its messages. */
export function readProcessContext(env: NodeJS.ProcessEnv, name: string): ProcessContext {
  const logLevel = parseLogLevel(env.LOG_LEVEL ?? "") ?? "info";
  const log = createLogger({ level: logLevel, format: env.LOG_FORMAT === "json" ? "json" : "text" });
  function fail(error: unknown): never {
    log.fatal({ error }, `${name} cannot start`);
    process.exit(1);
  }
  return {
    log,
    logLevel,
    folders: [env.FLINK_CONF_DIR, env.CONF_OVERRIDE_DIR].filter((folder) => folder !== undefined),
    defaults: env.OPERATOR_IMAGE ? { [operatorOptions.jarFetcherImage.key]: env.OPERATOR_IMAGE } : {},
    orExit(start) {
      try {
        const begun = start();
        return begun instanceof Promise ? (begun.catch(fail) as typeof begun) : begun;
      } catch (error) {
        return fail(error);
      }
    },
  };
}
