import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { createKubeClient, fieldManager, type KubeClient } from "../../../src/kube/client.ts";
import { isAlreadyExists, isConflict, isNotFound, type KubeError } from "../../../src/kube/errors.ts";
import { kubeconfigAccess } from "../../../src/kube/kubeconfig.ts";
import type { RequestRecord } from "../../../src/kube/transport.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../../support/controlPlane.ts";
import { defineWidgets, newWidget, widget } from "../../support/widgets.ts";

// The API server's behaviour that the operator relies on, tested with a real one.

let client: KubeClient;
let namespace: string;
const requests: RequestRecord[] = [];

beforeAll(async () => {
  client = clientOf(sharedControlPlane(), { onRequest: (record) => requests.push(record) });
  await defineWidgets(client);
  namespace = await createNamespace(client, "client");
});
afterAll(() => client.close());

const failure = (promise: Promise<unknown>): Promise<KubeError> =>
  promise.then(
    () => expect.unreachable("the request should fail"),
    (error) => error as KubeError,
  );
const create = (name: string, spec = {}) => client.create(widget, newWidget(namespace, name, spec));
const get = (name: string) => client.get(widget, namespace, name);
const specOf = (object: KubeObject) => object.spec as Record<string, unknown>;

test("a second create is AlreadyExists", async () => {
  const made = await create("once", { size: 1 });
  expect(made).toMatchObject({ apiVersion: "test.example.org/v1", kind: "Widget", spec: { size: 1 } });
  expect(made.metadata.uid).toBeTruthy();
  expect(isAlreadyExists(await failure(create("once")))).toBe(true);
  expect(isNotFound(await failure(get("never")))).toBe(true);
});

test("the error for an invalid object names every cause", async () => {
  const error = await failure(create("invalid", { size: -1, color: "green" }));
  expect(error).toMatchObject({ status: 422, reason: "Invalid" });
  expect(error.message).toContain("spec.size");
  expect(error.message).toContain("spec.color");
});

test("a dry run is validated like a write, and stores nothing", async () => {
  await client.create(widget, newWidget(namespace, "dry", { size: 1 }), { dryRun: true });
  expect(isNotFound(await failure(get("dry")))).toBe(true);
  const refused = client.apply(widget, newWidget(namespace, "dry", { size: -1 }), { dryRun: true });
  expect(await failure(refused)).toMatchObject({ status: 422 });
});

test("apply creates, changes, and removes fields that it no longer contains; fields of others stay", async () => {
  const made = await client.apply(
    widget,
    newWidget(namespace, "applied", { size: 1, labels: { mine: "1" } }),
  );
  const managers = made.metadata.managedFields as { manager: string; operation: string }[];
  expect(managers).toMatchObject([{ manager: fieldManager, operation: "Apply" }]);
  await client.mergePatch(widget, namespace, "applied", { spec: { labels: { theirs: "2" }, color: "red" } });
  const changed = await client.apply(widget, newWidget(namespace, "applied", { size: 2 }));
  expect(specOf(changed)).toEqual({ size: 2, labels: { theirs: "2" }, color: "red" });
});

test("an apply that changes nothing keeps the resourceVersion", async () => {
  const first = await client.apply(widget, newWidget(namespace, "idle", { size: 1 }));
  const second = await client.apply(widget, newWidget(namespace, "idle", { size: 1 }));
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
});

test("a status write changes only the status, and only at the same resourceVersion", async () => {
  const made = await create("status", { size: 1 });
  const written = await client.replaceStatus(widget, {
    ...made,
    // Omitted and changed on purpose: a status write must not change them.
    metadata: { ...made.metadata, labels: { not: "written" }, managedFields: undefined },
    spec: { size: 9 },
    status: { phase: "ready" },
  });
  expect(written).toMatchObject({ spec: { size: 1 }, status: { phase: "ready" } });
  expect(written.metadata.labels).toBeUndefined();
  expect(written.metadata.managedFields).toBeTruthy();
  expect(written.metadata.generation).toBe(1);
  const stale = await failure(client.replaceStatus(widget, { ...made, status: { phase: "lost" } }));
  expect(isConflict(stale)).toBe(true);
  expect((await get("status")).status).toEqual({ phase: "ready" });
});

