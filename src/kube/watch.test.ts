import type { ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { type HttpServer, refuse, serve } from "../../test/support/httpServer.ts";
import { resourceTypes } from "../api/kubernetes.ts";
import type { WatchEvent, WatchOptions } from "./api.ts";
import { createKubeClient, type KubeClient } from "./client.ts";
import type { KubeError } from "./errors.ts";

const { configMap } = resourceTypes;
let server: HttpServer;
let client: KubeClient;
afterEach(() => Promise.all([client.close(), server.close()]));

async function connect(answer: (response: ServerResponse) => unknown, watchSilenceMs = 5_000): Promise<void> {
  server = await serve((_, response) => void answer(response));
  client = createKubeClient({ server: server.url, namespace: "default" }, { watchSilenceMs });
}

async function read(
  options: WatchOptions = {},
  signal = new AbortController().signal,
): Promise<{ events: WatchEvent[]; error?: KubeError }> {
  const events: WatchEvent[] = [];
  try {
    for await (const event of client.watch(configMap, options, signal)) events.push(event);
  } catch (error) {
    return { events, error: error as KubeError };
  }
  return { events };
}

const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
const added = line("ADDED", { kind: "ConfigMap", metadata: { name: "größe🚀", resourceVersion: "3" } });

test("requests bookmarks, and the current state if the options say so", async () => {
  await connect((response) => response.end());
  await read({ namespace: "ns", sendInitialEvents: true, timeoutSeconds: 290, labelSelector: "a=b" });
  await read({ resourceVersion: "7" });
  expect(server.received.map((request) => `${request.path}?${request.query}`)).toEqual([
    "/api/v1/namespaces/ns/configmaps?watch=1&allowWatchBookmarks=true&labelSelector=a%3Db&timeoutSeconds=290" +
      "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    "/api/v1/configmaps?watch=1&allowWatchBookmarks=true&resourceVersion=7",
  ]);
});

test("reads events and bookmarks, sent byte by byte, until the normal end", async () => {
  const end = { metadata: { resourceVersion: "8", annotations: { "k8s.io/initial-events-end": "true" } } };
  const bytes = Buffer.from(
    added + line("BOOKMARK", end) + line("BOOKMARK", { metadata: { resourceVersion: "9" } }),
  );
  await connect(async (response) => {
    for (const byte of bytes) {
      response.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    response.end();
  });
  expect(await read()).toEqual({
    events: [
      { type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "größe🚀", resourceVersion: "3" } } },
      { type: "BOOKMARK", resourceVersion: "8", initialEventsEnd: true },
      { type: "BOOKMARK", resourceVersion: "9", initialEventsEnd: false },
    ],
  });
});

test.each<[string, (response: ServerResponse) => unknown, Partial<KubeError>, number]>([
  [
    "an expired resourceVersion as an ERROR event",
    (response) =>
      response.end(
        added +
          line("ERROR", { kind: "Status", metadata: {}, code: 410, reason: "Expired", message: "too old" }),
      ),
    { status: 410, reason: "Expired" },
    1,
  ],
  ["an expired resourceVersion as a status", (r) => refuse(r, 410, "Expired"), { status: 410 }, 0],
  ["a server that has too much to do", (r) => refuse(r, 429, "TooManyRequests"), { status: 429 }, 0],
  ["a last line cut off", (r) => r.end(added + added.slice(0, 30)), { status: 0, reason: "Truncated" }, 1],
  [
    "a connection cut off",
    (response) => response.write(added, () => response.destroy()),
    { status: 0, reason: "Broken" },
    1,
  ],
  ["a connection gone silent", (r) => r.write(added), { status: 0, reason: "Silent" }, 1],
  ["a line that is no event", (r) => r.end(`${added}{"hello":1}\n`), { reason: "Malformed" }, 1],
  [
    "an event of an unknown type",
    (r) => r.end(line("RENAMED", { metadata: {} })),
    { reason: "Malformed" },
    0,
  ],
])("%s is an error, after the events before it", async (_, answer, expected, events) => {
  await connect(answer, 1_000);
  const seen = await read();
  expect(seen.error).toMatchObject({ name: "KubeError", ...expected });
  expect(seen.events).toHaveLength(events);
});

test("an aborted watch returns and closes its connection", async () => {
  const closed = Promise.withResolvers<void>();
  await connect((response) => {
    response.on("close", closed.resolve);
    response.write(added + added.slice(0, 10));
  });
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  for await (const event of client.watch(configMap, {}, abort.signal)) {
    events.push(event);
    abort.abort();
  }
  expect(events).toHaveLength(1);
  await closed.promise;
});

test("a reader that stops reading closes the connection", async () => {
  const closed = Promise.withResolvers<void>();
  await connect((response) => {
    response.on("close", closed.resolve);
    response.write(added);
  });
  for await (const _ of client.watch(configMap, {}, new AbortController().signal)) break;
  await closed.promise;
});
