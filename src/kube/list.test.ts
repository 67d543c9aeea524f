import { afterEach, expect, test } from "vitest";
import { type HttpServer, json, refuse, serve } from "../../test/support/httpServer.ts";
import { resourceTypes } from "../api/kubernetes.ts";
import { createKubeClient, type KubeClient } from "./client.ts";

const { configMap } = resourceTypes;
let server: HttpServer;
let client: KubeClient;
afterEach(() => Promise.all([client.close(), server.close()]));

const named = (...names: string[]) => names.map((name) => ({ metadata: { name } }));

async function connect(answer: Parameters<typeof serve>[0]): Promise<void> {
  server = await serve(answer);
  client = createKubeClient({ server: server.url, namespace: "default" });
}

test("reads all pages and sets the kind of each item", async () => {
  await connect((request, response) => {
    const second = request.query.get("continue") === "next";
    json(response, 200, {
      metadata: { resourceVersion: "9", continue: second ? "" : "next" },
      items: second ? named("c") : named("a", "b"),
    });
  });
  const project = (object: { metadata: { name: string } }) => ({ ...object, seen: true });
  const all = await client.list(configMap, { namespace: "ns", limit: 2, labelSelector: "a=b", project });
  expect(all.resourceVersion).toBe("9");
  expect(all.items).toEqual(
    named("a", "b", "c").map((object) => ({ apiVersion: "v1", kind: "ConfigMap", ...object, seen: true })),
  );
  expect(server.received.map((request) => request.query.toString())).toEqual([
    "labelSelector=a%3Db&limit=2",
    "labelSelector=a%3Db&limit=2&continue=next",
  ]);
});

test("starts again with one page if the pages expire", async () => {
  await connect((request, response) => {
    if (request.query.has("continue")) return refuse(response, 410, "Expired");
    const paged = request.query.has("limit");
    json(response, 200, {
      metadata: { resourceVersion: paged ? "9" : "12", ...(paged ? { continue: "next" } : {}) },
      items: paged ? named("a") : named("a", "b"),
    });
  });
  const all = await client.list(configMap, { limit: 1 });
  expect(all.resourceVersion).toBe("12");
  expect(all.items.map((object) => object.metadata.name)).toEqual(["a", "b"]);
});

test("items may be null; anything other than a list is an error", async () => {
  const answers = [{ metadata: { resourceVersion: "1" }, items: null }, { kind: "Status" }];
  await connect((_, response) => json(response, 200, answers.shift()));
  expect(await client.list(configMap)).toEqual({ resourceVersion: "1", items: [] });
  await expect(client.list(configMap)).rejects.toMatchObject({ status: 0, reason: "Malformed" });
});

test("the newest version is read without the cache, with one object", async () => {
  await connect((request, response) => {
    const { limit, labelSelector } = Object.fromEntries(request.query);
    const isCached = request.query.has("resourceVersion");
    json(response, isCached || limit !== "1" || labelSelector !== "a=b" ? 400 : 200, {
      metadata: { resourceVersion: "12" },
      items: named("a"),
    });
  });
  expect(await client.newestVersion(configMap, { namespace: "ns", labelSelector: "a=b" })).toBe("12");
});
