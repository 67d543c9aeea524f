import type { ServerResponse } from "node:http";
import type { Clock } from "../../runtime/clock.ts";
import { whenOver } from "./exchange.ts";

/** Server-sent events to one client. A client that does not read is dropped: it comes back by itself, and is sent the present state. */
export interface EventStream {
  /** Resolves when the client has taken enough that more may be sent. False: it is gone. */
  send(name: string, data: unknown): Promise<boolean>;
  /** It does not read at the moment. */
  readonly isFull: boolean;
  readonly signal: AbortSignal;
  close(): void;
}

/** Proxies end a connection that is silent, most after a minute. */
const heartbeatMs = 20_000;
/** How long a client may take to read what is buffered. */
const stalledMs = 15_000;

/** `closing`: the server ends, and with it the stream. */
export function openEventStream(response: ServerResponse, clock: Clock, closing: AbortSignal): EventStream {
  const gone = new AbortController();
  const end = () => response.destroy();
  closing.addEventListener("abort", end, { once: true });
  whenOver({ response }, () => {
    closing.removeEventListener("abort", end);
    gone.abort();
  });
  if (!gone.signal.aborted) {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx would collect the events.
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
  }

  let draining: Promise<boolean> | undefined;
  function write(text: string): Promise<boolean> {
    if (gone.signal.aborted) return Promise.resolve(false);
    if (response.write(text) && draining === undefined) return Promise.resolve(true);
    draining ??= new Promise<boolean>((resolve) => {
      const finish = (isTaken: boolean) => {
        cancel();
        draining = undefined;
        resolve(isTaken);
      };
      const cancel = clock.after(stalledMs, () => response.destroy());
      response.once("drain", () => finish(true));
      gone.signal.addEventListener("abort", () => finish(false), { once: true });
    });
    return draining;
  }

  let stopHeartbeat: () => void = () => {};
  function beat(): void {
    if (gone.signal.aborted) return;
    stopHeartbeat = clock.after(heartbeatMs, () => {
      if (draining === undefined) void write(": \n\n");
      beat();
    });
  }
  beat();
  gone.signal.addEventListener("abort", () => stopHeartbeat(), { once: true });

  return {
    // JSON has no newline that would end the field.
    send: (name, data) => write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
    get isFull() {
      return draining !== undefined;
    },
    signal: gone.signal,
    close: () => response.end(),
  };
}
