import assert from "node:assert/strict";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { exists, type KubeCase, map, ownedBy, refusal, webDeployment } from "./kubeTarget.ts";

const { configMap, deployment } = resourceTypes;

export const deletionCases: KubeCase[] = [
  {
    name: "a delete's preconditions must hold",
    async run(target) {
      const created = await target.api.create(configMap, map(target, "precondition"));
      const other = { uid: "00000000-0000-4000-a000-000000000000" };
      await refusal(409, "Conflict", target.api.delete(configMap, target.namespace, "precondition", other));
      const old = { resourceVersion: "1" };
      await refusal(409, "Conflict", target.api.delete(configMap, target.namespace, "precondition", old));
      await target.api.delete(configMap, target.namespace, "precondition", {
        uid: created.metadata.uid ?? "",
      });
      assert.equal(await exists(target, configMap, "precondition"), undefined);
    },
  },
  {
    name: "a finalizer keeps a deleted object until it is removed; no new one can be added",
    async run(target) {
      const object = map(target, "finalizer");
      object.metadata.finalizers = ["example.org/hold"];
      await target.api.create(configMap, object);
      await target.api.delete(configMap, target.namespace, "finalizer");
      const held = await target.api.get(configMap, target.namespace, "finalizer");
      assert.ok(held.metadata.deletionTimestamp);
      await refusal(409, "AlreadyExists", target.api.create(configMap, map(target, "finalizer")));
      const more = { metadata: { finalizers: ["example.org/hold", "example.org/more"] } };
      await refusal(422, "Invalid", target.api.mergePatch(configMap, target.namespace, "finalizer", more));
      await target.api.mergePatch(configMap, target.namespace, "finalizer", {
        metadata: { finalizers: null },
      });
      assert.equal(await exists(target, configMap, "finalizer"), undefined);
    },
  },
  {
    name: "a JSON patch removes a finalizer without a resourceVersion; a test that fails is Invalid",
    async run(target) {
      const object = map(target, "json-patch");
      object.metadata.finalizers = ["example.org/hold", "example.org/more"];
      const { metadata } = await target.api.create(configMap, object);
      await target.api.mergePatch(configMap, target.namespace, "json-patch", { data: { a: "1" } });
      const remove = (uid: string | undefined, index: number, finalizer: string) =>
        target.api.jsonPatch(configMap, target.namespace, "json-patch", [
          { op: "test", path: "/metadata/uid", value: uid },
          { op: "test", path: `/metadata/finalizers/${index}`, value: finalizer },
          { op: "remove", path: `/metadata/finalizers/${index}` },
        ]);
      await refusal(422, "Invalid", remove("another", 0, "example.org/hold"));
      await refusal(422, "Invalid", remove(metadata.uid, 0, "example.org/more"));
      await refusal(422, "Invalid", remove(metadata.uid, 2, "example.org/more"));
      const held = await remove(metadata.uid, 0, "example.org/hold");
      assert.deepEqual(held.metadata.finalizers, ["example.org/more"]);
      await target.api.delete(configMap, target.namespace, "json-patch");
      const last = await remove(metadata.uid, 0, "example.org/more");
      assert.deepEqual(last.metadata.finalizers ?? [], []);
      assert.equal(await exists(target, configMap, "json-patch"), undefined);
      await refusal(404, "NotFound", remove(metadata.uid, 0, "example.org/more"));
    },
  },
  {
    name: "a foreground deletion keeps the owner until its dependents are gone",
    async run(target) {
      const owner = await target.api.create(deployment, webDeployment(target, "foreground"));
      const dependent = map(target, "foreground-dependent");
      dependent.metadata.ownerReferences = ownedBy(owner);
      dependent.metadata.finalizers = ["example.org/hold"];
      await target.api.create(configMap, dependent);
      await target.api.delete(deployment, target.namespace, "foreground", { propagation: "Foreground" });
      const held = await target.api.get(deployment, target.namespace, "foreground");
      assert.ok(held.metadata.deletionTimestamp);
      assert.ok(held.metadata.finalizers?.includes("foregroundDeletion"));
      await target.eventually("the dependent is being deleted", async () => {
        const found = await exists(target, configMap, "foreground-dependent");
        return found?.metadata.deletionTimestamp !== undefined;
      });
      assert.ok(await exists(target, deployment, "foreground"));
      await target.api.mergePatch(configMap, target.namespace, "foreground-dependent", {
        metadata: { finalizers: null },
      });
      await target.eventually(
        "the owner is gone",
        async () => !(await exists(target, deployment, "foreground")),
      );
    },
  },
  {
    name: "a background deletion removes the owner at once and its dependents later",
    async run(target) {
      const owner = await target.api.create(deployment, webDeployment(target, "background"));
      const dependent = map(target, "background-dependent");
      dependent.metadata.ownerReferences = ownedBy(owner);
      await target.api.create(configMap, dependent);
      await target.api.delete(deployment, target.namespace, "background", { propagation: "Background" });
      assert.equal(await exists(target, deployment, "background"), undefined);
      await target.eventually(
        "the dependent is gone",
        async () => !(await exists(target, configMap, "background-dependent")),
      );
    },
  },
  {
    name: "an orphaning deletion leaves the dependents without an owner",
    async run(target) {
      const owner = await target.api.create(deployment, webDeployment(target, "orphaning"));
      const dependent = map(target, "orphan");
      dependent.metadata.ownerReferences = ownedBy(owner);
      await target.api.create(configMap, dependent);
      await target.api.delete(deployment, target.namespace, "orphaning", { propagation: "Orphan" });
      await target.eventually(
        "the owner is gone",
        async () => !(await exists(target, deployment, "orphaning")),
      );
      const left = await target.api.get(configMap, target.namespace, "orphan");
      assert.equal(left.metadata.ownerReferences, undefined);
    },
  },
  {
    name: "an object with an owner that never existed is garbage collected",
    async run(target) {
      const missingOwner = webDeployment(target, "missing-owner");
      missingOwner.metadata.uid = "00000000-0000-4000-a000-000000000001";
      const dependent = map(target, "missing-owner-dependent");
      dependent.metadata.ownerReferences = ownedBy(missingOwner);
      await target.api.create(configMap, dependent);
      await target.eventually(
        "it is gone",
        async () => !(await exists(target, configMap, "missing-owner-dependent")),
      );
    },
  },
  {
    name: "a deletion that waits increases the generation; a second one changes nothing",
    async run(target) {
      const object = webDeployment(target, "deleting");
      object.metadata.finalizers = ["example.org/hold"];
      await target.api.create(deployment, object);
      await target.api.delete(deployment, target.namespace, "deleting");
      const once = await target.api.get(deployment, target.namespace, "deleting");
      assert.equal(once.metadata.generation, 2);
      await target.api.delete(deployment, target.namespace, "deleting");
      const twice = await target.api.get(deployment, target.namespace, "deleting");
      assert.equal(twice.metadata.deletionTimestamp, once.metadata.deletionTimestamp);
      assert.equal(twice.metadata.generation, 2);
      await target.api.mergePatch(deployment, target.namespace, "deleting", {
        metadata: { finalizers: null },
      });
      assert.equal(await exists(target, deployment, "deleting"), undefined);
    },
  },
];
