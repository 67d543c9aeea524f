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

/** The operator's own logging configuration, under the file name of the Java operator. */
const logFileName = "log4j-operator.properties";

export interface ConfigurationOptions {
  /** The folders of the files. Later folders take precedence. */
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** The log level if the files set none. */
  readonly logLevel: LogLevel;
  /** Values of options that the files do not set. */
  readonly defaults?: Readonly<Record<string, string>>;
}

export interface OperatorConfiguration {
  /** The current configuration. The same object until it changes. */
  current(): FlinkConfig;
  /** Reads the files again when they change, if the configuration allows it. */
  follow(onChange: (config: FlinkConfig) => void): void;
  stop(): void;
}

/** With a wrong value here, a process would manage the wrong resources, or act at the same time as another operator. */
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

  /** Returns false if nothing has changed. */
  function read(): boolean {
    const files = folders.map((folder) => readFolder(folder, [...configFileNames, logFileName]));
    const level = files.map((each) => log4jRootLevel(each.get(logFileName) ?? "")).findLast(Boolean);
    log.level = level ?? options.logLevel;
    const entries = readConfigFiles(files);
    if (entries === undefined && config !== undefined) {
      throw new ValueError(`there is none of ${configFileNames.join(", ")} any more`);
    }
    const defaults = Object.entries(options.defaults ?? {});
    const next = accept(new Map([...defaults, ...(entries ?? [])]));
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
        pollIntervalMs: () => current().get(operatorOptions.dynamicConfigInterval),
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

/** In the format of a Java map, since tools search the log for this line. Secrets are masked. */
const describe = ({ entries }: FlinkConfig): string =>
  `{${[...entries].map(([key, value]) => `${key}=${isSecretKey(key) ? mask : value}`).join(", ")}}`;
