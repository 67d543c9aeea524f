import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLogger } from "../../telemetry/log.ts";
import type { Health } from "./health.ts";
import { serveHealth } from "./healthServer.ts";

let health: Health;
let server: Server;
let lines: string[];

beforeEach(async () => {
  health = { live: true, ready: true, problems: [] };
  lines = [];
  const log = createLogger({ destination: { write: (line) => lines.push(line) } });
  server = serveHealth(0, () => health, log);
  await once(server, "listening");
});
afterEach(() => server.close());

async function ask(path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return `${answer.status} ${await answer.text()}`;
}

const all = async () => Promise.all(["/live", "/ready", "/started", "/", "/anything?x=1"].map(ask));

it("answers 200 if all is well", async () => {
  expect(await all()).toEqual(Array(5).fill("200 OK"));
});

it("is live, but neither ready nor started, before everything has been read", async () => {
  health = { live: true, ready: false, problems: [] };
  expect(await all()).toEqual(["200 OK", "500 ERROR", "500 ERROR", "500 ERROR", "500 ERROR"]);
});

it("stays started", async () => {
  await all();
  health = { live: true, ready: false, problems: ["the watch of pods is broken"] };
  expect(await all()).toEqual([
    "200 OK",
    "500 ERROR\nthe watch of pods is broken",
    "200 OK",
    "200 OK",
    "200 OK",
  ]);
});

it("logs once why a probe fails", async () => {
  await all();
  health = { live: false, ready: true, problems: ["the watch of pods is broken"] };
  expect(await ask("/")).toBe("500 ERROR\nthe watch of pods is broken");
  await ask("/");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("The health probe fails");
});
