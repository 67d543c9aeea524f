import assert from "node:assert/strict";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { exists, type KubeCase, map, ownedBy, refusal, webDeployment } from "./kubeTarget.ts";

const { configMap, deployment, event, service } = resourceTypes;

export const writeCases: KubeCase[] = [
  {
    name: "create gives uid, resourceVersion and creation time; a second create is refused",
    async run(target) {
      const created = await target.api.create(configMap, map(target, "create", { a: "1" }));
      assert.ok(created.metadata.uid);
      assert.ok(Number(created.metadata.resourceVersion) > 0);
      assert.match(created.metadata.creationTimestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(created.metadata.generation, undefined);
      await refusal(409, "AlreadyExists", target.api.create(configMap, map(target, "create")));
    },
  },
  {
    name: "create in a namespace that does not exist is NotFound",
    async run(target) {
      const object = map({ ...target, namespace: "no-such-namespace" }, "lost");
      await refusal(404, "NotFound", target.api.create(configMap, object));
    },
  },
  {
    name: "a dry run validates, refuses what exists, and changes nothing",
    async run(target) {
      await target.api.create(configMap, map(target, "dry"), { dryRun: true });
      assert.equal(await exists(target, configMap, "dry"), undefined);
      await target.api.create(configMap, map(target, "dry"));
      await refusal(409, "AlreadyExists", target.api.create(configMap, map(target, "dry"), { dryRun: true }));
      const bad = webDeployment(target, "dry-bad");
      const spec = bad.spec as { template: { metadata: { labels: Record<string, string> } } };
      spec.template.metadata.labels = { app: "other" };
      await refusal(422, "Invalid", target.api.create(deployment, bad, { dryRun: true }));
      const applied = await target.api.apply(configMap, map(target, "dry", { a: "1" }), { dryRun: true });
      assert.deepEqual(applied.data, { a: "1" });
      assert.equal((await target.api.get(configMap, target.namespace, "dry")).data, undefined);
    },
  },
  {
    name: "a merge patch merges, null removes, an old resourceVersion is a Conflict",
    async run(target) {
      const created = await target.api.create(configMap, map(target, "patch", { a: "1", b: "2" }));
      const patched = await target.api.mergePatch(configMap, target.namespace, "patch", {
        data: { a: null, c: "3" },
      });
      assert.deepEqual(patched.data, { b: "2", c: "3" });
      const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { d: "4" } };
      await refusal(409, "Conflict", target.api.mergePatch(configMap, target.namespace, "patch", stale));
      await refusal(404, "NotFound", target.api.mergePatch(configMap, target.namespace, "patch-none", {}));
    },
  },
  {
    name: "a write that changes nothing keeps the resourceVersion",
    async run(target) {
      const created = await target.api.create(configMap, map(target, "same", { a: "1" }));
      const patched = await target.api.mergePatch(configMap, target.namespace, "same", { data: { a: "1" } });
      assert.equal(patched.metadata.resourceVersion, created.metadata.resourceVersion);
      const applied = await target.api.apply(configMap, map(target, "same", { a: "1" }));
      const again = await target.api.apply(configMap, map(target, "same", { a: "1" }));
      assert.equal(again.metadata.resourceVersion, applied.metadata.resourceVersion);
    },
  },
  {
    name: "apply creates and changes, and removes fields that it no longer contains and that nobody else owns",
    async run(target) {
      await target.api.apply(configMap, map(target, "apply", { a: "1", b: "2" }));
      await target.api.mergePatch(configMap, target.namespace, "apply", { data: { c: "3" } });
      const applied = await target.api.apply(configMap, map(target, "apply", { b: "9" }));
      assert.deepEqual(applied.data, { b: "9", c: "3" });
    },
  },
  {
    name: "apply merges owner references by uid",
    async run(target) {
      const first = await target.api.create(configMap, map(target, "owner-a"));
      const second = await target.api.create(configMap, map(target, "owner-b"));
      const object = map(target, "owned-twice");
      object.metadata.ownerReferences = ownedBy(first);
      await target.api.apply(configMap, object);
      await target.api.mergePatch(configMap, target.namespace, "owned-twice", {
        metadata: { ownerReferences: [...ownedBy(first), ...ownedBy(second)] },
      });
      const applied = await target.api.apply(configMap, object);
      const owners = applied.metadata.ownerReferences?.map((owner) => owner.name).sort();
      assert.deepEqual(owners, ["owner-a", "owner-b"]);
    },
  },
  {
    name: "a generation counts changes of the spec, not of labels or status",
    async run(target) {
      const created = await target.api.create(deployment, webDeployment(target, "generation"));
      assert.equal(created.metadata.generation, 1);
      const labelled = await target.api.mergePatch(deployment, target.namespace, "generation", {
        metadata: { labels: { more: "yes" } },
      });
      assert.equal(labelled.metadata.generation, 1);
      const changed = await target.api.mergePatch(deployment, target.namespace, "generation", {
        spec: { revisionHistoryLimit: 3 },
      });
      assert.equal(changed.metadata.generation, 2);
      const same = await target.api.mergePatch(deployment, target.namespace, "generation", {
        status: { replicas: 7 },
      });
      assert.equal(same.metadata.generation, 2);
      assert.notEqual((same.status as { replicas?: number } | undefined)?.replicas, 7);
    },
  },
  {
    name: "invalid objects are refused with Invalid",
    async run(target) {
      await refusal(422, "Invalid", target.api.create(configMap, map(target, "No_Name")));
      const bad = webDeployment(target, "invalid");
      (bad.spec as { template: { spec: { containers: unknown[] } } }).template.spec.containers = [];
      await refusal(422, "Invalid", target.api.create(deployment, bad));
      const moved = webDeployment(target, "selector");
      await target.api.create(deployment, moved);
      const patch = { spec: { selector: { matchLabels: { more: "x" } } } };
      await refusal(422, "Invalid", target.api.mergePatch(deployment, target.namespace, "selector", patch));
    },
  },
  {
    name: "a status is replaced alone, and only over the newest resourceVersion",
    async run(target) {
      const created = await target.api.create(service, {
        metadata: { name: "status", namespace: target.namespace },
        // Only a LoadBalancer may have a status.
        spec: { type: "LoadBalancer", selector: { app: "x" }, ports: [{ port: 8081 }] },
      });
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      const changed = { ...created, status, spec: { ...(created.spec as object), selector: { app: "y" } } };
      const replaced = await target.api.replaceStatus(service, changed);
      assert.match(JSON.stringify(replaced.status), /192\.0\.2\.1/);
      assert.deepEqual((replaced.spec as { selector: unknown }).selector, { app: "x" });
      await refusal(409, "Conflict", target.api.replaceStatus(service, created));
      const same = await target.api.replaceStatus(service, replaced);
      assert.equal(same.metadata.resourceVersion, replaced.metadata.resourceVersion);
      // The uid of a missing object does not match.
      const gone = { ...replaced, metadata: { ...replaced.metadata, name: "status-none" } };
      await refusal(409, "Conflict", target.api.replaceStatus(service, gone));
    },
  },
  {
    name: "apply overrides what another write set, and a stale resourceVersion in it is a Conflict",
    async run(target) {
      const created = await target.api.apply(configMap, map(target, "force", { a: "1" }));
      await target.api.mergePatch(configMap, target.namespace, "force", { data: { a: "2" } });
      const applied = await target.api.apply(configMap, map(target, "force", { a: "3" }));
      assert.deepEqual(applied.data, { a: "3" });
      const stale = map(target, "force", { a: "4" });
      stale.metadata.resourceVersion = created.metadata.resourceVersion ?? "";
      await refusal(409, "Conflict", target.api.apply(configMap, stale));
    },
  },
  {
    name: "the name of an Event may have a capital letter",
    async run(target) {
      const about = { apiVersion: "v1", kind: "ConfigMap", namespace: target.namespace, name: "about" };
      const created = await target.api.create(event, {
        metadata: { name: "JobManagerDeployment.123", namespace: target.namespace },
        involvedObject: about,
        reason: "Submit",
        message: "Starting deployment",
        type: "Normal",
      });
      assert.ok(created.metadata.uid);
    },
  },
  {
    name: "a Service with an invalid name is refused, ports get their defaults",
    async run(target) {
      const object: KubeObject = {
        metadata: { name: "service", namespace: target.namespace },
        spec: { selector: { app: "x" }, ports: [{ name: "rest", port: 8081 }] },
      };
      const created = await target.api.apply(service, object);
      const [port] = (created.spec as { ports: { targetPort: number; protocol: string }[] }).ports;
      assert.deepEqual([port?.targetPort, port?.protocol], [8081, "TCP"]);
      const again = await target.api.apply(service, object);
      assert.equal(again.metadata.resourceVersion, created.metadata.resourceVersion);
      await refusal(
        422,
        "Invalid",
        target.api.create(service, { ...object, metadata: { ...object.metadata, name: "not_a_name" } }),
      );
    },
  },
];
