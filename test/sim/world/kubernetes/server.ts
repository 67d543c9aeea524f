import { apiVersionOf, type KubeObject, type ResourceType } from "../../../../src/api/kubernetes.ts";
import type { DeleteOptions, JsonPatchOperation, Selection, WriteOptions } from "../../../../src/kube/api.ts";
import { isKubeError } from "../../../../src/kube/errors.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import type { Actor, Journal } from "../journal.ts";
import { clone, equal, type JsonObject, jsonPatch, mergePatch } from "../json.ts";
import type { Random } from "../random.ts";
import { deleteObject } from "./deletion.ts";
import { applyFields, type FieldOwners, noOwners, ownChanges } from "./fieldOwners.ts";
import { rulesOf } from "./kinds.ts";
import {
  canBeRemoved,
  checkPreconditions,
  keepServerFields,
  ownable,
  restore,
  specOf,
  timestamp,
  type Written,
  withoutServerFields,
  wrongUid,
} from "./metadata.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  unknownResource,
} from "./refusal.ts";
import { selects } from "./selectors.ts";
import { type Store, serves } from "./store.ts";

export interface ServerParts {
  store: Store;
  clock: Clock;
  random: Random;
  journal: Journal;
}

type Verb = "create" | "apply" | "patch" | "replace-status" | "delete";

/**
 * The API server's verbs, synchronous and without a network. The operator calls it through `client.ts`, which simulates the
 * network; the world's own controllers call it directly.
 */
export class ApiServer {
  readonly store: Store;
  readonly clock: Clock;
  /** Why a quota or a webhook refuses to create the object. Undefined: it does not. */
  creationRefused: (kind: string) => string | undefined = () => undefined;
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #namespaces = new Set<string>();

  constructor(parts: ServerParts) {
    this.store = parts.store;
    this.clock = parts.clock;
    this.#random = parts.random;
    this.#journal = parts.journal;
  }

  createNamespace(name: string): void {
    this.#namespaces.add(name);
  }

  get(type: ResourceType, namespace: string, name: string): KubeObject {
    checkServed(type);
    const stored = this.store.read(type, namespace, name);
    if (stored === undefined) throw notFound(type, name);
    return stored.object;
  }

  find(type: ResourceType, namespace: string, name: string): KubeObject | undefined {
    return this.store.read(type, namespace, name)?.object;
  }

  list(type: ResourceType, selection: Selection = {}): KubeObject[] {
    checkServed(type);
    const matches = selects(selection);
    return this.store.all(type).flatMap(({ object }) => (matches(object) ? [object] : []));
  }

