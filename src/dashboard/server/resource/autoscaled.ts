import { resourceTypes } from "../../../api/kubernetes.ts";
import { redactSecrets } from "../../../api/redact.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
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

/** The vertices of the last decision, which the status has, then the others that were scaled before. */
export async function autoscaledVertices(subject: Subject): Promise<AutoscaledVertex[]> {
  const decided = asFlinkDeployment(subject.object).status?.autoscaler?.vertices ?? [];
  const scalings = await scalingHistoryOf(subject);
  const historyOf = (id: string): AutoscaledVertex["history"] =>
    [...(scalings.get(id) ?? [])].map(([at, { newParallelism }]) => ({
      at: new Date(at).toISOString(),
      parallelism: newParallelism,
    }));
  const others = [...scalings].flatMap(([id, past]) => {
    const newest = [...past].at(-1);
    if (newest === undefined || decided.some((vertex) => vertex.id === id)) return [];
    const [at, scaling] = newest;
    return [{ id, name: id, parallelism: scaling.newParallelism, chain: chainOf(at, scaling) }];
  });
  return [
    ...decided.map(({ id = "", name = id, parallelism = 0, target = parallelism, chain = [] }) => ({
      id,
      name,
      parallelism: target,
      chain: chain.map(redactSecrets),
    })),
    ...others,
  ].map((vertex) => ({ ...vertex, history: historyOf(vertex.id) }));
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
