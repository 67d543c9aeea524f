import assert from "node:assert/strict";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { KubeApi, WatchEvent } from "../../../src/kube/api.ts";
import { isKubeError } from "../../../src/kube/errors.ts";

/** Where the cases run: one namespace of a simulated or of a real API server. */
export interface KubeSite {
  api: KubeApi;
  namespace: string;
  /** Polls until the condition holds, with a deadline. */
  eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void>;
}

export interface KubeCase {
  name: string;
  run(site: KubeSite): Promise<void>;
}

const { configMap, deployment, event, service } = resourceTypes;

const map = (site: KubeSite, name: string, data?: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: site.namespace, labels: { case: name } },
  ...(data === undefined ? {} : { data }),
});

const webDeployment = (site: KubeSite, name: string): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: site.namespace, labels: { case: name } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "example.invalid/none:1" }] },
    },
  },
});

const ownedBy = (owner: KubeObject): NonNullable<KubeObject["metadata"]["ownerReferences"]> => [
  {
    apiVersion: owner.apiVersion ?? "",
    kind: owner.kind ?? "",
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    blockOwnerDeletion: true,
  },
];

const refusal = async (status: number, reason: string, request: Promise<unknown>): Promise<string> => {
  try {
    await request;
  } catch (error) {
    assert.ok(isKubeError(error), String(error));
    assert.deepEqual([error.status, error.reason], [status, reason], error.message);
    return error.message;
  }
  return assert.fail(`expected ${status} ${reason}, but the server agreed`);
};

const exists = async (site: KubeSite, type: typeof configMap | typeof deployment, name: string) => {
  try {
    return await site.api.get(type, site.namespace, name);
  } catch (error) {
    if (isKubeError(error) && error.status === 404) return undefined;
    throw error;
  }
};

/** Events of one watch, until `enough` says so. */
const watched = async (
  site: KubeSite,
  name: string,
  from: string | undefined,
  enough: (events: WatchEvent[]) => boolean,
): Promise<WatchEvent[]> => {
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const options = { namespace: site.namespace, labelSelector: `case=${name}` };
  const stream = site.api.watch(
    configMap,
    from === undefined ? { ...options, sendInitialEvents: true } : { ...options, resourceVersion: from },
    abort.signal,
  );
  for await (const event of stream) {
    events.push(event);
    if (enough(events)) break;
  }
  abort.abort();
  return events;
};

const typesOf = (events: WatchEvent[]): string[] => events.map((event) => event.type);

