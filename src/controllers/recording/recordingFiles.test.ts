import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import { createLogger } from "../../telemetry/log.ts";
import type { PassRecorder } from "./passRecorder.ts";
import { parseRecording } from "./recording.ts";
import { withFiles } from "./recordingFiles.ts";

let clock: FakeClock;
let folder: string;
let times: number;
const input = { resource: { metadata: { namespace: "ns", name: "a" } } } as never;

beforeEach(() => {
  clock = fakeClock();
  folder = mkdtempSync(join(tmpdir(), "recordings-"));
  times = 0;
});

const recorder: PassRecorder = {
  record: () => {
    times += 1;
  },
  remove: () => {},
  recording: () => ({
    format: 1,
    operatorVersion: "1",
    logFiles: {},
    configurations: [{}],
    passes: Array.from({ length: times }, () => ({ kind: "FlinkDeployment" })) as never,
  }),
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
    writeFileSync(join(folder, `ns.old-${at}.json`), "");
    utimesSync(join(folder, `ns.old-${at}.json`), at, at);
  }
  filesIn(folder).record("FlinkDeployment", input, {} as never);
  await clock.advance(5_000);
  await eventually("old ones are gone", () => readdirSync(folder).length === 500);
  expect(readdirSync(folder)).toContain("ns.a.json");
  expect(readdirSync(folder)).not.toContain("ns.old-0.json");
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
