import { beforeEach, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import type { KubeApi, WatchEvent, WatchOptions } from "../kube/api.ts";
import { KubeError } from "../kube/errors.ts";
import { createStore, type Store } from "../runtime/store.ts";
import { createLogger } from "../telemetry/log.ts";
import { createWatchManager, type WatchManager, type WatchManagerOptions } from "./watchManager.ts";

let clock: FakeClock;
let resources: Store<KubeObject>;
let pods: Store<KubeObject>;
let watches: WatchManager;
let opened: string[];
let ready: (string | undefined)[];
let lines: { level: string; msg: string; namespace?: string }[];
let denied: Set<string>;
/** Kinds that the cluster does not serve, with the error. */
let missing: Map<string, KubeError>;
let idle: () => Promise<void>;
let kube: KubeApi;

const inNamespaces = ["a", "b", "c"];
const object = (namespace: string): KubeObject => ({
  metadata: { namespace, name: "x", uid: namespace, resourceVersion: "1" },
});

async function* serve(kind: string, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const { namespace, labelSelector } = options;
  opened.push([kind, namespace ?? "*", ...(labelSelector === undefined ? [] : [labelSelector])].join(" "));
  const absent = missing.get(kind);
  if (absent !== undefined) throw absent;
  if (denied.has(namespace ?? "*")) throw new KubeError(403, "Forbidden", "no right");
  for (const each of inNamespaces)
    if (namespace === undefined || namespace === each) yield { type: "ADDED", object: object(each) };
  yield { type: "BOOKMARK", resourceVersion: "5", initialEventsEnd: true };
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}

beforeEach(() => {
  clock = fakeClock();
  resources = createStore();
  pods = createStore();
  opened = [];
  ready = [];
  lines = [];
  denied = new Set();
  missing = new Map();
  idle = () => Promise.resolve();
  kube = {
    newestVersion: async () => "5",
    watch: (type: { kind: string }, options: WatchOptions, signal: AbortSignal) =>
      serve(type.kind, options, signal),
  } as unknown as KubeApi;
  watches = watchesOf(
    { type: resourceTypes.flinkDeployment, store: resources, labelSelector: "team=x" },
    { type: resourceTypes.pod, store: pods },
  );
});

const watchesOf = (...watchedTypes: WatchManagerOptions["watchedTypes"]): WatchManager =>
  createWatchManager({
    kube,
    clock,
    log: createLogger({ destination: { write: (line) => lines.push(JSON.parse(line)) } }),
    watchedTypes,
    onReady: (namespace) => ready.push(namespace),
    idle: () => idle(),
    random: () => 0.5,
  });

async function follow(...namespaces: string[]): Promise<void> {
  watches.watchNamespaces(namespaces.length === 0 ? undefined : namespaces);
  await clock.settle();
  await clock.settle();
}

const namespacesIn = (store: Store<KubeObject>) =>
  [...store.values()].map(({ metadata }) => metadata.namespace).sort();

it("watches the whole cluster with one watch per type, and primary resources by their labels", async () => {
  await follow();
  expect(opened).toEqual(["FlinkDeployment * team=x", "Pod *"]);
  expect([ready, watches.allReady, watches.isReady("anywhere")]).toEqual([[undefined], true, true]);
});

it("sends no request outside the given namespaces", async () => {
  await follow("a", "b");
  expect(opened.sort()).toEqual(["FlinkDeployment a team=x", "FlinkDeployment b team=x", "Pod a", "Pod b"]);
  expect([ready, watches.isReady("a"), watches.isReady("c")]).toEqual([["a", "b"], true, false]);
});

it("continues in the other namespaces if one is denied, and logs the missing permission (FLINK-41035)", async () => {
  denied.add("b");
  await follow("a", "b");
  expect([ready, watches.isReady("a"), watches.isReady("b"), watches.allReady]).toEqual([
    ["a"],
    true,
    false,
    false,
  ]);
  expect(lines.map(({ msg }) => msg)).toContain("Not allowed to list and watch pods in namespace b");
  expect(
    watches
      .health()
      .filter(({ denied }) => denied)
      .map(({ name }) => name),
  ).toEqual(["flinkdeployments in b", "pods in b"]);
  denied.clear();
  await clock.advance(2_000);
  expect([ready, watches.allReady]).toEqual([["a", "b"], true]);
});

it("adds and removes namespaces while it runs", async () => {
  await follow("a", "b");
  await follow("b", "c");
  expect(ready).toEqual(["a", "b", "c"]);
  expect([namespacesIn(resources), namespacesIn(pods)]).toEqual([
    ["b", "c"],
    ["b", "c"],
  ]);
  expect(opened.filter((each) => each.startsWith("Pod b"))).toHaveLength(1);
});

it("changes from the whole cluster to one namespace and back", async () => {
  await follow();
  await follow("a");
  expect([namespacesIn(pods), watches.isReady("a"), watches.isReady("b")]).toEqual([["a"], true, false]);
  await follow();
  expect([namespacesIn(pods), watches.isReady("b")]).toEqual([["a", "b", "c"], true]);
});

it("keeps the objects that a running reconcile may read until it has ended", async () => {
  await follow("a", "b");
  const running = Promise.withResolvers<void>();
  idle = () => running.promise;
  await follow("b");
  expect([watches.isReady("a"), namespacesIn(resources), namespacesIn(pods)]).toEqual([
    false,
    ["b"],
    ["a", "b"],
  ]);
  running.resolve();
  await clock.settle();
  expect(namespacesIn(pods)).toEqual(["b"]);
});

it.each([
  [new KubeError(404, "NotFound", "there is no such type"), []],
  [
    new KubeError(403, "Forbidden", "no right"),
    ["Not allowed to list and watch flinkstatesnapshots in the whole cluster"],
  ],
])("works without an optional type, and tries it again rarely (%o)", async (absent, reported) => {
  const snapshots = createStore();
  missing.set("FlinkStateSnapshot", absent);
  watches = watchesOf(
    { type: resourceTypes.flinkDeployment, store: resources },
    { type: resourceTypes.flinkStateSnapshot, store: snapshots, optional: true },
  );
  await follow();
  const complaints = lines.map(({ msg }) => msg);
  expect([ready, watches.allReady, complaints]).toEqual([[undefined], true, reported]);
  const { unavailableReason } = watches;
  const why = absent.status === 403 ? "denied" : "not served";
  expect(unavailableReason(resourceTypes.flinkStateSnapshot, "a")).toBe(why);
  await clock.advance(299_000);
  expect(opened.filter((each) => each.startsWith("FlinkStateSnapshot"))).toHaveLength(1);
  expect(watches.health()).toMatchObject([{}, { read: true, brokenSince: undefined, denied: false }]);
  missing.clear();
  await clock.advance(2_000);
  expect(snapshots.size).toBe(3);
  expect(unavailableReason(resourceTypes.flinkStateSnapshot, "a")).toBeUndefined();
  expect(ready).toEqual([undefined]);
});

it("tries an unavailable type again only if a resource needs it", async () => {
  let isNeeded = false;
  missing.set("HTTPRoute", new KubeError(404, "NotFound", "there is no such type"));
  watches = watchesOf(
    { type: resourceTypes.flinkDeployment, store: resources },
    { type: resourceTypes.httpRoute, store: createStore(), optional: true, isNeeded: () => isNeeded },
  );
  const looks = () => opened.filter((each) => each.startsWith("HTTPRoute")).length;
  await follow();
  await clock.advance(24 * 3_600_000);
  expect([ready, looks()]).toEqual([[undefined], 1]);
  isNeeded = true;
  await clock.advance(300_000);
  expect(looks()).toBe(2);
});

it("starts and stops the watch of a type, and starts no reconcile before a new type is read", async () => {
  let isFollowed = false;
  const routes = createStore<KubeObject>();
  const gate = Promise.withResolvers<void>();
  async function* watch(type: { kind: string }, options: WatchOptions, signal: AbortSignal) {
    if (type.kind === "Ingress") await gate.promise;
    yield* serve(type.kind, options, signal);
  }
  watches = createWatchManager({
    kube: { ...kube, watch } as KubeApi,
    clock,
    log: createLogger({ level: "silent" }),
    watchedTypes: [
      { type: resourceTypes.flinkDeployment, store: resources },
      { type: resourceTypes.ingress, store: routes, optional: true, isFollowed: () => isFollowed },
    ],
    onReady: (namespace) => ready.push(namespace),
    idle: () => idle(),
  });
  const seen = () => [
    opened,
    ready.length,
    watches.isReady("a"),
    watches.hasRead(resourceTypes.ingress, "a"),
    namespacesIn(routes),
  ];
  await follow("a");
  expect(seen()).toEqual([["FlinkDeployment a"], 1, true, false, []]);
  isFollowed = true;
  await follow("a");
  expect(seen()).toEqual([["FlinkDeployment a"], 1, false, false, []]);
  gate.resolve();
  await clock.settle();
  expect(seen()).toEqual([["FlinkDeployment a", "Ingress a"], 2, true, true, ["a"]]);
  isFollowed = false;
  await follow("a");
  expect(seen()).toEqual([["FlinkDeployment a", "Ingress a"], 2, true, false, []]);
  isFollowed = true;
  await follow("a");
  expect(seen()).toEqual([["FlinkDeployment a", "Ingress a", "Ingress a"], 3, true, true, ["a"]]);
});
