import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { differences } from "../../../test/support/autoscaler/difference.ts";
import { playInOperator } from "../../../test/support/autoscaler/inOperator.ts";
import { playScenario } from "../../../test/support/autoscaler/playScenario.ts";
import { playTable } from "../../../test/support/autoscaler/playTable.ts";
import {
  isScenario,
  isTable,
  type Json,
  readRecordings,
  type Scenario,
} from "../../../test/support/autoscaler/recording.ts";
import { goldenFolder } from "../../../test/support/golden.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { flinkMetrics, missingMetric } from "./collect/requiredMetrics.ts";
import { type CycleInput, noMemory, runCycle } from "./cycle.ts";
import { gaugesOf } from "./gauges.ts";
import { answersOf } from "./job.fixture.ts";
import { codecs } from "./state/codecs.ts";
import { dataFromState, openState } from "./state/storedState.ts";

const recordings = readRecordings(join(goldenFolder, "autoscaler"));
const scenarios = recordings.filter(isScenario);
const tables = recordings.filter(isTable);

const scenarioOf = (name: string): Scenario => {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
};

describe("the autoscaler, by the recordings of the Java operator", () => {
  it("has all of them", () => {
    expect(scenarios.length).toBe(184);
    expect(tables.length).toBe(8);
  });

  it.each(scenarios)("$name", (scenario) => {
    expect(playScenario(scenario, differences)).toBeUndefined();
  });

  it.each(tables)("$name", (table) => {
    expect(playTable(table, differences)).toBeUndefined();
  });

  it.each<[string, string, (out: Json) => void]>([
    ["counters", "basic-up", (out) => (out.counters.balanced += 1)],
    ["summaries", "basic-up", (out) => (out.summaries = { [Object.keys(out.summaries)[0] ?? ""]: [2, 9] })],
    ["an evaluated metric", "basic-up", (out) => (out.evaluated.global.GC_PRESSURE[0] = 0.5)],
    [
      "the text of an event",
      "basic-up",
      (out) => (out.events[1].message = out.events[1].message.replace("2 -> 3", "2 -> 4")),
    ],
    ["the state", "basic-up", (out) => (out.state.parallelismOverrides = "a:1")],
    ["a request", "basic-up", (out) => out.inPlace.requests.pop()],
  ])("would notice another value in %s", (_, name, change) => {
    const scenario = structuredClone(scenarioOf(name));
    const step = scenario.steps.find(({ out }) => out.summaries !== undefined);
    change(step?.out);
    expect(playScenario(scenario, differences)).toMatch(new RegExp(`^${name}, step 5`));
  });
});

const offInput: CycleInput = {
  now: 0,
  isEnabled: false,
  isRunning: false,
  config: flinkConfig({}),
  taskManagerCpu: 1,
  taskManagerMemory: undefined,
  answers: answersOf([], 0, 0),
  stored: {},
  memory: noMemory,
};

/**
 * What this operator does otherwise on purpose. A handover in both directions is not affected. The recordings are compared
 * without these places (test/support/autoscaler/deliberate.ts).
 */
const deliberateDifferences: readonly (readonly [ours: string, theirs: string, check: () => void])[] = [
  [
    "the gauges are those of the vertices that the job has",
    "gauges are registered once: never for a vertex that comes later, and NaN for one that has gone",
    () => {
      const scenario = scenarioOf("lifecycle-topology-change");
      const before: string[] = scenario.steps[0]?.in.jobDetails.vertices.map(({ id }: Json) => id);
      const { evaluated } = playInOperator(scenario).steps[20]?.result.memory ?? {};
      const gauges = gaugesOf(evaluated ?? { vertices: new Map(), global: {} });
      const shown = new Set(gauges.map(({ vertex }) => vertex));
      expect([...shown].filter((vertex) => !before.includes(vertex))).toHaveLength(1);
      const gone = before.filter((vertex) => !shown.has(vertex));
      expect(Object.keys(scenario.end.metrics).some((name) => name.includes(gone[0] ?? "none"))).toBe(true);
    },
  ],
  [
    "a decision that fails leaves no EXPECTED_PROCESSING_RATE",
    "it is there for the vertices that were visited before, in the order of a hash map",
    () => {
      const scenario = scenarioOf("maxp-minus-one-immediate");
      const hasExpectations = (value: Json) => JSON.stringify(value).includes("EXPECTED_PROCESSING_RATE");
      expect(hasExpectations(scenario.steps[5]?.out.evaluated)).toBe(true);
      const { trace } = playInOperator(scenario).steps[5]?.result ?? {};
      expect(hasExpectations([...(trace?.evaluated?.vertices.values() ?? [])])).toBe(false);
    },
  ],
  [
    "overrides are read in both forms of the map, and written in the plain one",
    "with flink-conf.yaml it cannot read what one with config.yaml wrote, and applies none",
    () => {
      const { steps } = playInOperator(scenarioOf("configyaml-up"));
      expect(steps.at(-1)?.data?.parallelismOverrides).toMatch(/^\w{32}:\d+,/);
      const overrides = new Map([["8d573ee1f35649f8a3a970f3d9bab301", 3]]);
      const texts = ["8d573ee1f35649f8a3a970f3d9bab301:3", "{8d573ee1f35649f8a3a970f3d9bab301: '3'}"];
      for (const text of texts) expect(codecs.parallelismOverrides.decode(text)).toEqual(overrides);
    },
  ],
  [
    "overrides that cannot be read are an error with what to do, and a metric that disappears is one with its name",
    "both are a null pointer",
    () => {
      const view = openState({ configOverrides: { text: "'" } });
      expect(() => view.get("configOverrides")).toThrow("remove it from its ConfigMap");
      expect(missingMetric(flinkMetrics.busyTime, "v").message).toBe(
        "Could not find required metric BUSY_TIME_PER_SEC for v",
      );
    },
  ],
  [
    "the job's graph and options are an entry of the ConfigMap, too, which is cleared with the others",
    "it has no such entry, and leaves those alone that it does not know",
    () => {
      const { data, result } = playInOperator(scenarioOf("basic-up")).steps.at(-1) ?? {};
      expect(data?.recordedJob).toBeDefined();
      const off = runCycle({ ...offInput, stored: result?.stored ?? {} });
      expect(dataFromState(off.stored, data ?? {})).toEqual({});
    },
  ],
];

describe("deliberate differences", () => {
  it.each(deliberateDifferences)("%s; the Java operator: %s", (_ours, _theirs, check) => check());
});

describe("a restart of the operator", () => {
  /** An error before the write loses the sample of its cycle, also in the Java operator. */
  const losesSamples = ({ steps }: Scenario) =>
    steps.some(({ out }) => out.events?.some(({ reason }: Json) => reason === "AutoscalerError"));
  const restarted = scenarios.filter(
    (scenario, at) => at % 5 === 0 && scenario.kind !== "standalone" && !losesSamples(scenario),
  );

  it.each(restarted)("before each cycle changes nothing: $name", (scenario) => {
    const steps = scenario.steps.map((step) => ({ ...step, in: { ...step.in, restartOperator: true } }));
    // Counters begin anew.
    const without = ({ counters: _, metrics: __, ...others }: Json) => others;
    const compare = (recorded: Json, result: Json) => differences(without(recorded), without(result));
    expect(playScenario({ ...scenario, steps }, compare)).toBeUndefined();
  });
});
