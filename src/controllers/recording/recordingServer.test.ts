import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLogger } from "../../telemetry/log.ts";
import type { PassRecorder } from "./passRecorder.ts";
import { createRecordingServer, serveRecordings } from "./recordingServer.ts";

let server: Server;
let asked: Parameters<PassRecorder["read"]>[0][];
let read: () => ReturnType<PassRecorder["read"]>;
const log = createLogger({ level: "silent" });

async function* parts() {
  yield "one ";
  yield "two";
}

beforeEach(async () => {
  asked = [];
  read = () => ({ passes: 1, parts: parts() });
  server = createRecordingServer(
    {
      read: (of) => {
        asked.push(of);
        return read();
      },
    },
    log,
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => server.close());

async function ask(path: string, method = "GET"): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return `${answer.status} ${await answer.text()}`;
}

it("hands out what is asked for", async () => {
  expect(await ask("/recordings?namespace=ns&name=a")).toBe("200 one two");
  expect(await ask("/recordings")).toBe("200 one two");
  expect(asked).toEqual([
    { namespace: "ns", name: "a" },
    { namespace: undefined, name: undefined },
  ]);
});

it("goes on after what is no request for it", async () => {
  expect(await ask("//")).toBe("400 ");
  expect(await ask("/x")).toBe("404 ");
  expect(await ask("/recordings", "POST")).toBe("404 ");
  expect(await ask("/recordings")).toBe("200 one two");
});

it("goes on where a recording cannot be read", async () => {
  read = () => {
    throw new Error("no memory");
  };
  expect(await ask("/recordings")).toBe("500 ");
});

it("serves nothing at the port 0", () => {
  expect(serveRecordings(0, { read: () => read() }, log)).toBeUndefined();
});
