import type { DestinationStream } from "pino";

/**
 * Turns pino's JSON lines into lines for people and for scripts made for the Java operator: time, kind, level, resource,
 * message, the other fields. Level and resource are as in its log: "[INFO ][default/job] message" (REFERENCE 5.1).
 */
export function textLines(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(textOf(line)) };
}

function textOf(line: string): string {
  const { time, level, msg, kind, namespace, name, err, ...fields } = JSON.parse(line);
  const resource = kind === undefined ? "" : `[${namespace}/${name}]`;
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const head = [time, kind, `[${String(level).toUpperCase().padEnd(5)}]${resource}`, msg, ...pairs]
    .filter(Boolean)
    .join(" ");
  return err === undefined ? `${head}\n` : `${head}\n${err.stack ?? err.message ?? JSON.stringify(err)}\n`;
}