/** What the operator relies on, checked the same way on the simulated and on the real API server. */
export const kubeApiCases: KubeCase[] = [
  {
    name: "create gives uid, resourceVersion and creation time; a second create is refused",
    async run(site) {
      const created = await site.api.create(configMap, map(site, "create", { a: "1" }));
      assert.ok(created.metadata.uid);
      assert.ok(Number(created.metadata.resourceVersion) > 0);
      assert.match(created.metadata.creationTimestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(created.metadata.generation, undefined);
      await refusal(409, "AlreadyExists", site.api.create(configMap, map(site, "create")));
    },
  },
  {
    name: "get of nothing is NotFound, delete of nothing is fine",
    async run(site) {
      await refusal(404, "NotFound", site.api.get(configMap, site.namespace, "nothing"));
      await site.api.delete(configMap, site.namespace, "nothing");
    },
  },
  {
    name: "create in a namespace that does not exist is NotFound",
    async run(site) {
      const object = map({ ...site, namespace: "no-such-namespace" }, "lost");
      await refusal(404, "NotFound", site.api.create(configMap, object));
    },
  },
  {
    name: "a dry run validates, refuses what exists, and changes nothing",
    async run(site) {
      await site.api.create(configMap, map(site, "dry"), { dryRun: true });
      assert.equal(await exists(site, configMap, "dry"), undefined);
      await site.api.create(configMap, map(site, "dry"));
      await refusal(409, "AlreadyExists", site.api.create(configMap, map(site, "dry"), { dryRun: true }));
      const bad = webDeployment(site, "dry-bad");
      const spec = bad.spec as { template: { metadata: { labels: Record<string, string> } } };
      spec.template.metadata.labels = { app: "other" };
      await refusal(422, "Invalid", site.api.create(deployment, bad, { dryRun: true }));
      const applied = await site.api.apply(configMap, map(site, "dry", { a: "1" }), { dryRun: true });
      assert.deepEqual(applied.data, { a: "1" });
      assert.equal((await site.api.get(configMap, site.namespace, "dry")).data, undefined);
    },
  },
  {
    name: "a merge patch merges, null removes, an old resourceVersion is a Conflict",
    async run(site) {
      const created = await site.api.create(configMap, map(site, "patch", { a: "1", b: "2" }));
      const patched = await site.api.mergePatch(configMap, site.namespace, "patch", {
        data: { a: null, c: "3" },
      });
      assert.deepEqual(patched.data, { b: "2", c: "3" });
      const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { d: "4" } };
      await refusal(409, "Conflict", site.api.mergePatch(configMap, site.namespace, "patch", stale));
      await refusal(404, "NotFound", site.api.mergePatch(configMap, site.namespace, "patch-none", {}));
    },
  },
  {
    name: "a write that changes nothing keeps the resourceVersion",
    async run(site) {
      const created = await site.api.create(configMap, map(site, "same", { a: "1" }));
      const patched = await site.api.mergePatch(configMap, site.namespace, "same", { data: { a: "1" } });
      assert.equal(patched.metadata.resourceVersion, created.metadata.resourceVersion);
      const applied = await site.api.apply(configMap, map(site, "same", { a: "1" }));
      const again = await site.api.apply(configMap, map(site, "same", { a: "1" }));
      assert.equal(again.metadata.resourceVersion, applied.metadata.resourceVersion);
    },
  },
  {
    name: "apply creates, changes, and takes back what it no longer says and nobody else holds",
    async run(site) {
      await site.api.apply(configMap, map(site, "apply", { a: "1", b: "2" }));
      await site.api.mergePatch(configMap, site.namespace, "apply", { data: { c: "3" } });
      const applied = await site.api.apply(configMap, map(site, "apply", { b: "9" }));
      assert.deepEqual(applied.data, { b: "9", c: "3" });
    },
  },
  {
    name: "apply merges owner references by uid",
    async run(site) {
      const first = await site.api.create(configMap, map(site, "owner-a"));
      const second = await site.api.create(configMap, map(site, "owner-b"));
      const object = map(site, "owned-twice");
      object.metadata.ownerReferences = ownedBy(first);
      await site.api.apply(configMap, object);
      await site.api.mergePatch(configMap, site.namespace, "owned-twice", {
        metadata: { ownerReferences: [...ownedBy(first), ...ownedBy(second)] },
      });
      const applied = await site.api.apply(configMap, object);
      const owners = applied.metadata.ownerReferences?.map((owner) => owner.name).sort();
      assert.deepEqual(owners, ["owner-a", "owner-b"]);
    },
  },
  {
    name: "a generation counts changes of the spec, not of labels or status",
    async run(site) {
      const created = await site.api.create(deployment, webDeployment(site, "generation"));
      assert.equal(created.metadata.generation, 1);
      const labelled = await site.api.mergePatch(deployment, site.namespace, "generation", {
        metadata: { labels: { more: "yes" } },
      });
      assert.equal(labelled.metadata.generation, 1);
      const changed = await site.api.mergePatch(deployment, site.namespace, "generation", {
        spec: { revisionHistoryLimit: 3 },
      });
      assert.equal(changed.metadata.generation, 2);
      const same = await site.api.mergePatch(deployment, site.namespace, "generation", {
        status: { replicas: 7 },
      });
      assert.equal(same.metadata.generation, 2);
      assert.notEqual((same.status as { replicas?: number } | undefined)?.replicas, 7);
    },
  },
  {
    name: "invalid objects are refused with Invalid",
    async run(site) {
      await refusal(422, "Invalid", site.api.create(configMap, map(site, "No_Name")));
      const bad = webDeployment(site, "invalid");
      (bad.spec as { template: { spec: { containers: unknown[] } } }).template.spec.containers = [];
      await refusal(422, "Invalid", site.api.create(deployment, bad));
      const moved = webDeployment(site, "selector");
      await site.api.create(deployment, moved);
      const patch = { spec: { selector: { matchLabels: { more: "x" } } } };
      await refusal(422, "Invalid", site.api.mergePatch(deployment, site.namespace, "selector", patch));
    },
  },
  {
    name: "a delete's preconditions must hold",
    async run(site) {
      const created = await site.api.create(configMap, map(site, "precondition"));
      const other = { uid: "00000000-0000-4000-a000-000000000000" };
      await refusal(409, "Conflict", site.api.delete(configMap, site.namespace, "precondition", other));
      const old = { resourceVersion: "1" };
      await refusal(409, "Conflict", site.api.delete(configMap, site.namespace, "precondition", old));
      await site.api.delete(configMap, site.namespace, "precondition", { uid: created.metadata.uid ?? "" });
      assert.equal(await exists(site, configMap, "precondition"), undefined);
    },
  },
  {
    name: "a finalizer holds a deleted object until it is taken off; no new one can be added",
    async run(site) {
      const object = map(site, "finalizer");
      object.metadata.finalizers = ["example.org/hold"];
      await site.api.create(configMap, object);
      await site.api.delete(configMap, site.namespace, "finalizer");
      const held = await site.api.get(configMap, site.namespace, "finalizer");
      assert.ok(held.metadata.deletionTimestamp);
      await refusal(409, "AlreadyExists", site.api.create(configMap, map(site, "finalizer")));
      const more = { metadata: { finalizers: ["example.org/hold", "example.org/more"] } };
      await refusal(422, "Invalid", site.api.mergePatch(configMap, site.namespace, "finalizer", more));
      await site.api.mergePatch(configMap, site.namespace, "finalizer", { metadata: { finalizers: null } });
      assert.equal(await exists(site, configMap, "finalizer"), undefined);
    },
  },
  {
    name: "a foreground deletion keeps the owner until its dependents are gone",
    async run(site) {
      const owner = await site.api.create(deployment, webDeployment(site, "foreground"));
      const dependent = map(site, "foreground-dependent");
      dependent.metadata.ownerReferences = ownedBy(owner);
      dependent.metadata.finalizers = ["example.org/hold"];
      await site.api.create(configMap, dependent);
      await site.api.delete(deployment, site.namespace, "foreground", { propagation: "Foreground" });
      const held = await site.api.get(deployment, site.namespace, "foreground");
      assert.ok(held.metadata.deletionTimestamp);
      assert.ok(held.metadata.finalizers?.includes("foregroundDeletion"));
      await site.eventually("the dependent is being deleted", async () => {
        const found = await exists(site, configMap, "foreground-dependent");
        return found?.metadata.deletionTimestamp !== undefined;
      });
      assert.ok(await exists(site, deployment, "foreground"));
      await site.api.mergePatch(configMap, site.namespace, "foreground-dependent", {
        metadata: { finalizers: null },
      });
      await site.eventually("the owner is gone", async () => !(await exists(site, deployment, "foreground")));
    },
  },
  {
    name: "a background deletion removes the owner at once and its dependents later",
    async run(site) {
      const owner = await site.api.create(deployment, webDeployment(site, "background"));
      const dependent = map(site, "background-dependent");
      dependent.metadata.ownerReferences = ownedBy(owner);
      await site.api.create(configMap, dependent);
      await site.api.delete(deployment, site.namespace, "background", { propagation: "Background" });
      assert.equal(await exists(site, deployment, "background"), undefined);
      await site.eventually(
        "the dependent is gone",
        async () => !(await exists(site, configMap, "background-dependent")),
      );
    },
  },
  {
    name: "an orphaning deletion leaves the dependents without an owner",
    async run(site) {
      const owner = await site.api.create(deployment, webDeployment(site, "orphaning"));
      const dependent = map(site, "orphan");
      dependent.metadata.ownerReferences = ownedBy(owner);
      await site.api.create(configMap, dependent);
      await site.api.delete(deployment, site.namespace, "orphaning", { propagation: "Orphan" });
      await site.eventually("the owner is gone", async () => !(await exists(site, deployment, "orphaning")));
      const left = await site.api.get(configMap, site.namespace, "orphan");
      assert.equal(left.metadata.ownerReferences, undefined);
    },
  },
  {
    name: "what is created for an owner that never was is collected",
    async run(site) {
      const ghost = webDeployment(site, "ghost");
      ghost.metadata.uid = "00000000-0000-4000-a000-000000000001";
      const dependent = map(site, "haunted");
      dependent.metadata.ownerReferences = ownedBy(ghost);
      await site.api.create(configMap, dependent);
      await site.eventually("it is gone", async () => !(await exists(site, configMap, "haunted")));
    },
  },
  {
    name: "lists select by label, and tell the resourceVersion to watch from",
    async run(site) {
      await site.api.create(configMap, map(site, "list-a"));
      await site.api.create(configMap, map(site, "list-b"));
      const chosen = async (labelSelector: string): Promise<string[]> => {
        const { items } = await site.api.list(configMap, { namespace: site.namespace, labelSelector });
        return items.map((item) => item.metadata.name).sort();
      };
      assert.deepEqual(await chosen("case=list-a"), ["list-a"]);
      assert.deepEqual(await chosen("case in (list-a, list-b)"), ["list-a", "list-b"]);
      assert.deepEqual(await chosen("case in (list-a, list-b),case!=list-a"), ["list-b"]);
      assert.deepEqual(await chosen("case in (list-a, list-b),!case"), []);
      const byName = { namespace: site.namespace, fieldSelector: "metadata.name=list-b" };
      assert.equal((await site.api.list(configMap, byName)).items.length, 1);
      const { resourceVersion } = await site.api.list(configMap, { namespace: site.namespace });
      assert.ok(Number(resourceVersion) > 0);
    },
  },
  {
    name: "a watch from a resourceVersion sees what came after it, in order",
    async run(site) {
      const { resourceVersion } = await site.api.list(configMap, { namespace: site.namespace });
      await site.api.create(configMap, map(site, "watch", { a: "1" }));
      await site.api.mergePatch(configMap, site.namespace, "watch", { data: { a: "2" } });
      await site.api.delete(configMap, site.namespace, "watch");
      const events = await watched(site, "watch", resourceVersion, (seen) => seen.length === 3);
      assert.deepEqual(typesOf(events), ["ADDED", "MODIFIED", "DELETED"]);
    },
  },
  {
    name: "a watch with initial events tells what is there, then that it is all",
    async run(site) {
      await site.api.create(configMap, map(site, "initial", { a: "1" }));
      const events = await watched(site, "initial", undefined, (seen) => seen.at(-1)?.type === "BOOKMARK");
      assert.deepEqual(typesOf(events), ["ADDED", "BOOKMARK"]);
      const last = events.at(-1);
      assert.ok(last?.type === "BOOKMARK" && last.initialEventsEnd && Number(last.resourceVersion) > 0);
    },
  },
  {
    name: "a watch with a selector says DELETED when an object stops matching",
    async run(site) {
      await site.api.create(configMap, map(site, "leaves"));
      const { resourceVersion } = await site.api.list(configMap, { namespace: site.namespace });
      await site.api.mergePatch(configMap, site.namespace, "leaves", {
        metadata: { labels: { case: "elsewhere" } },
      });
      const events = await watched(site, "leaves", resourceVersion, (seen) => seen.length === 1);
      assert.deepEqual(typesOf(events), ["DELETED"]);
    },
  },
  {
    name: "a status is replaced alone, and only over the newest resourceVersion",
    async run(site) {
      const created = await site.api.create(service, {
        metadata: { name: "status", namespace: site.namespace },
        // The only type whose status may say anything.
        spec: { type: "LoadBalancer", selector: { app: "x" }, ports: [{ port: 8081 }] },
      });
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      const changed = { ...created, status, spec: { ...(created.spec as object), selector: { app: "y" } } };
      const replaced = await site.api.replaceStatus(service, changed);
      assert.match(JSON.stringify(replaced.status), /192\.0\.2\.1/);
      assert.deepEqual((replaced.spec as { selector: unknown }).selector, { app: "x" });
      await refusal(409, "Conflict", site.api.replaceStatus(service, created));
      const same = await site.api.replaceStatus(service, replaced);
      assert.equal(same.metadata.resourceVersion, replaced.metadata.resourceVersion);
      // What is gone has another uid than any.
      const gone = { ...replaced, metadata: { ...replaced.metadata, name: "status-none" } };
      await refusal(409, "Conflict", site.api.replaceStatus(service, gone));
    },
  },
  {
    name: "apply wins over what another write set, and a stale resourceVersion in it is a Conflict",
    async run(site) {
      const created = await site.api.apply(configMap, map(site, "force", { a: "1" }));
      await site.api.mergePatch(configMap, site.namespace, "force", { data: { a: "2" } });
      const applied = await site.api.apply(configMap, map(site, "force", { a: "3" }));
      assert.deepEqual(applied.data, { a: "3" });
      const stale = map(site, "force", { a: "4" });
      stale.metadata.resourceVersion = created.metadata.resourceVersion ?? "";
      await refusal(409, "Conflict", site.api.apply(configMap, stale));
    },
  },
  {
    name: "a deletion that waits counts as a change of generation; a second one changes nothing",
    async run(site) {
      const object = webDeployment(site, "leaving");
      object.metadata.finalizers = ["example.org/hold"];
      await site.api.create(deployment, object);
      await site.api.delete(deployment, site.namespace, "leaving");
      const once = await site.api.get(deployment, site.namespace, "leaving");
      assert.equal(once.metadata.generation, 2);
      await site.api.delete(deployment, site.namespace, "leaving");
      const twice = await site.api.get(deployment, site.namespace, "leaving");
      assert.equal(twice.metadata.deletionTimestamp, once.metadata.deletionTimestamp);
      assert.equal(twice.metadata.generation, 2);
      await site.api.mergePatch(deployment, site.namespace, "leaving", { metadata: { finalizers: null } });
      assert.equal(await exists(site, deployment, "leaving"), undefined);
    },
  },
  {
    name: "an Event may have a capital in its name",
    async run(site) {
      const about = { apiVersion: "v1", kind: "ConfigMap", namespace: site.namespace, name: "about" };
      const created = await site.api.create(event, {
        metadata: { name: "JobManagerDeployment.123", namespace: site.namespace },
        involvedObject: about,
        reason: "Submit",
        message: "Starting deployment",
        type: "Normal",
      });
      assert.ok(created.metadata.uid);
    },
  },
  {
    name: "a Service without a name of its own kind is refused, ports get their defaults",
    async run(site) {
      const object: KubeObject = {
        metadata: { name: "service", namespace: site.namespace },
        spec: { selector: { app: "x" }, ports: [{ name: "rest", port: 8081 }] },
      };
      const created = await site.api.apply(service, object);
      const [port] = (created.spec as { ports: { targetPort: number; protocol: string }[] }).ports;
      assert.deepEqual([port?.targetPort, port?.protocol], [8081, "TCP"]);
      const again = await site.api.apply(service, object);
      assert.equal(again.metadata.resourceVersion, created.metadata.resourceVersion);
      await refusal(
        422,
        "Invalid",
        site.api.create(service, { ...object, metadata: { ...object.metadata, name: "not_a_name" } }),
      );
    },
  },
];
