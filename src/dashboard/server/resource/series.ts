import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Series } from "../../contract.ts";
import { HttpError } from "../httpError.ts";
import { scalingHistoryOf } from "./autoscaled.ts";
import { checkpointsOf } from "./flinkParts.ts";
import { flinkGet } from "./flinkRest.ts";
import { clusterIdOf, type Subject } from "./subject.ts";

const metrics = ["parallelism", "load", "lag", "checkpointDuration", "checkpointBytes"] as const;

/**
 * What is known of the past, from Flink's history of checkpoints and the autoscaler's ConfigMap. Nothing is measured here: without them a
 * series is empty.
 */
export async function seriesOf(subject: Subject, asked: string | null): Promise<Series[]> {
  const metric = metrics.find((each) => each === asked);
  if (asked !== null && metric === undefined)
    throw new HttpError(400, `metric must be one of ${metrics.join(", ")}.`, "metric");
  const wanted = metric === undefined ? metrics : [metric];
  const isOfCheckpoints = wanted.some((each) => each.startsWith("checkpoint"));
  const [checkpoints, scalings] = await Promise.all([
    isOfCheckpoints ? checkpointSeries(subject) : [],
    wanted.some((each) => !each.startsWith("checkpoint")) ? scalingSeries(subject) : [],
  ]);
  return [...scalings, ...checkpoints].filter((series) => wanted.includes(series.metric));
}

async function checkpointSeries(subject: Subject): Promise<Series[]> {
  const clusterId = clusterIdOf(subject);
  const jobId = asFlinkDeployment(subject.object).status?.jobStatus?.jobId ?? "";
  if (clusterId === undefined || !/^[0-9a-f]{32}$/.test(jobId)) return [];
  const answer = await flinkGet(
    subject.caller,
    subject.namespace,
    clusterId,
  )(`/jobs/${jobId}/checkpoints`).catch(() => undefined);
  if (answer === undefined) return [];
  const completed = checkpointsOf(answer)
    .history.filter(({ status }) => status === "COMPLETED")
    .toReversed();
  const seconds = (at: string): number => Date.parse(at) / 1_000;
  return [
    {
      metric: "checkpointDuration",
      label: "Duration of checkpoints",
      unit: "ms",
      points: completed.map(({ at, durationMs }) => [seconds(at), durationMs] as const),
    },
    {
      metric: "checkpointBytes",
      label: "Size of checkpoints",
      unit: "bytes",
      points: completed.map(({ at, bytes }) => [seconds(at), bytes] as const),
    },
  ];
}

/** What was evaluated at each scaling, and the parallelism that followed. */
async function scalingSeries(subject: Subject): Promise<Series[]> {
  return [...(await scalingHistoryOf(subject))].flatMap(([id, scalings]): Series[] => {
    const of = (
      metric: Series["metric"],
      unit: Series["unit"],
      value: (summary: (typeof all)[number][1]) => number | undefined,
    ): Series => ({
      metric,
      label: id,
      unit,
      points: all.map(([at, summary]) => [at / 1_000, finite(value(summary))] as const),
    });
    const all = [...scalings];
    return [
      of("parallelism", "1", ({ newParallelism }) => newParallelism),
      of("load", "1", ({ metrics: { LOAD } }) => LOAD?.average),
      of("lag", "records", ({ metrics: { LAG } }) => LAG?.current),
    ];
  });
}

const finite = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;
