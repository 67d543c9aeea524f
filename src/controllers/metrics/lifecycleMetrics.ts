import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { type LifecycleState, lifecycleStates } from "../../api/v1beta1/commonStatus.ts";
import type { Registry } from "../../telemetry/metrics/registry.ts";
import { type LifecycleTrack, startTrack, transitionNames, updateTrack } from "./lifecycleTimes.ts";

export interface LifecycleMetricsOptions {
  readonly registry: Registry;
  /** How many of the last values a quantile is computed from. */
  readonly samples: number;
  /** Whether each namespace has its own summaries, too. */
  readonly byNamespace: boolean;
  now(): number;
}

/** Called with each new state of a resource. Undefined: it is deleted. */
export type RecordResource = (
  kind: string,
  key: string,
  namespace: string,
  resource: KubeObject | undefined,
) => void;

const system = "flink_k8soperator";
const kinds: readonly string[] = [resourceTypes.flinkDeployment.kind, resourceTypes.flinkSessionJob.kind];

/**
 * Measures how long lifecycle states and the transitions between them take, from the status at each change. Kinds without
 * a lifecycle state are ignored.
 */
export function createLifecycleMetrics({
  registry,
  samples,
  byNamespace,
  now,
}: LifecycleMetricsOptions): RecordResource {
  const tracks = new Map<string, LifecycleTrack>();
  const own = ["resourcens", "resourcetype"];
  const durationSummaries = (name: string, help: string) => {
    const whole = new Map(
      kinds.map((kind) => [
        kind,
        registry.summary(`${system}_${kind}_Lifecycle_${name}_TimeSeconds`, help, samples),
      ]),
    );
    const inNamespace = byNamespace
      ? registry.summary(`${system}_namespace_Lifecycle_${name}_TimeSeconds`, help, samples, own)
      : undefined;
    return (seconds: number, resourcens: string, resourcetype: string) => {
      whole.get(resourcetype)?.observe(seconds);
      inNamespace?.observe(seconds, { resourcens, resourcetype });
    };
  };
  const recorded = {
    transition: new Map<string, ReturnType<typeof durationSummaries>>(
      transitionNames.map((name) => [
        name,
        durationSummaries(`Transition_${name}`, `How long it took: ${name}.`),
      ]),
    ),
    state: new Map<string, ReturnType<typeof durationSummaries>>(
      lifecycleStates.map((name) => [
        name,
        durationSummaries(`State_${name}`, `How long resources were ${name}.`),
      ]),
    ),
  };

  return (kind, name, namespace, resource) => {
    if (!kinds.includes(kind)) return;
    const key = `${kind} ${name}`;
    if (resource === undefined) {
      tracks.delete(key);
      return;
    }
    const { lifecycleState: state = "CREATED" } = (resource.status ?? {}) as {
      lifecycleState?: LifecycleState;
    };
    const track = tracks.get(key);
    if (track === undefined) {
      const created = Date.parse(resource.metadata.creationTimestamp ?? "");
      tracks.set(key, startTrack(state, state === "CREATED" && !Number.isNaN(created) ? created : now()));
      return;
    }
    const next = updateTrack(track, state, now());
    tracks.set(key, next.track);
    for (const { what, name: of, seconds } of next.recorded)
      recorded[what].get(of)?.(seconds, namespace, kind);
  };
}
