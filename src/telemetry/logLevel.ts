import type { LogOptions } from "./log.ts";

export type LogLevel = NonNullable<LogOptions["level"]>;

const levels: Readonly<Record<string, LogLevel>> = {
  ALL: "trace",
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  ERROR: "error",
  FATAL: "fatal",
  OFF: "silent",
};

export const parseLogLevel = (text: string): LogLevel | undefined => levels[text.trim().toUpperCase()];

/**
 * The root level in a log4j2 properties file, as users of the Java operator set it in log4j-operator.properties. The last
 * definition wins, since the chart appends the user's lines to its own.
 */
export function log4jRootLevel(properties: string): LogLevel | undefined {
  const values = [...properties.matchAll(/^[ \t]*rootLogger\.level[ \t]*[=:][ \t]*(\w+)/gm)];
  const last = values.at(-1)?.[1];
  return last === undefined ? undefined : parseLogLevel(last);
}
