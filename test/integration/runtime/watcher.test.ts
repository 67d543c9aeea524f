import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/api/kubernetes.ts";
import type { KubeClient, KubeClientOptions } from "../../../src/kube/client.ts";
import type { ClusterAccess } from "../../../src/kube/clusterAccess.ts";
import { kubeconfigAccess } from "../../../src/kube/kubeconfig.ts";
import type { Change } from "../../../src/runtime/store.ts";
import {
  clientOf,
  compactEtcd,
  createNamespace,
  restartApiServer,
  sharedControlPlane,
} from "../../support/controlPlane.ts";
import { eventually } from "../../support/eventually.ts";
import { type Fault, type HttpFaultProxy, httpFaultProxy } from "../../support/httpFaultProxy.ts";
import { type TcpProxy, tcpProxy } from "../../support/tcpProxy.ts";
import { defineWidgets, newWidget, widget } from "../../support/widgets.ts";
import { type Follower, follow } from "./follower.ts";

// A watcher may be late, but it may not miss a change: whatever faults the network or the API server have, its store
// finally has the objects of the API server.

const plane = sharedControlPlane();
const access = kubeconfigAccess(plane.kubeconfig);
let direct: KubeClient;
let namespace: string;
let follower: Follower;

beforeAll(async () => {
  direct = clientOf(plane);
  await defineWidgets(direct);
});
afterAll(() => direct.close());
beforeEach(async () => {
  namespace = await createNamespace(direct, "watcher");
  for (const name of ["a", "b", "c"]) await create(name);
});

const create = (name: string) => direct.create(widget, newWidget(namespace, name, { size: 0 }));
const remove = (name: string) => direct.delete(widget, namespace, name);
const resize = (name: string, size: number) => direct.mergePatch(widget, namespace, name, { spec: { size } });
const errors = () => follower.reports.flatMap((report) => report.error ?? []);
const sizesOf = (name: string, changes: Change<KubeObject>[]): unknown[] =>
  changes
    .filter((change) => change.new?.metadata.name === name)
    .map((change) => (change.new?.spec as { size?: number } | undefined)?.size);
const names = () => [...follower.store.values()].map((object) => object.metadata.name).sort();

describe("the API server", () => {
  beforeEach(async () => {
    follower = follow(namespace, access);
    await follower.waitUntilSynced(direct);
  });
  afterEach(() => follower.stop());

  test("changes are delivered in order", async () => {
    await create("d");
    await resize("a", 1);
    await remove("b");
    await follower.waitUntilSynced(direct);
    expect(names()).toEqual(["a", "c", "d"]);
    expect(follower.reports.map((report) => report.to)).toEqual(["InitialList", "Watching"]);
    expect(follower.changes.map((change) => (change.new ?? change.old)?.metadata.name)).toEqual([
      ..."abc",
      ..."dab",
    ]);
  });

  test("is killed and restarts", async () => {
    await resize("a", 1);
    await restartApiServer(plane);
    await remove("b");
    await create("d");
    await follower.waitUntilSynced(direct);
    expect(names()).toEqual(["a", "c", "d"]);
    expect(errors()).not.toEqual([]);
  });
});

describe("the network", () => {
  let proxy: TcpProxy;
  const connectThroughProxy = (options?: KubeClientOptions) => {
    const by: ClusterAccess = { ...access, server: `https://127.0.0.1:${proxy.port}` };
    follower = follow(namespace, by, options);
    return follower.waitUntilSynced(direct);
  };
  beforeEach(async () => {
    proxy = await tcpProxy(Number(new URL(access.server).port));
  });
  afterEach(async () => {
    await follower.stop();
    await proxy.close();
  });

  test("is down until the resourceVersion has expired: deletions in the meantime are noticed", async () => {
    await connectThroughProxy();
    proxy.refuse(true);
    proxy.cut();
    await remove("b");
    await create("d");
    await resize("a", 1);
    await compactEtcd(plane);
    await restartApiServer(plane);
    await create("e");
    expect(names()).toEqual(["a", "b", "c"]);
    const before = follower.changes.length;
    proxy.refuse(false);
    await follower.waitUntilSynced(direct);
    expect(names()).toEqual(["a", "c", "d", "e"]);
    expect(errors().map((error) => error.status)).toContain(410);
    expect(follower.reports.map((report) => report.to)).toContain("Empty");
    // Each change once, and none for unchanged objects.
    const changed = follower.changes.slice(before).map((change) => (change.new ?? change.old)?.metadata.name);
    expect(changed.sort()).toEqual(["a", "b", "d", "e"]);
  });

  test("loses a connection without closing it: the silence is noticed", async () => {
    await connectThroughProxy({ watchSilenceMs: 2_000 });
    proxy.stall();
    await create("d");
    await remove("a");
    await follower.waitUntilSynced(direct);
    expect(names()).toEqual(["b", "c", "d"]);
    expect(errors().map((error) => error.reason)).toContain("Silent");
  });

  test("cuts the connection repeatedly during a stream of changes", async () => {
    await connectThroughProxy();
    let cuts = 0;
    let over = false;
    const cutting = (async () => {
      while (!over) {
        await wait(150);
        cuts += proxy.open;
        proxy.cut();
      }
    })();
    for (let i = 0; i < 300; i++) {
      await resize("a", i + 1);
      if (i % 10 === 0) await create(`extra-${i}`);
      if (i % 20 === 0) await remove(`extra-${i}`);
    }
    over = true;
    await cutting;
    await follower.waitUntilSynced(direct);
    expect(cuts).toBeGreaterThan(0);
    expect(follower.store.get(namespace, "a")?.spec).toEqual({ size: 300 });
    const sizes = sizesOf("a", follower.changes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => Number(a) - Number(b)));
  });
});

