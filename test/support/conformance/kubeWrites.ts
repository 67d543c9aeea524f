import assert from "node:assert/strict";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { exists, type KubeCase, map, ownedBy, refusal, webDeployment } from "./kubeTarget.ts";

const { configMap, deployment, event, service } = resourceTypes;

export const writeCases: KubeCase[] = [
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
