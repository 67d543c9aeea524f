import { flinkConfig } from "../../../src/config/flinkConfig.ts";
import { shipStrategyOf } from "../../../src/core/autoscaler/collect/topology.ts";
import { align } from "../../../src/core/autoscaler/decide/alignment.ts";
import {
  excludedPeriods,
  isInExcludedPeriod,
  validateExcludedPeriod,
} from "../../../src/core/autoscaler/decide/excludedPeriods.ts";
import { scalabilityCoefficient } from "../../../src/core/autoscaler/decide/scalability.ts";
import { capacityFor } from "../../../src/core/autoscaler/evaluate/capacity.ts";
import { average, roundMetric } from "../../../src/core/autoscaler/model/metrics.ts";
import { segmentsOf } from "../../../src/core/autoscaler/realise/networkMemory.ts";
import { hashOfChanges } from "../../../src/core/autoscaler/realise/report.ts";
import { describeInvalidOption } from "../../../src/core/autoscaler/validate.ts";
import { type Json, numberOf, numberToJson, type Table } from "./recording.ts";

const configOf = (entries: Record<string, string | undefined>) =>
  flinkConfig(
    Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );

const prefix = "job.autoscaler.";
/** The vertex of the recorded events. */
const alignedVertex = "0a448493b4782967b150582570326227";

/** The functions of the tables, from a row's `in` to its `out`. */
const functions: Readonly<Record<string, (input: Json) => Json>> = {
  "units-align": ({ mode, legacy, ships, ...input }) => {
    const config = configOf({
      [`${prefix}scaling.parallelism-alignment.mode`]: mode ?? undefined,
      [`${prefix}scaling.key-group.partitions.adjust.mode`]: legacy ?? undefined,
    });
    const { parallelism, events } = align(
      { ...input, vertex: alignedVertex, shipStrategies: ships.map(shipStrategyOf) },
      config,
    );
    const texts = events.map(({ type, reason, message, key }) => [type, reason, message, key].join("|"));
    return { result: parallelism, ...(texts.length > 0 ? { events: texts } : {}) };
  },
  "units-capacity": ({ target, catchUp, utilization, withRestart, restart, catchUpDuration }) =>
    numberToJson(
      capacityFor(
        {
          target: numberOf(target),
          catchUp: numberOf(catchUp),
          restartSeconds: withRestart ? restart : undefined,
        },
        utilization,
        configOf({ [`${prefix}catch-up.duration`]: catchUpDuration }),
      ),
    ),
  "units-coefficient": ({ history, conf }) =>
    scalabilityCoefficient(
      history.map(([currentParallelism, rate]: [number, Json]) => ({
        currentParallelism,
        newParallelism: currentParallelism,
        metrics: { TRUE_PROCESSING_RATE: average(numberOf(rate)) },
      })),
      configOf(conf ?? {}),
    ),
  "units-excluded": ({ expr, at }) => {
    const config = configOf({ [`${prefix}excluded.periods`]: expr });
    const error = excludedPeriods(config)
      .map(validateExcludedPeriod)
      .find((each) => each !== undefined);
    const excluded = at.map((instant: string) => {
      try {
        return isInExcludedPeriod(Date.parse(instant), config);
      } catch (thrown) {
        return `java.util.NoSuchElementException: ${(thrown as Error).message}`;
      }
    });
    return { valid: error === undefined, ...(error === undefined ? {} : { error }), excluded };
  },
  "units-hash": (changes) =>
    hashOfChanges(
      new Map(
        Object.entries<[number, number]>(changes).map(([vertex, [currentParallelism, newParallelism]]) => [
          vertex,
          { currentParallelism, newParallelism },
        ]),
      ),
    ),
  "units-round": (value) => numberToJson(roundMetric(numberOf(value))),
  "units-segments": ([own, other, shipStrategy, buffersPerChannel, floatingBuffers]) =>
    segmentsOf({ own, other, shipStrategy, buffersPerChannel, floatingBuffers }),
  "units-validate": (entries) => describeInvalidOption(configOf(entries)) ?? null,
};

/** The first row that comes out otherwise: its number, and what the recording and this operator have. Undefined: none. */
export function playTable(
  { name, rows }: Table,
  compare: (recorded: Json, result: Json) => string[],
): string | undefined {
  const play = functions[name];
  if (play === undefined) return `${name}: there is no function of this name`;
  for (const [at, row] of rows.entries()) {
    const found = compare(row.out, play(row.in));
    if (found.length > 0)
      return `${name}, row ${at + 1}, ${JSON.stringify(row.in)}:\n  ${found.join("\n  ")}`;
  }
  return undefined;
}
