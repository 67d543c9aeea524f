import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { ownAutoscalerOptions } from "../../../config/operatorOptions/ownAutoscaler.ts";
import { autoscalerExpressionsValid } from "../../validate/autoscaler.ts";
import type { Check } from "../../validate/check.ts";
import { answersOf, autoscalerOf, vertexId } from "../job.fixture.ts";
import { openState } from "../state/storedState.ts";
import { compileExpression, ExpressionError } from "./expression.ts";

const minute = 60_000;
const vertices = [
  { parallelism: 2, rate: 1_000, busyMsPerSecond: 400 },
  { parallelism: 2, rate: 1_000, busyMsPerSecond: 1_000 },
];
const { evaluatorExpression, executorExpression, alignmentExpression } = ownAutoscalerOptions;

/** The first decision with these options, and the parallelism that is stored after it. */
function decided(entries: Readonly<Record<string, string>>) {
  const autoscaler = autoscalerOf({ "job.autoscaler.utilization.max": "0.8", ...entries });
  for (const at of [1, 2]) autoscaler.cycle(at * minute, answersOf(vertices, 0, at * 60));
  const { events, memory, trace } = autoscaler.cycle(3 * minute, answersOf(vertices, 0, 180));
  const overrides = openState(autoscaler.stored).get("parallelismOverrides");
  return {
    events,
    memory,
    trace,
    parallelism: overrides?.get(vertexId(1)),
    history: openState(autoscaler.stored).get("scalingHistory"),
  };
}

const reasons = ({ events }: Pick<ReturnType<typeof decided>, "events">) =>
  events.map(({ reason }) => reason);

describe("the executor's expression", () => {
  const withExecutor = (expression: string) => decided({ [executorExpression.key]: expression });

  it.each([
    ["changes.all(c, c.target <= 4)", 4],
    ["true", 4],
    ["changes.map(c, c.target > 3 ? 3 : c.target)", 3],
    ["changes.map(c, c.metrics.LOAD > 0.9 ? c.current + 1 : c.target)", 3],
  ])("lets through, or changes: %s", (expression, parallelism) => {
    const result = withExecutor(expression);
    expect([result.parallelism, reasons(result).at(-1)]).toEqual([parallelism, "ScalingReport"]);
    const [summary] = [...(result.history?.get(vertexId(1))?.values() ?? [])];
    expect(summary?.newParallelism).toBe(parallelism);
    expect(summary?.metrics.EXPECTED_PROCESSING_RATE?.current).toBe(500 * parallelism);
  });

  it.each(["false", "changes.all(c, c.target <= 3)", "changes.map(c, c.current)"])(
    "vetoes: %s",
    (expression) => {
      const result = withExecutor(expression);
      expect([result.parallelism, result.memory.counters]).toEqual([
        undefined,
        { scalings: 0, balanced: 1, errors: 0 },
      ]);
      expect(result.events).toMatchObject([
        { reason: "ScalingVetoed", type: "Warning", intervalMs: 1_800_000 },
      ]);
      expect(result.trace.blocked?.message).toContain(executorExpression.key);
    },
  );

  it.each([
    ["changes.map(c, 0)", /parallelism 0, which must be a whole number from 1 to 128/],
    ["changes.map(c, 100000)", /must be a whole number from 1 to 128/],
    ["changes.map(c, 2.5)", /parallelism 2\.5/],
    ["changes.map(c, c.name)", /parallelism a text, which must be a whole number/],
    ["[1, 2, 3]", /a list with the parallelism of each of the 1 changes/],
    ["'yes'", /must give true, false, or a list/],
    ["changes[7].target > 1", /^job\.autoscaler\.executor\.expression: .*Nothing is scaled\.$/],
    ["changes.all(c, c.none > 1)", /none/],
  ])("fails closed: %s", (expression, message) => {
    const result = withExecutor(expression);
    expect([result.parallelism, reasons(result), result.memory.counters.errors]).toEqual([
      undefined,
      ["AutoscalerError"],
      1,
    ]);
    expect(result.events[0]?.message).toMatch(message);
  });

  it("is not asked while nothing changes, or the configuration is against it", () => {
    const off = {
      "job.autoscaler.scaling.enabled": "false",
      [executorExpression.key]: "changes[7].target > 1",
    };
    expect(reasons(decided(off))).toEqual(["ScalingReport"]);
    expect(reasons(decided({ ...off, "job.autoscaler.utilization.max": "1" }))).toEqual([]);
  });
});

describe("the alignment's expression", () => {
  const withAlignment = (expression: string) => decided({ [alignmentExpression.key]: expression });

  it("fits the target", () => {
    expect(withAlignment("target > current ? (target + 5) / 6 * 6 : target").parallelism).toBe(6);
    expect(withAlignment("target > current ? 6u : 2u").parallelism).toBe(6);
    expect(withAlignment("current").parallelism).toBeUndefined();
  });

  it.each(["0", "upper + 1", "target > 2 ? 1000 : 1", "1.5", "'4'", "target / (partitions)"])(
    "fails closed: %s",
    (expression) => {
      const result = withAlignment(expression);
      expect([result.parallelism, reasons(result)]).toEqual([undefined, ["AutoscalerError"]]);
      expect(result.events[0]?.message).toMatch(
        /^job\.autoscaler\.alignment\.expression: .* Nothing is scaled\.$/,
      );
    },
  );
});

