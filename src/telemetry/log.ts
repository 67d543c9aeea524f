import { type DestinationStream, type Logger, pino } from "pino";
import { redactSecrets } from "../api/redact.ts";
import { loggable } from "./logFields.ts";
import { textLines } from "./logText.ts";

export type { Logger } from "pino";

export interface LogOptions {
  level?: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  format?: "json" | "text";
  /** The output. The default is standard output. */
  destination?: DestinationStream;
}

/** Creates the root logger. All logged values pass through `loggable`. */
export function createLogger({ level = "info", format = "json", destination }: LogOptions = {}): Logger {
  const output = destination ?? pino.destination({ fd: 1, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      // `loggable` has serialized errors already. pino's own serializer would add what it has removed.
      serializers: { err: (error) => error },
      formatters: {
        level: (label) => ({ level: label }),
        log(fields) {
          const safe = loggable(fields);
          return typeof safe === "string" ? { object: safe } : (safe as Record<string, unknown>);
        },
      },
      hooks: {
        logMethod([first, ...rest], method) {
          const safe = rest.map((argument) => loggable(argument));
          // pino would use the error's unredacted message as the message of the line.
          if (first instanceof Error)
            method.call(
              this,
              { err: first },
              ...((safe.length > 0 ? safe : [redactSecrets(first.message)]) as [string]),
            );
          else
            method.call(
              this,
              typeof first === "string" ? redactSecrets(first) : first,
              ...(safe as [string]),
            );
        },
      },
    },
    format === "json" ? output : textLines(output),
  );
}

/** A logger for one resource. */
export function resourceLogger(log: Logger, kind: string, namespace: string, name: string): Logger {
  return log.child({ kind, namespace, name });
}
