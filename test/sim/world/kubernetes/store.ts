import type { KubeObject, ResourceType } from "../../../../src/api/kubernetes.ts";
import { resourceTypes } from "../../../../src/api/kubernetes.ts";
import { freeze } from "../json.ts";
import type { FieldOwners } from "./fieldOwners.ts";

export interface Stored {
  type: ResourceType;
  /** Frozen: an object never changes, it is replaced. */
  object: KubeObject;
  owners: FieldOwners;
}

export interface Change {
  revision: number;
  type: ResourceType;
  change: "ADDED" | "MODIFIED" | "DELETED";
  object: KubeObject;
  previous: KubeObject | undefined;
}

export type Listener = (change: Change) => void;

/** The role of etcd: every object, one revision for all, and the log of changes. */
export class Store {
  /** By type and name; the concatenated keys of both maps are the key in etcd. */
  readonly #objects = new Map<string, Map<string, Stored>>();
  readonly #log: Change[] = [];
  readonly #listeners = new Set<Listener>();
  #revision = 100;
  #compacted = 0;

  get revision(): number {
    return this.#revision;
  }

  /** Every change since the start, also those that are compacted; for oracles. */
  get history(): readonly Change[] {
    return this.#log;
  }

  get compactedTo(): number {
    return this.#compacted;
  }

  read(type: ResourceType, namespace: string, name: string): Stored | undefined {
    return this.#objects.get(keyOfType(type))?.get(`${namespace}/${name}`);
  }

  /** All objects of one type, or of all types, by key. */
  all(type?: ResourceType): Stored[] {
    if (type !== undefined) return inOrder(this.#objects.get(keyOfType(type)) ?? new Map<string, Stored>());
    return inOrder(this.#objects).flatMap(inOrder);
  }

  /** The objects of one type as they were at an older revision. */
  asOf(revision: number, type: ResourceType): KubeObject[] {
    const objects = new Map<string, KubeObject>();
    for (const { revision: at, change, type: changed, object } of this.#log) {
      if (at > revision) break;
      if (!sameType(changed, type)) continue;
      const key = keyOf(object);
      if (change === "DELETED") objects.delete(key);
      else objects.set(key, object);
    }
    return inOrder(objects);
  }

  put(type: ResourceType, object: KubeObject, owners: FieldOwners): KubeObject {
    const key = keyOf(object);
    const ofType = this.#objects.get(keyOfType(type)) ?? new Map<string, Stored>();
    this.#objects.set(keyOfType(type), ofType);
    const previous = ofType.get(key)?.object;
    const next = this.#stamp(object);
    ofType.set(key, { type, object: next, owners });
    this.#notify({ type, change: previous === undefined ? "ADDED" : "MODIFIED", object: next, previous });
    return next;
  }

  remove(type: ResourceType, object: KubeObject): KubeObject {
    this.#objects.get(keyOfType(type))?.delete(keyOf(object));
    const last = this.#stamp(object);
    this.#notify({ type, change: "DELETED", object: last, previous: object });
    return last;
  }

  /** Changes after `revision`; undefined where some of them have been compacted away. */
  since(revision: number): Change[] | undefined {
    if (revision < this.#compacted) return undefined;
    return this.#log.filter((change) => change.revision > revision);
  }

  /** From now on, watches can only start at the present revision or later. */
  compact(): void {
    this.#compacted = this.#revision;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #stamp(object: KubeObject): KubeObject {
    this.#revision++;
    return freeze({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#revision) },
    });
  }

  #notify(change: Omit<Change, "revision">): void {
    const full = { ...change, revision: this.#revision };
    this.#log.push(full);
    for (const listener of [...this.#listeners]) listener(full);
  }
}

const flinkKind = (kind: string): ResourceType => ({
  ...resourceTypes.flinkDeployment,
  kind,
  plural: `${kind.toLowerCase()}s`,
});

/** The types that this API server serves. */
const servedTypes: readonly ResourceType[] = [
  ...Object.values(resourceTypes),
  flinkKind("FlinkSessionJob"),
  flinkKind("FlinkStateSnapshot"),
  flinkKind("FlinkBlueGreenDeployment"),
];

export const serves = (type: ResourceType): boolean =>
  servedTypes.some((known) => sameType(known, type) && known.version === type.version);

export const sameType = (a: ResourceType, b: ResourceType): boolean =>
  a.group === b.group && a.plural === b.plural;

/** By the apiVersion's group and the kind, as an owner reference names it. */
export const typeOf = (apiVersion: string, kind: string): ResourceType | undefined => {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return servedTypes.find((type) => type.group === group && type.kind === kind);
};

const keysOfTypes = new WeakMap<ResourceType, string>();

const keyOfType = (type: ResourceType): string => {
  const key = keysOfTypes.get(type) ?? `${type.group}/${type.plural}/`;
  keysOfTypes.set(type, key);
  return key;
};

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;

const inOrder = <Value>(values: ReadonlyMap<string, Value>): Value[] =>
  [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
