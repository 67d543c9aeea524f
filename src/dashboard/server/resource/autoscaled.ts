import { resourceTypes } from "../../../api/kubernetes.ts";
import type { ScalingHistory, ScalingSummary } from "../../../core/autoscaler/model/state.ts";
import { codecs } from "../../../core/autoscaler/state/codecs.ts";
import { stateConfigMapName } from "../../../core/autoscaler/state/configMap.ts";
import { isNotFound } from "../../../kube/errors.ts";
import type { AutoscaledVertex } from "../../contract.ts";
import type { Subject } from "./subject.ts";

/** The past scalings that the autoscaler keeps in its ConfigMap. Empty: the job is not autoscaled. Rejects with a KubeError. */
export async function scalingHistoryOf({
  caller,
  plural,
  namespace,
  name,
}: Subject): Promise<ScalingHistory> {
  if (plural === "flinkbluegreendeployments") return new Map();
  try {
    const found = await caller.kube.get(resourceTypes.configMap, namespace, stateConfigMapName(name));
    const text = ((found.data ?? {}) as Record<string, string>).scalingHistory;
    return text === undefined ? new Map() : codecs.scalingHistory.decode(text);
  } catch (error) {
    if (isNotFound(error)) return new Map();
    throw error;
  }
}

export async function autoscaledVertices(subject: Subject): Promise<AutoscaledVertex[]> {
  return [...(await scalingHistoryOf(subject))].flatMap(([id, scalings]) => {
    const newest = [...scalings].at(-1);
    if (newest === undefined) return [];
    return [
      {
        id,
        name: id,
        parallelism: newest[1].newParallelism,
        chain: chainOf(newest[0], newest[1]),
        history: [...scalings].map(([at, { newParallelism }]) => ({
          at: new Date(at).toISOString(),
          parallelism: newParallelism,
        })),
      },
    ];
  });
}

function chainOf(at: number, { currentParallelism, newParallelism, metrics }: ScalingSummary): string[] {
  const measured = Object.entries(metrics).flatMap(([name, value]) => {
    const { average, current } = (value ?? {}) as { average?: number; current?: number };
    const number = average ?? current;
    return number === undefined || Number.isNaN(number) ? [] : [`${name}: ${Number(number.toPrecision(4))}`];
  });
  return [
    ...measured,
    `${new Date(at).toISOString()}: parallelism ${currentParallelism} to ${newParallelism}`,
  ];
}