test("a merge patch with a resourceVersion has the same optimistic lock", async () => {
  const made = await create("patched", { size: 1 });
  const { resourceVersion } = made.metadata;
  await client.mergePatch(widget, namespace, "patched", { spec: { size: 2 } });
  const locked = { metadata: { resourceVersion }, spec: { size: 3 } };
  expect(isConflict(await failure(client.mergePatch(widget, namespace, "patched", locked)))).toBe(true);
  expect(specOf(await get("patched"))).toEqual({ size: 2 });
});

test("a delete with a precondition does not delete another object or version", async () => {
  const made = await create("guarded");
  const { uid = "", resourceVersion = "" } = made.metadata;
  expect(isConflict(await failure(client.delete(widget, namespace, "guarded", { uid: "other" })))).toBe(true);
  await client.mergePatch(widget, namespace, "guarded", { spec: { size: 1 } });
  const stale = client.delete(widget, namespace, "guarded", { uid, resourceVersion });
  expect(isConflict(await failure(stale))).toBe(true);
  await client.delete(widget, namespace, "guarded", { uid });
  await client.delete(widget, namespace, "guarded", { uid });
  expect(isNotFound(await failure(get("guarded")))).toBe(true);
});

test("a finalizer keeps a deleted object until it is removed", async () => {
  const held = newWidget(namespace, "held");
  held.metadata.finalizers = ["test.example.org/hold"];
  await client.create(widget, held);
  await client.delete(widget, namespace, "held");
  const terminating = await get("held");
  expect(terminating.metadata.deletionTimestamp).toBeTruthy();
  await client.mergePatch(widget, namespace, "held", { metadata: { finalizers: null } });
  expect(isNotFound(await failure(get("held")))).toBe(true);
});

test("lists collections in pages, compressed, with the kind of each item", async () => {
  const { configMap } = resourceTypes;
  const names = Array.from({ length: 25 }, (_, i) => `page-${String(i).padStart(2, "0")}`);
  const filler = "x".repeat(20_000);
  await Promise.all(
    names.map((name, i) =>
      client.create(configMap, {
        metadata: { name, namespace, labels: { half: i % 2 === 0 ? "even" : "odd" } },
        data: { filler },
      }),
    ),
  );
  requests.length = 0;
  const all = await client.list(configMap, { namespace, labelSelector: "half", limit: 10 });
  expect(all.items.map((item) => item.metadata.name).sort()).toEqual(names);
  expect(all.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { filler } });
  expect(requests).toHaveLength(3);
  const odd = await client.list(configMap, {
    namespace,
    labelSelector: "half=odd",
    fieldSelector: "metadata.name!=page-01",
  });
  expect(odd.items).toHaveLength(11);
});

test("a client with an invalid token is refused", async () => {
  const { server, ca, namespace: own } = kubeconfigAccess(sharedControlPlane().kubeconfig);
  const authorization = { header: () => "Bearer not-a-token", renew: () => false };
  const unauthorized = createKubeClient({ server, ca, namespace: own, authorization });
  expect(await failure(unauthorized.list(widget))).toMatchObject({ status: 401, reason: "Unauthorized" });
  await unauthorized.close();
});

test("a server with an untrusted certificate gets no request", async () => {
  const { server, namespace: own } = kubeconfigAccess(sharedControlPlane().kubeconfig);
  const withoutCa = createKubeClient({ server, namespace: own });
  const error = await failure(withoutCa.list(widget));
  expect(error).toMatchObject({ status: 0, reason: "Broken" });
  expect(error.message).toMatch(/certificate/);
  await withoutCa.close();
});
