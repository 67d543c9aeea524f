import { backoffMs } from "./backoff.ts";

export type StreamState = "connecting" | "live" | "lost";

/** The part of an EventSource that is used. */
export interface Source {
  addEventListener(name: string, listener: (event: { data: string }) => void): void;
  onopen: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  close(): void;
}

interface Options {
  readonly url: string;
  /** The names of events. */
  readonly names: readonly string[];
  onEvent(name: string, data: unknown): void;
  onState(state: StreamState): void;
  /** After each failure: the place to ask why. */
  onFailure?(): void;
  readonly open?: (url: string) => Source;
}

/**
 * Server-sent events that are opened again with backoff. An EventSource gives up for good after an answer that is no stream, such as
 * that of a proxy while the server restarts.
 */
export function eventStream({
  url,
  names,
  onEvent,
  onState,
  onFailure,
  open = (each) => new EventSource(each) as unknown as Source,
}: Options): () => void {
  let source: Source | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  const connect = (): void => {
    timer = undefined;
    onState(failures === 0 ? "connecting" : "lost");
    const opened = open(url);
    source = opened;
    opened.onopen = () => {
      failures = 0;
      onState("live");
    };
    opened.onerror = () => {
      opened.close();
      if (closed || source !== opened) return;
      source = undefined;
      failures += 1;
      onState("lost");
      onFailure?.();
      // The failure may have ended the stream.
      if (!closed) timer = setTimeout(connect, backoffMs(failures, Math.random()));
    };
    for (const name of names)
      opened.addEventListener(name, ({ data }) => {
        if (!closed && source === opened) onEvent(name, JSON.parse(data));
      });
  };

  connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };
}
