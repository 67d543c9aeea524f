import assert from "node:assert/strict";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { type KubeCase, map, refusal, typesOf, watched } from "./kubeTarget.ts";

const { configMap } = resourceTypes;

export const readCases: KubeCase[] = [
  {
    name: "get of nothing is NotFound, delete of nothing is fine",
    async run(site) {
      await refusal(404, "NotFound", site.api.get(configMap, site.namespace, "nothing"));
      await site.api.delete(configMap, site.namespace, "nothing");
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
];