describe("the API server's responses", () => {
  let proxy: HttpFaultProxy;
  const isWatch = (path: string) => path.includes("watch=1");
  const isStream = (path: string) => path.includes("sendInitialEvents");
  /** Injects the fault into the first `times` requests that match. */
  const injectFault = (times: number, matches: (path: string) => boolean, fault: Fault) => {
    let left = times;
    proxy.injectFaults((path) => (matches(path) && left-- > 0 ? fault : undefined));
  };
  const start = (options?: KubeClientOptions) => {
    follower = follow(namespace, { server: proxy.url, namespace: "default" }, options);
  };
  beforeEach(async () => {
    proxy = await httpFaultProxy(access);
  });
  afterEach(async () => {
    await follower.stop();
    await proxy.close();
  });

  test.each([500, 503, 429])("%i at the initial list", async (status) => {
    injectFault(2, isStream, { status, reason: "InternalError" });
    start();
    await follower.waitUntilSynced(direct);
    expect(errors().map((error) => error.status)).toEqual([status, status]);
  });

  test.each([400, 422])("%i at a streamed list: the watcher lists in pages", async (status) => {
    injectFault(Number.POSITIVE_INFINITY, isStream, { status, reason: "Invalid" });
    start();
    await follower.waitUntilSynced(direct);
    await create("d");
    await follower.waitUntilSynced(direct);
    expect(names()).toEqual(["a", "b", "c", "d"]);
  });

  test.each([500, 503, 429])("%i at the paged list and at the watch after it", async (status) => {
    let left = 2;
    proxy.injectFaults((path) => {
      if (isStream(path)) return { status: 422, reason: "Invalid" };
      return left-- > 0 ? { status, reason: "InternalError" } : undefined;
    });
    start();
    await follower.waitUntilSynced(direct);
    left = 1;
    await create("d");
    await follower.waitUntilSynced(direct);
    expect(errors().filter((error) => error.status === status).length).toBeGreaterThanOrEqual(2);
  });

  test("410 at the watch after a list: deletions in between are noticed", async () => {
    proxy.injectFaults((path) => {
      if (isStream(path)) return { status: 422, reason: "Invalid" };
      return isWatch(path) && proxy.requests.length < 4 ? { status: 410, reason: "Expired" } : undefined;
    });
    start();
    await eventually("the first list is complete", () => follower.store.size === 3);
    await remove("a");
    await follower.waitUntilSynced(direct);
    expect(names()).toEqual(["b", "c"]);
  });

  test.each([1, 2, 4])("line %i of the watch is truncated", async (truncateLine) => {
    injectFault(1, isWatch, { truncateLine });
    start();
    await create("d");
    await remove("a");
    await eventually("the truncation is noticed", () =>
      errors().some((error) => error.reason === "Truncated"),
    );
    await follower.waitUntilSynced(direct);
    expect(names()).toEqual(["b", "c", "d"]);
  });

  test("a list slower than its deadline, then a slow one: no partial list is visible", async () => {
    let slow = 3_000;
    proxy.injectFaults((path) => {
      if (isStream(path)) return { status: 422, reason: "Invalid" };
      if (isWatch(path)) return undefined;
      const delayMs = slow;
      slow = 500;
      return { delayMs };
    });
    const sizes: number[] = [];
    start({ requestTimeoutMs: 1_000 });
    follower.store.subscribe(() => sizes.push(follower.store.size));
    await remove("c");
    await follower.waitUntilSynced(direct);
    expect(errors().map((error) => error.reason)).toContain("Timeout");
    expect(sizes).toEqual([2, 2]);
  });
});

test("own writes are visible at once and never rolled back, however late the watch is", async () => {
  const proxy = await httpFaultProxy(access);
  proxy.injectFaults(() => ({ lagMs: 50 }));
  follower = follow(namespace, { server: proxy.url, namespace: "default" });
  await follower.waitUntilSynced(direct);
  const before = follower.changes.length;
  for (let size = 1; size <= 200; size++) {
    follower.store.observeWrite(await resize("a", size));
    expect(follower.store.get(namespace, "a")?.spec).toEqual({ size });
    if (size % 50 === 0) await create(`between-${size}`);
  }
  await follower.waitUntilSynced(direct);
  expect(sizesOf("a", follower.changes.slice(before))).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));

  const uid = follower.store.get(namespace, "a")?.metadata.uid ?? "";
  await remove("a");
  follower.store.observeDelete(namespace, "a", uid);
  expect(follower.store.get(namespace, "a")?.metadata.deletionTimestamp ?? "gone").toBeTruthy();
  follower.store.observeWrite(await create("a"));
  await follower.waitUntilSynced(direct);
  await follower.stop();
  await proxy.close();
});
