import { expect, it } from "vitest";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { noFacts } from "../../core/job/model/facts.ts";
import { readRecording } from "./passRecorder.fixture.ts";
import { createPassRecorder, type PassRecorder } from "./passRecorder.ts";
import type { Recording } from "./recording.ts";
import { inputOf } from "./replay.ts";

const config = flinkConfig({ "s3.secret-key": "hush" });
const recorderOf = (maxBytes: number): PassRecorder =>
  createPassRecorder({ maxBytes: () => maxBytes, config: () => config, logFiles: {}, operatorVersion: "1" });

/** A pass of a resource that has nothing yet. `text` does not compress. */
function record(recorder: PassRecorder, name: string, now = 1, failure?: string, text = ""): void {
  const resource = {
    metadata: { namespace: "ns", name, uid: name },
    spec: { flinkVersion: "v2_3", flinkConfiguration: { "my.password": "hush", text } },
  };
  const pass = {
    kind: "FlinkDeployment",
    now,
    resource,
    facts: { ...noFacts, namedElsewhere: [] },
    configuration: 0,
  };
  const recording = { format: 1, operatorVersion: "1", logFiles: {}, configurations: [{}], passes: [pass] };
  const { input, decide } = inputOf(recording as unknown as Recording, 0);
  recorder.record("FlinkDeployment", input, decide(input), failure);
}

const times = async (recorder: PassRecorder, of?: { name: string }) =>
  (await readRecording(recorder, of)).passes.map(
    ({ resource: { metadata }, now }) => `${metadata.name} ${now}`,
  );

it("keeps the passes of each resource, oldest first, without secrets", async () => {
  const recorder = recorderOf(100_000);
  record(recorder, "a", 1);
  record(recorder, "b", 2);
  record(recorder, "a", 3);
  expect(await times(recorder, { name: "a" })).toEqual(["a 1", "a 3"]);
  const recording = await readRecording(recorder);
  expect(JSON.stringify(recording)).not.toContain("hush");
  expect(recording.configurations).toEqual([{ "s3.secret-key": "******" }]);
  expect(recorder.size).toBe(2);
});

it("drops the oldest passes of the resource that was recorded longest ago", async () => {
  const recorder = recorderOf(3_000);
  for (let now = 1; now <= 20; now++) record(recorder, now % 2 === 0 ? "even" : "odd", now);
  const kept = await times(recorder);
  expect(kept.length).toBeGreaterThan(1);
  expect(kept.length).toBeLessThan(10);
  expect(kept).toContain("even 20");
  expect(kept).not.toContain("odd 1");
});

it("leaves the passes of others when one resource has many", async () => {
  const recorder = recorderOf(10_000_000);
  const random = Array.from({ length: 20_000 }, (_, at) => ((at * 7919) % 65_536).toString(36)).join("");
  record(recorder, "quiet");
  for (let now = 1; now <= 40; now++) record(recorder, "busy", now, undefined, random.slice(now));
  expect(await times(recorder, { name: "quiet" })).toHaveLength(1);
  expect((await times(recorder, { name: "busy" })).length).toBeLessThan(20);
});

it("counts a failure that is repeated", async () => {
  const recorder = recorderOf(100_000);
  for (const now of [1, 2, 3]) record(recorder, "a", now, "quota");
  record(recorder, "a", 4);
  expect((await readRecording(recorder)).passes).toMatchObject([
    { now: 1, failure: "quota", repeats: 2 },
    { now: 4 },
  ]);
});

it("keeps nothing where it is off, nor of what is gone", async () => {
  const off = recorderOf(0);
  record(off, "a");
  expect(off.size).toBe(0);
  const recorder = recorderOf(100_000);
  record(recorder, "a");
  recorder.remove("FlinkDeployment", "ns", "a");
  expect([recorder.size, await times(recorder)]).toEqual([0, []]);
});

it("keeps nothing of what there is once it is off", async () => {
  let maxBytes = 100_000;
  const recorder = createPassRecorder({
    maxBytes: () => maxBytes,
    config: () => config,
    logFiles: {},
    operatorVersion: "1",
  });
  record(recorder, "a");
  record(recorder, "b");
  maxBytes = 0;
  recorder.trim();
  expect([recorder.size, await times(recorder)]).toEqual([0, []]);
  maxBytes = 100_000;
  record(recorder, "a");
  maxBytes = 0;
  record(recorder, "b");
  expect(recorder.size).toBe(0);
});

it("lets the process do something else after each pass that it masks", async () => {
  const recorder = recorderOf(100_000);
  for (let now = 1; now <= 5; now++) record(recorder, "a", now);
  let turns = 0;
  let isReading = true;
  const turn = () => {
    turns += 1;
    if (isReading) setImmediate(turn);
  };
  setImmediate(turn);
  await readRecording(recorder);
  isReading = false;
  expect(turns).toBeGreaterThanOrEqual(4);
});
