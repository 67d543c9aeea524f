import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { answersOf, autoscalerOf, type JobVertex, vertexId } from "../job.fixture.ts";
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
