import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { playInOperator } from "../../../test/support/autoscaler/inOperator.ts";
import { type Json, readRecording, type Scenario } from "../../../test/support/autoscaler/recording.ts";
import { stateToJson } from "../../../test/support/autoscaler/stateJson.ts";
import { goldenFolder } from "../../../test/support/golden.ts";

/**
 * Variations of a recorded scenario, for rules of the reference that no recording here has. Its job of a source, a map and a
 * sink runs from 00:00:00; there is a cycle each minute from 00:01:00, and the sixth one, the last here, scales.
 */
const recorded = readRecording(join(goldenFolder, "autoscaler/basic.json.br")).find(
  ({ name }) => name === "basic-up",
) as Scenario;
const sourceId = "8d573ee1f35649f8a3a970f3d9bab301";
const mapId = "992775935a21ca6758aaf59704a05191";
const sinkId = "59ef97262eeaf106218ca3aa69b12164";
const start = Date.parse("2026-01-01T00:00:00Z");
const minute = 60_000;

function play(change: (given: Json[], input: Json, steps: Json[]) => void) {
  const scenario: Json = structuredClone({ ...recorded, steps: recorded.steps.slice(0, 6) });
  change(
    scenario.steps.map((step: Json) => step.in),
    scenario.input,
    scenario.steps,
  );
  return playInOperator(scenario).steps;
}

const configured = (options: Readonly<Record<string, string>>, initialState: Json = {}) =>
  play((_, input) => {
    Object.assign(input.spec.flinkConfiguration, options);
    input.initialState = initialState;
  });

type Step = ReturnType<typeof play>[number];
const last = (steps: readonly Step[]): Step => steps.at(-1) as Step;
const reasons = ({ result }: Step) => result.events.map(({ reason }) => reason);
const changes = ({ result }: Step) =>
  Object.fromEntries(
    [...(result.trace.decision?.summaries ?? [])].map(([id, { newParallelism }]) => [id, newParallelism]),
  );
const stateOf = ({ data }: Step): Json => stateToJson(data ?? {});
const sampleOf = ({ result }: Step, vertex: string) =>
  [...(result.memory.samples?.values() ?? [])].at(-1)?.vertices.get(vertex);
const scaling = { [sourceId]: 3, [mapId]: 4, [sinkId]: 3 };
const detailsAt = (steps: readonly Json[], running: number) => {
  const { jobDetails } = steps[0];
  return { ...jobDetails, timestamps: { ...jobDetails.timestamps, RUNNING: running } };
};

it("without a change scales at the end", () => {
  const steps = play(() => {});
  expect(steps.map(changes)).toEqual([{}, {}, {}, {}, {}, scaling]);
});

describe("switching off", () => {
  const enabled = "job.autoscaler.enabled";
  /** In the cycle after the scaling, and on again in the next one. */
  const offAndOn = () =>
    play((_, { spec }, steps) => {
      for (const [at, value] of ["false", "true"].entries()) {
        const flinkConfiguration = { ...spec.flinkConfiguration, [enabled]: value };
        const t = start + (7 + at) * minute;
        steps.push({ in: { t, jobStatus: "RUNNING", spec: { ...spec, flinkConfiguration } }, out: {} });
      }
    }).slice(6);

  it("clears the state and the overrides, which is no change in place", () => {
    const [off] = offAndOn();
    expect([off?.data, off?.diff?.type, off?.inPlace.result]).toEqual([{}, "SCALE", false]);
    expect(off?.result.spec?.flinkConfiguration).not.toHaveProperty([
      "pipeline.jobvertex-parallelism-overrides",
    ]);
  });

  it("keeps the samples of the process, which count again", () => {
    const [off, on] = offAndOn();
    expect([off?.result.memory.samples?.size, on?.result.trace.isWindowFull]).toEqual([6, true]);
    expect(on?.result.trace.decision).toBeDefined();
  });
});

describe("the samples", () => {
  it("stay while the job does not run, without evaluated values", () => {
    const steps = play((given) => {
      given[3].jobStatus = "RECONCILING";
    });
    const [, , before, waiting] = steps;
    expect(before?.result.memory.evaluated).toBeDefined();
    expect(waiting?.result.memory).toEqual({ ...before?.result.memory, evaluated: undefined });
    expect([waiting?.result.events, waiting?.data]).toEqual([[], before?.data]);
    expect(last(steps).result.memory.samples?.size).toBe(5);
  });

  it.each([
    ["stay if the job runs since the first of them", 0, 4],
    ["are dropped if it runs since later", 1, 1],
  ])("%s", (_, later, count) => {
    const steps = play((given) => {
      given[3].jobDetails = detailsAt(given, start + minute + later);
    });
    expect(steps[3]?.result.memory.samples?.size).toBe(count);
  });

  it("count for a job that runs since 1970", () => {
    const steps = play((given) => {
      given[0].jobDetails = detailsAt(given, 1);
    });
    expect(changes(last(steps))).toEqual(scaling);
  });

  it("have no metric that appears late, until the job is restarted", () => {
    const steps = play((given) => {
      for (const { vertexMetrics } of given.slice(0, 3)) delete vertexMetrics[mapId].numRecordsInPerSecond;
      given[5].jobDetails = detailsAt(given, start + 5 * minute + 1);
    });
    const has = steps.map((step) => sampleOf(step, mapId)?.NUM_RECORDS_IN_PER_SECOND !== undefined);
    expect(has).toEqual([false, false, false, false, false, true]);
    expect(steps.flatMap(reasons)).toEqual([]);
  });

  it("lack an optional metric that disappears, silently", () => {
    const steps = play((given) => {
      for (const { vertexMetrics } of given.slice(3)) delete vertexMetrics[mapId].numRecordsInPerSecond;
    });
    const has = steps.map((step) => sampleOf(step, mapId)?.NUM_RECORDS_IN_PER_SECOND !== undefined);
    expect(has).toEqual([true, true, true, false, false, false]);
    expect(steps.slice(0, 5).flatMap(reasons)).toEqual([]);
  });

  it("add up the pending records of all sources in a vertex", () => {
    const steps = play(([given]) => {
      given.vertexMetrics[sourceId]["Source__src.pendingRecords"] = [1, 1, 1, 2];
      given.vertexMetrics[sourceId]["Source__other.pendingRecords"] = [2, 3, 2.5, 5];
    });
    expect(sampleOf(steps[0] as Step, sourceId)?.LAG).toBe(7);
  });
});