  create(actor: Actor, type: ResourceType, object: KubeObject, options: WriteOptions = {}): KubeObject {
    return this.#write(actor, "create", type, object.metadata.name, options, () => {
      const rules = rulesOf(type);
      if (object.metadata.resourceVersion) {
        throw badRequest("resourceVersion should not be set on objects to be created");
      }
      const fresh = clone(object) as KubeObject & JsonObject;
      if (rules.hasStatus) delete fresh.status;
      const prepared = this.#prepareNew(type, fresh);
      const existing = this.store.read(type, prepared.metadata.namespace ?? "", prepared.metadata.name);
      if (existing !== undefined) {
        throw alreadyExists(
          type,
          prepared.metadata.name,
          existing.object.metadata.deletionTimestamp !== undefined,
        );
      }
      const owners = ownChanges(undefined, ownable(prepared), noOwners, update(actor), rules.listKeys);
      return this.#commit(type, prepared, owners, options);
    });
  }

  apply(actor: Actor, type: ResourceType, object: KubeObject, options: WriteOptions = {}): KubeObject {
    return this.#write(actor, "apply", type, object.metadata.name, options, () => {
      const rules = rulesOf(type);
      const { name, namespace = "", resourceVersion, uid } = object.metadata;
      const stored = this.store.read(type, namespace, name);
      const fields = clone(object) as KubeObject & JsonObject;
      if (rules.hasStatus) delete fields.status;
      if (stored === undefined) {
        if (uid !== undefined) {
          throw conflict(
            type,
            name,
            `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
          );
        }
        if (resourceVersion !== undefined) throw notFound(type, name);
        const prepared = this.#prepareNew(type, fields);
        const { owners } = applyFields(undefined, ownable(fields), noOwners, applier(actor), rules.listKeys);
        return this.#commit(type, prepared, owners, options);
      }
      const { object: merged, owners } = applyFields(
        stored.object,
        ownable(fields),
        stored.owners,
        applier(actor),
        rules.listKeys,
      );
      checkPreconditions(type, stored.object, { uid, resourceVersion });
      return this.#replace(type, stored.object, merged as KubeObject & JsonObject, owners, options);
    });
  }

  mergePatch(
    actor: Actor,
    type: ResourceType,
    namespace: string,
    name: string,
    patch: unknown,
    options: WriteOptions = {},
  ): KubeObject {
    return this.#patch(actor, type, namespace, name, options, (stored) => mergePatch(stored, patch));
  }

  jsonPatch(
    actor: Actor,
    type: ResourceType,
    namespace: string,
    name: string,
    operations: readonly JsonPatchOperation[],
  ): KubeObject {
    return this.#patch(actor, type, namespace, name, {}, (stored) => {
      const patched = jsonPatch(stored, operations);
      if (patched instanceof Error) throw invalid(type, name, "patch", patched.message);
      return patched;
    });
  }

  #patch(
    actor: Actor,
    type: ResourceType,
    namespace: string,
    name: string,
    options: WriteOptions,
    change: (stored: KubeObject) => unknown,
  ): KubeObject {
    return this.#write(actor, "patch", type, name, options, () => {
      const rules = rulesOf(type);
      const stored = this.store.read(type, namespace, name);
      if (stored === undefined) throw notFound(type, name);
      const merged = change(stored.object) as KubeObject & JsonObject;
      checkPreconditions(type, stored.object, merged.metadata);
      if (merged.metadata.name !== name)
        throw badRequest("the name of the object does not match the name on the URL");
      if (rules.hasStatus) restore(merged, "status", stored.object);
      const owners = ownChanges(
        ownable(stored.object),
        ownable(merged),
        stored.owners,
        update(actor),
        rules.listKeys,
      );
      return this.#replace(type, stored.object, merged, owners, options);
    });
  }

  replaceStatus(actor: Actor, type: ResourceType, object: KubeObject): KubeObject {
    const { name, namespace = "", resourceVersion, uid } = object.metadata;
    return this.#write(actor, "replace-status", type, name, {}, () => {
      const rules = rulesOf(type);
      const stored = this.store.read(type, namespace, name);
      if (stored === undefined && uid !== undefined) throw wrongUid(type, name, uid, "");
      if (stored === undefined || !rules.hasStatus) throw notFound(type, name);
      if (resourceVersion === undefined && rules.isCustom) {
        throw invalid(
          type,
          name,
          "metadata.resourceVersion",
          "Invalid value: 0x0: must be specified for an update",
        );
      }
      checkPreconditions(type, stored.object, { uid, resourceVersion });
      const next = { ...stored.object } as KubeObject & JsonObject;
      restore(next, "status", clone(object));
      if (rules.isCustom) {
        rules.default(next);
        rules.validate(next, stored.object);
      }
      if (equal(next, stored.object)) return { object: stored.object, changed: false };
      return { object: this.store.put(type, next, stored.owners), changed: true };
    });
  }

  /** For the world's controllers: sets the status, whatever the resourceVersion. */
  setStatus(actor: Actor, type: ResourceType, object: KubeObject, status: unknown): void {
    const stored = this.store.read(type, object.metadata.namespace ?? "", object.metadata.name);
    if (stored === undefined || stored.object.metadata.uid !== object.metadata.uid) return;
    this.replaceStatus(actor, type, { ...stored.object, status });
  }

  delete(
    actor: Actor,
    type: ResourceType,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): void {
    this.#write(actor, "delete", type, name, {}, () => {
      const stored = this.store.read(type, namespace, name);
      if (stored === undefined) throw notFound(type, name);
      checkPreconditions(type, stored.object, options);
      return deleteObject(this.store, this.clock, stored, options);
    });
  }

  #prepareNew(type: ResourceType, object: KubeObject & JsonObject): KubeObject & JsonObject {
    const rules = rulesOf(type);
    const { generateName } = object.metadata;
    if (!object.metadata.name && typeof generateName === "string") {
      object.metadata.name = generateName + this.#random.hex(5);
    }
    const { name, namespace = "" } = object.metadata;
    if (!this.#namespaces.has(namespace)) {
      throw notFound({ group: "", version: "v1", kind: "Namespace", plural: "namespaces" }, namespace);
    }
    object.apiVersion = apiVersionOf(type);
    object.kind = type.kind;
    rules.default(object);
    rules.validate(object, undefined);
    object.metadata = {
      ...withoutServerFields(object.metadata),
      name,
      namespace,
      uid: this.#random.uuid(),
      creationTimestamp: timestamp(this.clock),
      ...(rules.hasGeneration ? { generation: 1 } : {}),
    };
    return object;
  }

  #commit(type: ResourceType, object: KubeObject, owners: FieldOwners, options: WriteOptions): Written {
    if (options.dryRun) return { object, changed: false };
    return { object: this.store.put(type, object, owners), changed: true };
  }

  #replace(
    type: ResourceType,
    before: KubeObject,
    after: KubeObject & JsonObject,
    owners: FieldOwners,
    options: WriteOptions,
  ): Written {
    const rules = rulesOf(type);
    after.metadata = keepServerFields(after.metadata, before.metadata);
    after.apiVersion = apiVersionOf(type);
    after.kind = type.kind;
    rules.default(after);
    rules.validate(after, before);
    const added = (after.metadata.finalizers ?? []).filter(
      (name) => !before.metadata.finalizers?.includes(name),
    );
    if (before.metadata.deletionTimestamp !== undefined && added.length > 0) {
      throw invalid(
        type,
        before.metadata.name,
        "metadata.finalizers",
        "Forbidden: no new finalizers can be added if the object is being deleted",
      );
    }
    if (rules.hasGeneration && !equal(specOf(before), specOf(after))) {
      after.metadata.generation = (before.metadata.generation ?? 0) + 1;
    }
    if (equal(before, after)) return { object: before, changed: false };
    if (options.dryRun) return { object: after, changed: false };
    if (canBeRemoved(after)) return { object: this.store.remove(type, after), changed: true };
    return { object: this.store.put(type, after, owners), changed: true };
  }

  #write(
    actor: Actor,
    verb: Verb,
    type: ResourceType,
    name: string,
    options: WriteOptions,
    run: () => Written,
  ): KubeObject {
    const request = { actor, verb, kind: type.kind, name };
    const record = (outcome: string, revision?: number): void =>
      this.#journal.add(
        options.dryRun
          ? { event: "dry-run", ...request, outcome }
          : { event: "kubernetes-write", ...request, outcome, revision },
      );
    try {
      checkServed(type);
      const refused = verb === "create" ? this.creationRefused(type.kind) : undefined;
      if (refused !== undefined) throw forbidden(type, name, refused);
      const { object, changed } = run();
      if (changed) record("ok", this.store.revision);
      else record("unchanged");
      return object;
    } catch (error) {
      record(isKubeError(error) ? error.reason : "broken");
      throw error;
    }
  }
}

const applier = (actor: Actor): string => `${manager(actor)}/Apply`;
const update = (actor: Actor): string => `${manager(actor)}/Update`;
/** All incarnations of a process are the same field manager. */
const manager = (actor: Actor): string => actor.replace(/#.*$/, "");

const served = new WeakSet<ResourceType>();

const checkServed = (type: ResourceType): void => {
  if (served.has(type)) return;
  if (!serves(type)) throw unknownResource();
  served.add(type);
};
