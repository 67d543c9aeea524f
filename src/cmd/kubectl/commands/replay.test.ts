import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { readRecording } from "../../../controllers/recording/passRecorder.fixture.ts";
import { createPassRecorder } from "../../../controllers/recording/passRecorder.ts";
import { parseRecording, type Recording } from "../../../controllers/recording/recording.ts";
import { inputOf } from "../../../controllers/recording/replay.ts";
import { noFacts } from "../../../core/job/model/facts.ts";
import { runCommand } from "../fakeKubectl.fixture.ts";
import { live } from "../runningJob.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-"));

/** Two passes of a job whose Deployment is gone. */
const recorded = async (): Promise<Recording> => {
  const config = flinkConfig({});
  const recorder = createPassRecorder({
    maxBytes: () => 100_000,
    config: () => config,
    logFiles: {},
    operatorVersion: "1",
  });
  for (const now of [1_000, 2_000]) {
    const resource = { ...live, metadata: { ...live.metadata, uid: "u" } } as never;
    const facts = { ...noFacts, restHost: `10.0.0.${now}` };
    const pass = {
      kind: live.kind ?? "",
      now,
      resource,
      facts: { ...facts, namedElsewhere: [] },
      configuration: 0,
    };
    const { input, decide } = inputOf(
      { format: 1, operatorVersion: "1", logFiles: {}, configurations: [{}], passes: [pass as never] },
      0,
    );
    recorder.record(live.kind ?? "", input, decide(input));
  }
  return readRecording(recorder);
};

function file(recording: unknown): string {
  const path = join(folder, `${Math.floor(performance.now() * 1000)}.json`);
  writeFileSync(path, typeof recording === "string" ? recording : JSON.stringify(recording));
  return path;
}

/** A version that decided otherwise. */
async function altered(): Promise<Recording> {
  const recording = await recorded();
  const [first, second] = recording.passes;
  const decision = { ...second?.decision, requeueAfterMs: 1 };
  return { ...recording, passes: [first, { ...second, decision }] as Recording["passes"] };
}

it("decides each pass again, and ends with 0 where nothing differs", async () => {
  const { stdout, code } = await runCommand([], "replay", file(await recorded()));
  const rows = stdout
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(/\s{2,}/));
  expect(rows).toEqual([
    [
      "1",
      "1970-01-01T00:00:01.000Z",
      "FlinkDeployment/ns/job",
      expect.any(String),
      expect.any(String),
      "same",
    ],
    [
      "2",
      "1970-01-01T00:00:02.000Z",
      "FlinkDeployment/ns/job",
      expect.any(String),
      expect.any(String),
      "same",
    ],
  ]);
  expect(code).toBe(0);
});

it("says where this version decides otherwise, and ends with 4", async () => {
  const { stdout, code } = await runCommand([], "replay", file(await altered()));
  expect(stdout).toMatch(/\n2 .* differs in requeueAfterMs\n/);
  expect(code).toBe(4);
});

it("steps through the facts of one pass", async () => {
  const { stdout } = await runCommand([], "replay", file(await altered()), "--pass", "2");
  expect(stdout).toMatch(
    /Facts that changed since the pass before:\n {2}restHost: "10\.0\.0\.1000" -> "10\.0\.0\.2000"/,
  );
  expect(stdout).toMatch(/This version decides otherwise:\n {2}requeueAfterMs: 1 -> /);
  expect(stdout).toMatch(/All facts:\n/);
});

it("makes a pass the input of a unit test", async () => {
  const to = join(folder, "extracted.json");
  const { stdout } = await runCommand([], "replay", file(await recorded()), "--pass", "2", "--extract", to);
  expect(stdout).toContain(`${to}: pass 2`);
  const { input, decide } = inputOf(parseRecording(readFileSync(to, "utf8")), 0);
  expect(input.facts.restHost).toBe("10.0.0.2000");
  expect(decide(input).status).toEqual((await recorded()).passes[1]?.decision.status);
});

it.each([
  ["no JSON", "{", [], /cannot be replayed: /],
  ["another file", "{}", [], /cannot be replayed: it is no recording of the format 1/],
  ["a pass that is not there", undefined, ["--pass", "9"], /there is no pass 9: the recording has 2/],
  ["no pass to extract", undefined, ["--extract", "x"], /Add --pass NUMBER/],
])("says what is wrong with %s", async (_, text, args, why) => {
  const { stderr, code } = await runCommand([], "replay", file(text ?? (await recorded())), ...args);
  expect(stderr).toEqual([expect.stringMatching(why)]);
  expect(code).toBe(1);
});