describe("a scaling", () => {
  it("keeps finished vertices, with the others in the overrides", () => {
    const steps = play(([given]) => {
      const sink = given.jobDetails.vertices.find(({ id }: Json) => id === sinkId);
      sink.status = "FINISHED";
    });
    expect(last(steps).result.trace.excluded).toEqual([sinkId]);
    expect(changes(last(steps))).toEqual({ [sourceId]: 3, [mapId]: 4 });
    expect(stateOf(last(steps)).parallelismOverrides).toEqual({
      [sourceId]: "3",
      [mapId]: "4",
      [sinkId]: "2",
    });
  });

  it("clears all delayed scale-downs, also of vertices that the job does not have any more", () => {
    const delayedScaleDown = `---\ndelayedVertices:\n  "${"0".repeat(32)}":\n    firstTriggerTime: 1767225600.000000000\n    recommendedParallelisms: []\n`;
    const steps = configured({}, { delayedScaleDown });
    expect(Object.keys(stateOf(steps[4] as Step).delayedScaleDown.delayedVertices)).toHaveLength(1);
    expect(stateOf(last(steps)).delayedScaleDown.delayedVertices).toEqual({});
  });

  it("clears what memory tuning stored before it was switched off, which is not applied either", () => {
    const configOverrides = `---\noverrides:\n  taskmanager.memory.process.size: "1 gb"\nremovals: []\n`;
    const steps = configured({}, { configOverrides });
    expect(steps[4]?.specChanges).toEqual({});
    expect(stateOf(steps[4] as Step).configOverrides.overrides).not.toEqual({});
    expect(stateOf(last(steps)).configOverrides).toEqual({ overrides: {}, removals: [] });
  });

  it("goes on without memory tuning where the memory is configured wrongly", () => {
    const steps = configured({ "taskmanager.memory.flink.size": "10g" });
    expect(reasons(last(steps))).toEqual(["ScalingReport"]);
    expect(last(steps).result.memory.counters).toEqual({ scalings: 1, balanced: 0, errors: 0 });
  });

  it("that a quota stops comes with the recommendation all the same", () => {
    const steps = configured({ "job.autoscaler.quota.cpu": "3.9" });
    expect(reasons(last(steps))).toEqual(["Configuration recommendation", "ResourceQuotaReached"]);
    expect(last(steps).result.memory.counters).toEqual({ scalings: 0, balanced: 1, errors: 0 });
    expect(stateOf(last(steps))).not.toHaveProperty("parallelismOverrides");
  });

  const periods = "job.autoscaler.excluded.periods";
  it.each([
    [{ [periods]: "00:00-00:10;13:00-14:00" }, `${periods}:[00:00-00:10, 13:00-14:00]`],
    [
      { [periods]: "00:00-00:10", "job.autoscaler.scaling.enabled": "false" },
      "job.autoscaler.scaling.enabled:false",
    ],
  ])("that the configuration stops says by which option: %j", (options, option) => {
    const [event, ...more] = last(configured(options)).result.events;
    expect(event?.message).toMatch(
      `Scaling execution disabled by config ${option}, recommended parallelism change:{ Vertex ID `,
    );
    expect(more).toEqual([]);
  });

  it("is not done where a period is no expression, even if nothing is scaled anyway", () => {
    const options = { [periods]: "nine to five", "job.autoscaler.scaling.enabled": "false" };
    const { result } = last(configured(options));
    expect(result.events.map(({ message }) => message)).toEqual(["No value present"]);
    expect(result.memory.counters).toEqual({ scalings: 0, balanced: 0, errors: 1 });
  });
});

describe("a record of a scaling of which no history is left", () => {
  const since = (time: string) => {
    const scalingTracking = `---\nscalingRecords:\n  "${time}": {}\n`;
    return configured({ "job.autoscaler.restart.time-tracking.enabled": "true" }, { scalingTracking });
  };

  it.each([
    ["2025-12-31T23:59:00Z", 60, 60],
    ["2025-12-31T20:00:00Z", 14_400, 900],
    ["2026-01-01T00:00:00Z", 0, 0],
    ["2026-01-01T00:00:00.500Z", -0.5, 300],
    ["2026-01-01T00:00:30Z", -30, 300],
  ])("from %s gets %d s, and a restart is expected to take %d s", (time, recordedSeconds, expected) => {
    const steps = since(time);
    expect(stateOf(steps[1] as Step).scalingTracking.scalingRecords).toEqual({
      [time]: { restartDuration: recordedSeconds },
    });
    expect(steps[2]?.result.trace.restartSeconds).toBe(expected);
  });
});
