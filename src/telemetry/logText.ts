import type { DestinationStream } from "pino";

/** Formats pino's JSON lines for people: time, level, resource, message, other fields. */
export function textLines(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(textOf(line)) };
}

function textOf(line: string): string {
  const { time, level, msg, kind, namespace, name, err, ...fields } = JSON.parse(line);
  const resource = kind === undefined ? [] : [`[${kind} ${namespace}/${name}]`];
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const head = [time, String(level).toUpperCase().padEnd(5), ...resource, msg, ...pairs]
    .filter(Boolean)
    .join(" ");
  return err === undefined ? `${head}\n` : `${head}\n${err.stack ?? err.message ?? JSON.stringify(err)}\n`;
}
