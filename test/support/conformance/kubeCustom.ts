import assert from "node:assert/strict";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { exists, type KubeCase, type KubeTarget, refusal } from "./kubeTarget.ts";

const type = resourceTypes.flinkDeployment;

const resource = (site: KubeTarget, name: string, spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name, namespace: site.namespace },
  spec: {
    image: "example.invalid/none:1",
    flinkVersion: "v1_20",
    serviceAccount: "flink",
    job: { jarURI: "local:///job.jar", parallelism: 1, upgradeMode: "stateless" },
    ...spec,
  },
});

const specOf = (object: KubeObject) => object.spec as Record<string, unknown>;

/** What the API server makes of our own kind, with the generated CRD. */
export const customCases: KubeCase[] = [
  {
    name: "a custom resource's generation counts changes of the spec, not of labels or status",
    async run(site) {
      const created = await site.api.create(type, resource(site, "generation"));
      assert.equal(created.metadata.generation, 1);
      const labels = { metadata: { labels: { more: "yes" } } };
      const labelled = await site.api.mergePatch(type, site.namespace, "generation", labels);
      assert.equal(labelled.metadata.generation, 1);
      const told = await site.api.replaceStatus(type, { ...labelled, status: { lifecycleState: "CREATED" } });
      assert.equal(told.metadata.generation, 1);
      assert.notEqual(told.metadata.resourceVersion, labelled.metadata.resourceVersion);
      const edit = { spec: { restartNonce: 1 } };
      const edited = await site.api.mergePatch(type, site.namespace, "generation", edit);
      assert.equal(edited.metadata.generation, 2);
      const again = await site.api.mergePatch(type, site.namespace, "generation", edit);
      assert.equal(again.metadata.generation, 2);
      assert.equal(again.metadata.resourceVersion, edited.metadata.resourceVersion);
    },
  },
  {
    name: "a patch of a custom resource does not reach its status, nor a status its spec",
    async run(site) {
      const created = await site.api.create(type, resource(site, "apart"));
      const patch = { status: { lifecycleState: "STABLE" } };
      const patched = await site.api.mergePatch(type, site.namespace, "apart", patch);
      assert.equal(patched.status, undefined);
      const spec = { ...specOf(created), image: "example.invalid/other:1" };
      const told = await site.api.replaceStatus(type, { ...patched, spec, status: { error: "e" } });
      assert.equal(specOf(told).image, "example.invalid/none:1");
      assert.deepEqual(told.status, { error: "e" });
    },
  },
  {
    name: "a custom resource that waits for its finalizer has a generation more",
    async run(site) {
      const object = resource(site, "leaving");
      object.metadata.finalizers = ["example.org/hold"];
      await site.api.create(type, object);
      await site.api.delete(type, site.namespace, "leaving");
      const held = await site.api.get(type, site.namespace, "leaving");
      assert.ok(held.metadata.deletionTimestamp);
      assert.equal(held.metadata.generation, 2);
      const told = await site.api.replaceStatus(type, { ...held, status: { error: "e" } });
      assert.deepEqual(told.status, { error: "e" }, "its status can still be written");
      await site.api.mergePatch(type, site.namespace, "leaving", { metadata: { finalizers: null } });
      assert.equal(await exists(site, type, "leaving"), undefined);
    },
  },
  {
    name: "what the schema does not know is dropped",
    async run(site) {
      const created = await site.api.create(type, resource(site, "pruned", { noSuchField: 1 }));
      assert.equal("noSuchField" in specOf(created), false);
      const status = { noSuchField: 1, error: "e" };
      const told = await site.api.replaceStatus(type, { ...created, status });
      assert.deepEqual(told.status, { error: "e" });
    },
  },
  {
    name: "what the schema and its rules forbid is refused, and names the field",
    async run(site) {
      const created = await site.api.create(type, resource(site, "ruled", { mode: "native" }));
      // Rules about changes compare with what is deployed.
      const lastReconciledSpec = '{"spec":{"mode":"native"},"resource_metadata":{}}';
      const reconciliationStatus = { lastReconciledSpec, state: "DEPLOYED" };
      await site.api.replaceStatus(type, { ...created, status: { reconciliationStatus } });
      const edits: [string, unknown][] = [
        ["spec.job.upgradeMode", { job: { upgradeMode: "laststate" } }],
        ["spec.flinkVersion", { flinkVersion: "v9_9" }],
        ["spec.job.parallelism", { job: { parallelism: "two" } }],
        ["spec.job.parallelism", { job: { parallelism: 0 } }],
        ["spec.mode", { mode: "standalone" }],
      ];
      for (const [field, spec] of edits) {
        const request = site.api.mergePatch(type, site.namespace, "ruled", { spec });
        assert.match(await refusal(422, "Invalid", request), new RegExp(field));
      }
      const { metadata } = await site.api.get(type, site.namespace, "ruled");
      assert.equal(metadata.generation, 1);
    },
  },
];
