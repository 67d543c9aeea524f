import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { type LifecycleState, lifecycleStates } from "../../api/v1beta1/commonStatus.ts";
import type { Registry } from "../../telemetry/metrics/registry.ts";
import { beginTrack, followTrack, type LifecycleTrack, transitionNames } from "./lifecycleTimes.ts";

export interface LifecycleMetricsOptions {
  readonly registry: Registry;
  /** How many values a quantile looks back on. */
  readonly samples: number;
  /** Whether each namespace has its own, beside those of the whole. */
  readonly byNamespace: boolean;
  now(): number;
}

/** A resource of a kind was seen; undefined: it is gone. */
export type Seen = (kind: string, key: string, namespace: string, resource: KubeObject | undefined) => void;

const system = "flink_k8soperator";
const kinds: readonly string[] = [resourceTypes.flinkDeployment.kind, resourceTypes.flinkSessionJob.kind];

/**
 * How long states and the ways between them take, from what the status says at each change. Kinds that have no lifecycle
 * are passed over.
 */
export function createLifecycleMetrics({
  registry,
  samples,
  byNamespace,
  now,
}: LifecycleMetricsOptions): Seen {
  const tracks = new Map<string, LifecycleTrack>();
  const own = ["resourcens", "resourcetype"];
  const twofold = (name: string, help: string) => {
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
  const told = {
    transition: new Map<string, ReturnType<typeof twofold>>(
      transitionNames.map((name) => [name, twofold(`Transition_${name}`, `How long it took: ${name}.`)]),
    ),
    state: new Map<string, ReturnType<typeof twofold>>(
      lifecycleStates.map((name) => [name, twofold(`State_${name}`, `How long resources were ${name}.`)]),
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
      tracks.set(key, beginTrack(state, state === "CREATED" && !Number.isNaN(created) ? created : now()));
      return;
    }
    const next = followTrack(track, state, now());
    tracks.set(key, next.track);
    for (const { what, name: of, seconds } of next.told) told[what].get(of)?.(seconds, namespace, kind);
  };
}