describe("the evaluator's expression", () => {
  const withEvaluator = (expression: string) => decided({ [evaluatorExpression.key]: expression });

  it("takes the place of what was evaluated, downstream too", () => {
    const slower = withEvaluator(
      `id == '${vertexId(1)}' ? {'TRUE_PROCESSING_RATE': metrics.TRUE_PROCESSING_RATE / 2.0} : {}`,
    );
    expect(slower.parallelism).toBe(7);
    const exact = withEvaluator(`id == '${vertexId(0)}' ? {'TARGET_DATA_RATE': 2000u} : {}`);
    expect(exact.trace.evaluated?.vertices.get(vertexId(0))?.TARGET_DATA_RATE?.average).toBe(2_000);
    const more = withEvaluator(`id == '${vertexId(0)}' ? {'TARGET_DATA_RATE': 2000} : {}`);
    expect(more.trace.evaluated?.vertices.get(vertexId(1))?.TARGET_DATA_RATE?.average).toBe(2_000);
  });

  it.each([
    ["{'NONE': 1.0}", /gives NONE, which the vertex has no metric of/],
    ["{'LOAD': 'high'}", /gives LOAD a value that is no finite number of 0 or more/],
    ["{'TRUE_PROCESSING_RATE': -1.0}", /gives TRUE_PROCESSING_RATE a value that is no finite number of 0/],
    ["{'PARALLELISM': 4}", /gives PARALLELISM, which cannot be replaced/],
    ["2u", /must give a map from the name of a metric to a number, and gives a number/],
    ["google.protobuf.Timestamp", /must give a map .*, and gives another type/],
    ["{'LOAD': 1.0 / 0.0}", /no finite number/],
    ["{'LOAD': google.protobuf.Timestamp}", /no finite number/],
    ["metrics.NONE > 1.0 ? {'LOAD': 1.0} : {}", /NONE/],
    ["[1]", /must give a map .*, and gives a list/],
  ])("fails open: %s", (expression, message) => {
    const result = withEvaluator(expression);
    expect(result.parallelism).toBe(4);
    const failures = result.events.filter(({ reason }) => reason === "EvaluatorFailed");
    expect(failures.map(({ key }) => key)).toEqual([
      `EvaluatorFailed${vertexId(0)}`,
      `EvaluatorFailed${vertexId(1)}`,
    ]);
    expect(failures[0]?.message).toMatch(message);
  });
});

describe("an expression", () => {
  const check = (key: string, expression: string) =>
    autoscalerExpressionsValid({
      config: flinkConfig({ "job.autoscaler.enabled": "true", [key]: expression }),
    } as Parameters<Check>[0]);

  it.each([
    ["current +", /must be a CEL expression: /],
    ["nope > 1 ? 1 : 2", /Unknown variable: nope/],
    ["'a'.matches('(a+)+$') ? 1 : 2", /must not call matches, but has, int, /],
    ["cel.bind(x, current, x)", /must not call bind, but has, int, /],
    ["size('a'.split('')) > 1 ? 1 : 2", /must not call split/],
    ["size(shipStrategies + ['a'])", /must add numbers only/],
    ["size('a' + 'b')", /must add numbers only/],
    ["size(shipStrategies.map(s, 1) + [])", /must add numbers only/],
    ["size(current > 1 ? 'a' : 'b') + size((true ? ['a'] : ['b']) + [])", /must add numbers only/],
    ["shipStrategies.all(a, shipStrategies.all(b, a == b)) ? 1 : 2", /must not nest/],
    [`1${" + 1".repeat(200)}`, /must be a CEL expression: /],
    [`${" ".repeat(4_096)}1`, /must have at most 4096 characters/],
  ])("is refused with the name of its option: %s", (expression, message) => {
    const problem = check(alignmentExpression.key, expression);
    expect(problem?.field).toBe(alignmentExpression.key);
    expect(problem?.message).toMatch(message);
    expect(() => compileExpression(expression, { current: "int", shipStrategies: "list" })).toThrow(
      ExpressionError,
    );
  });

  it("is accepted if it can be read, and not looked at without autoscaling", () => {
    expect(check(executorExpression.key, "changes.all(c, c.target < 9)")).toBeUndefined();
    expect(check(evaluatorExpression.key, "{'LOAD': metrics.LOAD}")).toBeUndefined();
    expect(
      check(evaluatorExpression.key, "has(metrics.LAG) && name.startsWith('a') ? {} : {}"),
    ).toBeUndefined();
    expect(
      check(alignmentExpression.key, "shipStrategies.all(s, s != 'HASH') ? size(id) + 1 : 2"),
    ).toBeUndefined();
    const config = flinkConfig({ [alignmentExpression.key]: "(" });
    expect(autoscalerExpressionsValid({ config } as Parameters<Check>[0])).toBeUndefined();
  });
});
