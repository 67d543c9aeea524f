import assert from "node:assert/strict";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { type KubeCase, map, refusal, typesOf, watched } from "./kubeTarget.ts";

const { configMap } = resourceTypes;

export const readCases: KubeCase[] = [
  {
    name: "get of a missing object is NotFound, delete of a missing object succeeds",
    async run(target) {
      await refusal(404, "NotFound", target.api.get(configMap, target.namespace, "nothing"));
      await target.api.delete(configMap, target.namespace, "nothing");
    },
  },
  {
    name: "lists select by label, and return the resourceVersion to watch from",
    async run(target) {
      await target.api.create(configMap, map(target, "list-a"));
      await target.api.create(configMap, map(target, "list-b"));
      const chosen = async (labelSelector: string): Promise<string[]> => {
        const { items } = await target.api.list(configMap, { namespace: target.namespace, labelSelector });
        return items.map((item) => item.metadata.name).sort();
      };
      assert.deepEqual(await chosen("case=list-a"), ["list-a"]);
      assert.deepEqual(await chosen("case in (list-a, list-b)"), ["list-a", "list-b"]);
      assert.deepEqual(await chosen("case in (list-a, list-b),case!=list-a"), ["list-b"]);
      assert.deepEqual(await chosen("case in (list-a, list-b),!case"), []);
      const byName = { namespace: target.namespace, fieldSelector: "metadata.name=list-b" };
      assert.equal((await target.api.list(configMap, byName)).items.length, 1);
      const { resourceVersion } = await target.api.list(configMap, { namespace: target.namespace });
      assert.ok(Number(resourceVersion) > 0);
    },
  },
  {
    name: "a watch from a resourceVersion delivers the later changes, in order",
    async run(target) {
      const { resourceVersion } = await target.api.list(configMap, { namespace: target.namespace });
      await target.api.create(configMap, map(target, "watch", { a: "1" }));
      await target.api.mergePatch(configMap, target.namespace, "watch", { data: { a: "2" } });
      await target.api.delete(configMap, target.namespace, "watch");
      const events = await watched(target, "watch", resourceVersion, (seen) => seen.length === 3);
      assert.deepEqual(typesOf(events), ["ADDED", "MODIFIED", "DELETED"]);
    },
  },
  {
    name: "a watch with initial events delivers the present objects, then the end of the initial events",
    async run(target) {
      await target.api.create(configMap, map(target, "initial", { a: "1" }));
      const events = await watched(target, "initial", undefined, (seen) => seen.at(-1)?.type === "BOOKMARK");
      assert.deepEqual(typesOf(events), ["ADDED", "BOOKMARK"]);
      const last = events.at(-1);
      assert.ok(last?.type === "BOOKMARK" && last.initialEventsEnd && Number(last.resourceVersion) > 0);
    },
  },
  {
    name: "a watch with a selector delivers DELETED when an object stops matching",
    async run(target) {
      await target.api.create(configMap, map(target, "relabelled"));
      const { resourceVersion } = await target.api.list(configMap, { namespace: target.namespace });
      await target.api.mergePatch(configMap, target.namespace, "relabelled", {
        metadata: { labels: { case: "elsewhere" } },
      });
      const events = await watched(target, "relabelled", resourceVersion, (seen) => seen.length === 1);
      assert.deepEqual(typesOf(events), ["DELETED"]);
    },
  },
];
