import { expect, it } from "vitest";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { noFacts } from "../../core/job/model/facts.ts";
import { aSpec } from "../../core/job/situation.fixture.ts";
import { readRecording } from "./passRecorder.fixture.ts";
import { createPassRecorder } from "./passRecorder.ts";
import type { RecordedPass, Recording } from "./recording.ts";
import { differences, differencesOf, inputOf } from "./replay.ts";

const secret = "hush-hush";
const spec = {
  ...aSpec,
  flinkConfiguration: {
    "s3.secret-key": secret,
    "state.checkpoints.dir": "file:///c",
    "state.savepoints.dir": `s3://user:${secret}@bucket/s`,
  },
  podTemplate: {
    spec: { containers: [{ name: "flink-main-container", env: [{ name: "DB_PASSWORD", value: secret }] }] },
  },
  jobManager: { resource: { cpu: 1, memory: "1024m" } },
  taskManager: { resource: { cpu: 1, memory: "1024m" } },
};
const config = flinkConfig({ "kubernetes.operator.user.artifacts.http.header": `authorization: ${secret}` });

/** The first deployment of a job, as far as it needs no cluster. */
async function firstPasses(): Promise<Recording> {
  const recorder = createPassRecorder({
    maxBytes: () => 1_000_000,
    config: () => config,
    logFiles: { "log4j-console.properties": "rootLogger.level = INFO" },
    operatorVersion: "1",
  });
  const metadata = { name: "job", namespace: "ns", uid: "u", generation: 1, finalizers: [FINALIZER] };
  let status: RecordedPass["decision"]["status"] = {};
  for (const now of [1_000, 2_000, 3_000]) {
    const pass = {
      kind: "FlinkDeployment",
      now,
      resource: { metadata, spec, status },
      facts: { ...noFacts, namedElsewhere: [] },
      configuration: 0,
    };
    const made = {
      format: 1,
      operatorVersion: "1",
      logFiles: { "log4j-console.properties": "rootLogger.level = INFO" },
      configurations: [Object.fromEntries(config.entries)],
      passes: [pass],
    } as unknown as Recording;
    const { input, decide } = inputOf(made, 0);
    const decision = decide(input);
    recorder.record("FlinkDeployment", input, decision);
    status = decision.status;
  }
  return readRecording(recorder);
}

it("decides a launch again in the same way, though the recording has no secret", async () => {
  const recording = await firstPasses();
  const acts = recording.passes.flatMap(({ decision }) => decision.actions.map(({ kind }) => kind));
  expect(acts).toContain("launch");
  expect(JSON.stringify(recording)).not.toContain(secret);
  for (const place of recording.passes.keys()) expect(differencesOf(recording, place)).toEqual([]);
});

it("finds a difference in the facts that a decision depends on", async () => {
  const recording = await firstPasses();
  const [first, ...others] = recording.passes as [
    Recording["passes"][number],
    ...Recording["passes"][number][],
  ];
  const altered = { ...first, resource: { ...first.resource, spec: { ...first.resource.spec, image: "" } } };
  const found = differencesOf({ ...recording, passes: [altered as never, ...others] }, 0);
  expect(found.length).toBeGreaterThan(0);
});

it.each([
  ["equal values", { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ["a field", { a: { b: 1 } }, { a: { b: 2 } }, [{ path: "a.b", recorded: 1, now: 2 }]],
  ["an absent field", { a: 1 }, {}, [{ path: "a", recorded: 1, now: undefined }]],
  ["a longer list", [1], [1, 2], [{ path: "[1]", recorded: undefined, now: 2 }]],
  ["another type", { a: [] }, { a: {} }, [{ path: "a", recorded: [], now: {} }]],
])("names the differences of %s", (_, recorded, now, expected) => {
  expect(differences(recorded, now)).toEqual(expected);
});
