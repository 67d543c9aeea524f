import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { answersOf, autoscalerOf, type JobVertex, vertexId } from "../job.fixture.ts";
import type { Sample } from "../model/metrics.ts";
import { decompressText } from "../state/compressedText.ts";
import { formatRecordedJob, parseRecordedJob } from "../state/recordedJob.ts";
import { dataFromState } from "../state/storedState.ts";
import { withChangedOptions } from "./changedOptions.ts";
import { type AutoscalerRecording, readRecording, simulate } from "./simulate.ts";

const minute = 60_000;
const vertices: readonly JobVertex[] = [
  { parallelism: 2, rate: 1_000, busyMsPerSecond: 400 },
  { parallelism: 2, rate: 1_000, busyMsPerSecond: 800 },
];

/** What is stored after so many minutes. */
function recorded(minutes: number, entries: Readonly<Record<string, string>> = {}) {
  const autoscaler = autoscalerOf({ "job.autoscaler.metrics.window": "4 min", ...entries });
  const results = Array.from({ length: minutes }, (_, at) =>
    autoscaler.cycle((at + 1) * minute, answersOf(vertices, 0, (at + 1) * 60)),
  );
  return { data: dataFromState(autoscaler.stored, {}), trace: results.at(-1)?.trace };
}

function recordingIn(data: Readonly<Record<string, string>>): AutoscalerRecording {
  const recording = readRecording(data);
  if (typeof recording === "string") throw new Error(recording);
  return recording;
}

const changed = ({ config }: AutoscalerRecording, ...changes: readonly string[]) => {
  const result = withChangedOptions(config, changes);
  if (typeof result === "string") throw new Error(result);
  return result;
};

const targetsOf = (decision: ReturnType<typeof simulate>[number] | undefined) =>
  Object.fromEntries(
    (decision?.explanation.vertices ?? []).map(({ id, target, parallelism }) => [id, target ?? parallelism]),
  );

type RecordedText = { readonly vertices: readonly object[]; readonly options: Record<string, string> };

const changeVertex = ({ vertices: [first, ...others], ...job }: RecordedText, fields: object) => ({
  ...job,
  vertices: [{ ...first, ...fields }, ...others],
});

describe("a simulation", () => {
  it("decides as the operator did, with the recorded options", () => {
    const { data, trace } = recorded(8);
    const recording = recordingIn(data);
    const last = simulate(recording, recording.config).at(-1);
    expect(last?.at).toBe(8 * minute);
    expect(trace?.decision?.stop).toBe("WithinBounds");
    expect(last?.explanation.outcome).toBe("Balanced");
  });

  it("decides otherwise with others, and not by what it decided before", () => {
    const recording = recordingIn(recorded(8).data);
    const decisions = simulate(
      recording,
      changed(recording, "job.autoscaler.utilization.target=0.5", "job.autoscaler.utilization.max=0.6"),
    );
    expect(decisions.map(({ explanation }) => explanation.outcome)).toContain("Scaled");
    expect(targetsOf(decisions.at(-1))).toEqual({ [vertexId(0)]: 2, [vertexId(1)]: 4 });
    expect(decisions.slice(0, -1).every(({ explanation }) => explanation.outcome === "Scaled")).toBe(true);
  });

  it("decides at each sample from which on a shorter window is full, and never where a longer one is not", () => {
    const recording = recordingIn(recorded(8).data);
    const timesWith = (window: string) =>
      simulate(recording, changed(recording, `job.autoscaler.metrics.window=${window}`)).map(
        ({ at }) => at / minute,
      );
    expect(timesWith("2 min")).toEqual([5, 6, 7, 8]);
    expect(timesWith("1 h")).toEqual([]);
  });

  it("knows why nothing can be simulated", () => {
    const { recordedJob: _, ...ofJavaOperator } = recorded(8).data;
    expect(readRecording({})).toMatch(/fewer than two samples/);
    expect(readRecording(ofJavaOperator)).toMatch(/no readable recordedJob/);
    expect(readRecording({ ...ofJavaOperator, recordedJob: "{" })).toMatch(/no readable recordedJob/);
  });

  it.each<[string, (job: RecordedText) => unknown]>([
    ["no vertices", ({ vertices: _, ...others }) => others],
    ["vertices that are no list", (job) => ({ ...job, vertices: {} })],
    ["a parallelism that is a text", (job) => changeVertex(job, { parallelism: "two" })],
    ["inputs that are missing", (job) => changeVertex(job, { inputs: undefined })],
    ["an input that is no vertex before it", (job) => changeVertex(job, { inputs: { none: "HASH" } })],
    ["an option that is no text", (job) => ({ ...job, options: { "job.autoscaler.utilization.target": 1 } })],
    ["a memory that is no number", (job) => ({ ...job, taskManagerMemory: "much" })],
    ["no CPU", (job) => ({ ...job, taskManagerCpu: null })],
  ])("is refused where what was recorded has %s", (_, change) => {
    const { data } = recorded(8);
    const job = JSON.parse(decompressText(data.recordedJob ?? "")) as RecordedText;
    const changedData = { ...data, recordedJob: JSON.stringify(change(job)) };
    expect(readRecording(changedData)).toMatch(/no readable recordedJob/);
    expect(readRecording({ ...data, recordedJob: JSON.stringify(job) })).not.toBeTypeOf("string");
  });

  it("names a recorded option that cannot be used", () => {
    const { data } = recorded(8);
    const job = JSON.parse(decompressText(data.recordedJob ?? "")) as RecordedText;
    const options = { ...job.options, "job.autoscaler.utilization.target": "2" };
    expect(readRecording({ ...data, recordedJob: JSON.stringify({ ...job, options }) })).toMatch(
      /^an option in its recordedJob cannot be used: job\.autoscaler\.utilization\.target: must be between/,
    );
  });

  it("takes samples in any order", () => {
    const recording = recordingIn(recorded(8).data);
    const [sample] = recording.samples.values();
    const samples = new Map(Array.from({ length: 3 }, (_, at) => [(9 - at) * minute, sample as Sample]));
    const data = dataFromState({ ...recording.stored, collectedMetrics: { value: samples } }, {});
    expect([...recordingIn(data).samples.keys()]).toEqual([7, 8, 9].map((at) => at * minute));
  });
});

