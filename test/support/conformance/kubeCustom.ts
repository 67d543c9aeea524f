import assert from "node:assert/strict";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { exists, type KubeCase, type KubeTarget, refusal } from "./kubeTarget.ts";

const type = resourceTypes.flinkDeployment;

const resource = (target: KubeTarget, name: string, spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name, namespace: target.namespace },
  spec: {
    image: "example.invalid/none:1",
    flinkVersion: "v1_20",
    serviceAccount: "flink",
    job: { jarURI: "local:///job.jar", parallelism: 1, upgradeMode: "stateless" },
    ...spec,
  },
});

const specOf = (object: KubeObject) => object.spec as Record<string, unknown>;

/** The API server's handling of our own kind, with the generated CRD. */
export const customCases: KubeCase[] = [
  {
    name: "a custom resource's generation counts changes of the spec, not of labels or status",
    async run(target) {
      const created = await target.api.create(type, resource(target, "generation"));
      assert.equal(created.metadata.generation, 1);
      const labels = { metadata: { labels: { more: "yes" } } };
      const labelled = await target.api.mergePatch(type, target.namespace, "generation", labels);
      assert.equal(labelled.metadata.generation, 1);
      const updated = await target.api.replaceStatus(type, {
        ...labelled,
        status: { lifecycleState: "CREATED" },
      });
      assert.equal(updated.metadata.generation, 1);
      assert.notEqual(updated.metadata.resourceVersion, labelled.metadata.resourceVersion);
      const edit = { spec: { restartNonce: 1 } };
      const edited = await target.api.mergePatch(type, target.namespace, "generation", edit);
      assert.equal(edited.metadata.generation, 2);
      const again = await target.api.mergePatch(type, target.namespace, "generation", edit);
      assert.equal(again.metadata.generation, 2);
      assert.equal(again.metadata.resourceVersion, edited.metadata.resourceVersion);
    },
  },
  {
    name: "a patch of a custom resource does not change its status, and a status write does not change its spec",
    async run(target) {
      const created = await target.api.create(type, resource(target, "apart"));
      const patch = { status: { lifecycleState: "STABLE" } };
      const patched = await target.api.mergePatch(type, target.namespace, "apart", patch);
      assert.equal(patched.status, undefined);
      const spec = { ...specOf(created), image: "example.invalid/other:1" };
      const updated = await target.api.replaceStatus(type, { ...patched, spec, status: { error: "e" } });
      assert.equal(specOf(updated).image, "example.invalid/none:1");
      assert.deepEqual(updated.status, { error: "e" });
    },
  },
  {
    name: "a deletion that waits for a finalizer increases the generation of a custom resource",
    async run(target) {
      const object = resource(target, "deleting");
      object.metadata.finalizers = ["example.org/hold"];
      await target.api.create(type, object);
      await target.api.delete(type, target.namespace, "deleting");
      const held = await target.api.get(type, target.namespace, "deleting");
      assert.ok(held.metadata.deletionTimestamp);
      assert.equal(held.metadata.generation, 2);
      const updated = await target.api.replaceStatus(type, { ...held, status: { error: "e" } });
      assert.deepEqual(updated.status, { error: "e" }, "its status can still be written");
      await target.api.mergePatch(type, target.namespace, "deleting", { metadata: { finalizers: null } });
      assert.equal(await exists(target, type, "deleting"), undefined);
    },
  },
  {
    name: "fields that are not in the schema are dropped",
    async run(target) {
      const created = await target.api.create(type, resource(target, "pruned", { noSuchField: 1 }));
      assert.equal("noSuchField" in specOf(created), false);
      const status = { noSuchField: 1, error: "e" };
      const updated = await target.api.replaceStatus(type, { ...created, status });
      assert.deepEqual(updated.status, { error: "e" });
    },
  },
  {
    name: "a violation of the schema or its rules is refused, and the error names the field",
    async run(target) {
      const created = await target.api.create(type, resource(target, "ruled", { mode: "native" }));
      // Transition rules compare with the deployed spec.
      const lastReconciledSpec = '{"spec":{"mode":"native"},"resource_metadata":{}}';
      const reconciliationStatus = { lastReconciledSpec, state: "DEPLOYED" };
      await target.api.replaceStatus(type, { ...created, status: { reconciliationStatus } });
      const edits: [string, unknown][] = [
        ["spec.job.upgradeMode", { job: { upgradeMode: "laststate" } }],
        ["spec.flinkVersion", { flinkVersion: "v9_9" }],
        ["spec.job.parallelism", { job: { parallelism: "two" } }],
        ["spec.job.parallelism", { job: { parallelism: 0 } }],
        ["spec.mode", { mode: "standalone" }],
      ];
      for (const [field, spec] of edits) {
        const request = target.api.mergePatch(type, target.namespace, "ruled", { spec });
        assert.match(await refusal(422, "Invalid", request), new RegExp(field));
      }
      const { metadata } = await target.api.get(type, target.namespace, "ruled");
      assert.equal(metadata.generation, 1);
    },
  },
];
