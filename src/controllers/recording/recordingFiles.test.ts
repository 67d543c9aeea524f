import { mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { createLogger } from "../../telemetry/log.ts";
import type { PassRecorder } from "./passRecorder.ts";
import { parseRecording } from "./recording.ts";
import { withFiles } from "./recordingFiles.ts";

let clock: FakeClock;
let folder: string;
let times: number;
const named = (name: string) => ({ resource: { metadata: { namespace: "ns", name } } }) as never;
const input = { resource: { metadata: { namespace: "ns", name: "a" } } } as never;

beforeEach(() => {
  clock = fakeClock();
  folder = mkdtempSync(join(tmpdir(), "recordings-"));
  times = 0;
});

async function* parts() {
  yield '{"format":1,"operatorVersion":"1","logFiles":{},"configurations":[{}],"passes":[';
  yield Array.from({ length: times }, () => '{"kind":"FlinkDeployment"}').join();
  yield "]}";
}

const recorder: PassRecorder = {
  config: () => emptyConfig,
  record: () => {
    times += 1;
  },
  recordText: () => {},
  remove: () => {},
  trim: () => {},
  read: () => ({ passes: times, parts: parts() }),
  size: 1,
};
const filesIn = (directory: string | undefined): PassRecorder =>
  withFiles({ passes: recorder, directory: () => directory, clock, log: createLogger({ level: "silent" }) });

it("writes the passes of a resource together, after some seconds", async () => {
  const files = filesIn(folder);
  files.record("FlinkDeployment", input, {} as never);
  files.record("FlinkDeployment", input, {} as never);
  expect(readdirSync(folder)).toEqual([]);
  await clock.advance(5_000);
  await eventually("the file is there", () => readdirSync(folder).join() === "ns.a.json");
  expect(parseRecording(readFileSync(join(folder, "ns.a.json"), "utf8")).passes).toHaveLength(2);
});

it("keeps five hundred files, the newest ones", async () => {
  for (let at = 0; at < 502; at++) {
    writeFileSync(join(folder, `ns.old-${at}.json`), '{"format":1,"operatorVersion":"1"}');
    utimesSync(join(folder, `ns.old-${at}.json`), at, at);
  }
  filesIn(folder).record("FlinkDeployment", input, {} as never);
  await clock.advance(5_000);
  await eventually("old ones are gone", () => readdirSync(folder).length === 500);
  expect(readdirSync(folder)).toContain("ns.a.json");
  expect(readdirSync(folder)).not.toContain("ns.old-0.json");
});

it("removes no file of others", async () => {
  for (let at = 0; at < 501; at++) writeFileSync(join(folder, `ns.old-${at}.json`), "{}");
  filesIn(folder).record("FlinkDeployment", input, {} as never);
  await clock.advance(5_000);
  await eventually("it is written", () => readdirSync(folder).includes("ns.a.json"));
  filesIn(folder).record("FlinkDeployment", named("b"), {} as never);
  await clock.advance(5_000);
  await eventually("the next one is written", () => readdirSync(folder).includes("ns.b.json"));
  expect(readdirSync(folder)).toHaveLength(503);
});

it("writes the other files where one cannot be written, and leaves no part of it", async () => {
  mkdirSync(join(folder, "ns.a.json", "x"), { recursive: true });
  const files = filesIn(folder);
  files.record("FlinkDeployment", input, {} as never);
  files.record("FlinkDeployment", named("b"), {} as never);
  await clock.advance(5_000);
  await eventually("the other one is written", () => readdirSync(folder).includes("ns.b.json"));
  expect(readdirSync(folder)).toEqual(["ns.a.json", "ns.b.json"]);
});

it("shortens a name that is too long for a file", async () => {
  const files = filesIn(folder);
  files.record("FlinkDeployment", named("x".repeat(253)), {} as never);
  files.record("FlinkDeployment", named(`${"x".repeat(252)}y`), {} as never);
  await clock.advance(5_000);
  await eventually(
    "both are written",
    () => readdirSync(folder).filter((name) => name.endsWith(".json")).length === 2,
  );
});

it("writes one file after the other", async () => {
  let open = 0;
  let most = 0;
  let done = 0;
  async function* slow() {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 20));
    yield "{}";
    open -= 1;
    done += 1;
  }
  const log = createLogger({ level: "silent" });
  const files = withFiles({
    passes: { ...recorder, read: () => ({ passes: 1, parts: slow() }) },
    directory: () => folder,
    clock,
    log,
  });
  for (const name of ["b", "c"]) {
    files.record("FlinkDeployment", named(name), {} as never);
    await clock.advance(5_000);
  }
  await eventually("both are written", () => done === 2);
  expect(most).toBe(1);
});

it("writes nothing without a directory", async () => {
  filesIn(undefined).record("FlinkDeployment", input, {} as never);
  expect(times).toBe(1);
  expect(clock.waiting()).toEqual([]);
});

it("lets a reconcile go on if its pass cannot be recorded", () => {
  const record = () => {
    throw new Error("no memory");
  };
  const log = createLogger({ level: "silent" });
  const files = withFiles({ passes: { ...recorder, record }, directory: () => undefined, clock, log });
  expect(() => files.record("FlinkDeployment", input, {} as never)).not.toThrow();
});
