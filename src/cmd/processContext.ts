import { createLogger, type Logger } from "../telemetry/log.ts";
import { type LogLevel, parseLogLevel } from "../telemetry/logLevel.ts";

/** What every long-running process of the image begins with. */
export interface ProcessContext {
  readonly log: Logger;
  readonly logLevel: LogLevel;
  /** Where the operator's configuration is mounted; the later ones go before. */
  readonly folders: readonly string[];
  /** Ends the process where it cannot begin; of a promise, where it rejects. */
  begin<Value>(start: () => Value): Value;
}

/** `name`: as a sentence about the process begins. */
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
    begin(start) {
      try {
        const begun = start();
        return begun instanceof Promise ? (begun.catch(fail) as typeof begun) : begun;
      } catch (error) {
        return fail(error);
      }
    },
  };
}
