import type { KubeObject } from "../../api/kubernetes.ts";
import type { Disruption } from "../../api/v1beta1/commonStatus.ts";
import type { Amount } from "../../config/values/amount.ts";
import { placesOf } from "../../core/job/disruption/wave.ts";
import type { Decision } from "../../core/job/model/decision.ts";
import type { WaveFacts } from "../../core/job/model/facts.ts";
import type { StoreReader } from "../../runtime/store.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";

/** The kinds that waves disrupt. */
export const waveKinds = ["FlinkDeployment", "FlinkSessionJob"] as const;
export type WaveKind = (typeof waveKinds)[number];

/** The wave of one namespace, for the metrics. */
export interface MeasuredWave {
  readonly namespace: string;
  readonly disrupted: number;
  readonly failed: number;
  readonly waiting: number;
}

/**
 * Counts the places of each namespace's wave that are taken (docs/adr/0038): from the statuses in the stores, and from the decisions of
 * this process whose status is not stored yet. So two resources that decide at the same time do not both take the last place.
 */
export interface Waves {
  /** What a decision about this resource needs. At once. */
  factsOf(kind: string, namespace: string, name: string): WaveFacts;
  /** Called in the same turn of the event loop as `factsOf`, with what was decided on it. */
  decided(
    kind: string,
    namespace: string,
    name: string,
    decision: Pick<Decision, "status" | "waitsForPlaceOf">,
  ): void;
  /** The status of the last decision is stored, or will never be. */
  settled(kind: string, namespace: string, name: string): void;
  /** Only the namespaces in which something is disrupted or waits. */
  measured(): readonly MeasuredWave[];
  /** How many entries it keeps for resources. */
  readonly size: number;
}

/** A resource's name in its namespace's wave. */
const idOf = (kind: string, name: string): string => `${kind}/${name}`;

interface Wave {
  readonly resources: Set<string>;
  /** By their stored statuses. */
  readonly disrupted: Set<string>;
  readonly failed: Set<string>;
  /** By the decision of a reconcile that is running. */
  readonly reserved: Set<string>;
  readonly failing: Set<string>;
  /** In the order in which they began to wait, with the places of their wave. */
  readonly waiting: Map<string, Amount>;
}

/** `onPlace`: there may be a place for the resource that waits. */
export function createWaves(
  stores: Readonly<Record<WaveKind, Pick<StoreReader<KubeObject>, "subscribe">>>,
  onPlace: (kind: WaveKind, key: string) => void,
): Waves {
  const waves = new Map<string, Wave>();

  function waveOf(namespace: string): Wave {
    const known = waves.get(namespace);
    if (known !== undefined) return known;
    const wave: Wave = {
      resources: new Set(),
      disrupted: new Set(),
      failed: new Set(),
      reserved: new Set(),
      failing: new Set(),
      waiting: new Map(),
    };
    waves.set(namespace, wave);
    return wave;
  }

  const taken = ({ disrupted, reserved }: Wave): number => new Set([...disrupted, ...reserved]).size;
  const failures = ({ failed, failing }: Wave): ReadonlySet<string> => new Set([...failed, ...failing]);

  /** Enqueues as many of those that wait as there are places. One that does not take its place leaves, and the next follows. */
  function callNext(namespace: string, wave: Wave): void {
    const places = [...wave.waiting.values()].map((limit) => placesOf(limit, wave.resources.size));
    let free = Math.max(0, ...places) - taken(wave);
    for (const id of wave.waiting.keys()) {
      if (free-- <= 0) return;
      const kind = waveKinds.find((each) => id.startsWith(`${each}/`));
      if (kind !== undefined) onPlace(kind, clusterKey(namespace, id.slice(kind.length + 1)));
    }
  }

  for (const kind of waveKinds)
    stores[kind].subscribe(({ old, new: current }) => {
      const object = current ?? old;
      if (object === undefined) return;
      const { namespace = "", name } = object.metadata;
      const wave = waveOf(namespace);
      const id = idOf(kind, name);
      const before = [wave.disrupted.has(id), wave.failed.has(id)];
      const isNew = !wave.resources.has(id);
      const record = current === undefined ? undefined : recordOf(current);
      put(wave.resources, id, current !== undefined);
      put(wave.disrupted, id, record !== undefined);
      put(wave.failed, id, record?.failedAt !== undefined);
      if (current === undefined) {
        wave.reserved.delete(id);
        wave.failing.delete(id);
        wave.waiting.delete(id);
      }
      const isLess = (before[0] && record === undefined) || (before[1] && record?.failedAt === undefined);
      // A percentage of one more resource may be one more place.
      if (isLess || isNew || current === undefined) callNext(namespace, wave);
      if (wave.resources.size === 0) waves.delete(namespace);
    });

  return {
    factsOf(kind, namespace, name) {
      const wave = waves.get(namespace);
      if (wave === undefined) return { resources: 0, disrupted: 0, failed: 0 };
      const id = idOf(kind, name);
      const own = wave.disrupted.has(id) || wave.reserved.has(id) ? 1 : 0;
      return {
        resources: wave.resources.size,
        disrupted: taken(wave) - own,
        failed: failures(wave).size - (failures(wave).has(id) ? 1 : 0),
      };
    },
    decided(kind, namespace, name, { status, waitsForPlaceOf }) {
      const wave = waves.get(namespace);
      const id = idOf(kind, name);
      // A resource that is gone has left the wave.
      if (wave === undefined || !wave.resources.has(id)) return;
      const { disruption } = status;
      const isFreed = put(wave.reserved, id, disruption !== undefined && !wave.disrupted.has(id));
      const fails = disruption?.failedAt !== undefined && !wave.failed.has(id);
      const isMended = put(wave.failing, id, fails);
      const hasLeft = wave.waiting.has(id) && waitsForPlaceOf === undefined;
      if (waitsForPlaceOf === undefined) wave.waiting.delete(id);
      else wave.waiting.set(id, waitsForPlaceOf);
      if (isFreed || isMended || hasLeft) callNext(namespace, wave);
    },
    settled(kind, namespace, name) {
      const wave = waves.get(namespace);
      if (wave === undefined) return;
      const id = idOf(kind, name);
      const isFreed = put(wave.reserved, id, false);
      const isMended = put(wave.failing, id, false);
      if (isFreed || isMended) callNext(namespace, wave);
    },
    measured: () =>
      [...waves]
        .map(([namespace, wave]) => ({
          namespace,
          disrupted: taken(wave),
          failed: failures(wave).size,
          waiting: wave.waiting.size,
        }))
        .filter(({ disrupted, waiting }) => disrupted + waiting > 0),
    get size() {
      return [...waves.values()].reduce((sum, { resources }) => sum + resources.size, 0);
    },
  };
}

/** Returns whether the id was removed. */
function put(ids: Set<string>, id: string, isIn: boolean): boolean {
  if (!isIn) return ids.delete(id);
  ids.add(id);
  return false;
}

/** A resource that is being deleted takes no place. */
export function recordOf({ metadata, status }: KubeObject): Disruption | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined;
  return (status as { readonly disruption?: Disruption | null } | undefined)?.disruption ?? undefined;
}