describe("the recorded job", () => {
  it("is read as it was written, and only the options of the autoscaler are in it", () => {
    const { topology } = recordingIn(recorded(8).data);
    const config = flinkConfig({ "job.autoscaler.quota.cpu": "4", "s3.secret-key": "hunter2" });
    const size = { taskManagerCpu: 2, taskManagerMemory: 2n ** 40n };
    const text = formatRecordedJob(topology, config, size) ?? "";
    expect(text).not.toContain("hunter2");
    expect(parseRecordedJob(text)).toEqual({
      topology,
      options: { "job.autoscaler.quota.cpu": "4" },
      ...size,
    });
  });

  it("has no secrets, from names or expressions, and short names", () => {
    const { topology } = recordingIn(recorded(8).data);
    const secret = "password=hunter2";
    const named = new Map(
      [...topology].map(([id, vertex]) => [id, { ...vertex, name: `${secret} ${"x".repeat(9_000)}` }]),
    );
    const config = flinkConfig({ "job.autoscaler.executor.expression": `changes[0].name != '${secret}'` });
    const text = formatRecordedJob(named, config, { taskManagerCpu: 1, taskManagerMemory: undefined }) ?? "";
    expect(text).not.toContain("hunter2");
    const [vertex] = parseRecordedJob(text)?.topology.values() ?? [];
    expect(vertex?.name).toMatch(/^password=\*+ x+$/);
    expect(vertex?.name).toHaveLength(80);
  });

  it("is the same text for the same job", () => {
    expect(recorded(3).data.recordedJob).toBe(recorded(4).data.recordedJob);
  });
});

describe("options to change", () => {
  const wrong = (change: string) => withChangedOptions(flinkConfig({}), [change]);

  it.each([
    ["utilization", /"utilization" must be key=value/],
    ["job.autoscaler.utilisation.target=0.5", /did you mean job\.autoscaler\.utilization\.target\?/],
    ["job.autoscaler.utilization.target=lots", /^job\.autoscaler\.utilization\.target: /],
    ["job.autoscaler.utilization.target=2", /^job\.autoscaler\.utilization\.target: must be between 0 and 1/],
    ["job.autoscaler.excluded.periods=never", /^job\.autoscaler\.excluded\.periods: /],
    ["parallelism.default=4", /^parallelism\.default is no option of the autoscaler/],
  ])("are refused with one error: %s", (change, error) => expect(wrong(change)).toMatch(error));

  it("count by whatever key the option had", () => {
    const config = flinkConfig({ "kubernetes.operator.job.autoscaler.utilization.target": "0.9" });
    const result = withChangedOptions(config, ["job.autoscaler.target.utilization = 0.4"]);
    expect(
      typeof result === "string" ? result : result.entries.get("job.autoscaler.utilization.target"),
    ).toBe("0.4");
  });
});
