import assert from "node:assert/strict";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { exists, type KubeCase, map, ownedBy, refusal, webDeployment } from "./kubeTarget.ts";

const { configMap, deployment } = resourceTypes;

export const deletionCases: KubeCase[] = [
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
];
