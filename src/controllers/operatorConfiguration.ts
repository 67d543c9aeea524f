import { isSecretKey, mask } from "../api/redact.ts";
import { acceptConfig } from "../config/acceptConfig.ts";
import { configFileNames, readConfigFiles } from "../config/configFiles.ts";
import { emptyConfig, type FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { ValueError } from "../config/values/valueError.ts";
import type { Clock } from "../runtime/clock.ts";
import { readFolder, watchFolders } from "../runtime/folder.ts";
import type { Logger } from "../telemetry/log.ts";
import { type LogLevel, log4jRootLevel } from "../telemetry/logLevel.ts";

/** The operator's own logging configuration, as users of the Java operator have it. */
const logFileName = "log4j-operator.properties";

export interface ConfigurationOptions {
  /** Where the files are; later ones go before earlier ones. */
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** The level to log at where the files say none. */
  readonly logLevel: LogLevel;
}

export interface OperatorConfiguration {
  /** As it is now. Another object only where it has changed. */
  current(): FlinkConfig;
  /** Reads the files again whenever they change, where the configuration allows it. */
  follow(onChange: (config: FlinkConfig) => void): void;
  stop(): void;
}

/** A process that started with these wrong would look after the wrong resources, or beside another operator. */
const neededAtStart = [
  operatorOptions.leaderElection,
  operatorOptions.leaseName,
  operatorOptions.leaseDuration,
  operatorOptions.leaseRenewDeadline,
  operatorOptions.leaseRetryPeriod,
  operatorOptions.watchedNamespaces,
  operatorOptions.labelSelector,
].flatMap((option) => [option.key, ...option.deprecatedKeys]);

/** The operator's own configuration, from files that may change at any time. Throws ValueError at the start only. */
export function createOperatorConfiguration(options: ConfigurationOptions): OperatorConfiguration {
  const { folders, clock, log } = options;
  let config: FlinkConfig | undefined;
  let stop: () => void = () => {};

  function accept(read: Map<string, string>): FlinkConfig {
    const accepted = acceptConfig(read, config);
    const fatal = accepted.refused.find(({ key }) => config === undefined && neededAtStart.includes(key));
    if (fatal !== undefined) throw new ValueError(fatal.message);
    for (const { key, message } of accepted.refused)
      log.error({ option: key }, `Refused ${message}; the last good value stays`);
    for (const key of accepted.unknown) log.warn({ option: key }, `There is no option ${key}`);
    return accepted.config;
  }

  /** False where nothing is different, or nothing could be read. */
  function read(): boolean {
    const files = folders.map((folder) => readFolder(folder, [...configFileNames, logFileName]));
    const level = files.map((each) => log4jRootLevel(each.get(logFileName) ?? "")).findLast(Boolean);
    log.level = level ?? options.logLevel;
    const entries = readConfigFiles(files);
    if (entries === undefined && config !== undefined) {
      throw new ValueError(`there is none of ${configFileNames.join(", ")} any more`);
    }
    const next = entries === undefined ? emptyConfig : accept(entries);
    if (config !== undefined && sameEntries(config, next)) return false;
    config = next;
    log.info(`Setting default configuration to ${describe(next)}`);
    return true;
  }

  read();
  const current = (): FlinkConfig => config ?? emptyConfig;

  return {
    current,
    follow(onChange) {
      if (!current().get(operatorOptions.dynamicConfig)) return;
      stop = watchFolders({
        folders,
        clock,
        everyMs: () => current().get(operatorOptions.dynamicConfigInterval),
        onChange() {
          try {
            if (read()) onChange(current());
          } catch (error) {
            log.error({ error }, "The configuration could not be read; the last good one stays");
          }
        },
      });
    },
    stop: () => stop(),
  };
}

const sameEntries = ({ entries: a }: FlinkConfig, { entries: b }: FlinkConfig): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);

/** As Java writes a map, since tools look for this line in the log; without secrets. */
const describe = ({ entries }: FlinkConfig): string =>
  `{${[...entries].map(([key, value]) => `${key}=${isSecretKey(key) ? mask : value}`).join(", ")}}`;
