import { beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../api/kubernetes.ts";
import { ownOnly } from "./ownOnly.ts";
import { createStore, type Store, type StoreFeed } from "./store.ts";

const object = (namespace: string, version: number, name = "x"): KubeObject => ({
  metadata: { name, namespace, uid: `${namespace}-${name}`, resourceVersion: String(version) },
});

let store: Store<KubeObject>;
let feed: StoreFeed;

beforeEach(() => {
  store = createStore({ now: () => 0 });
  feed = ownOnly(store, ({ metadata }) => metadata.namespace === "own").feed();
});

const stored = () => [...store.values()].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

function list(version: number, ...objects: KubeObject[]): void {
  const relist = feed.relist();
  for (const each of objects) relist.applied(each);
  relist.commit(String(version));
}

test("objects of others are not kept, listed or watched", () => {
  list(3, object("own", 1), object("other", 2));
  expect([stored(), store.synced]).toEqual([["own/x"], true]);
  feed.applied(object("other", 4));
  feed.applied(object("own", 5, "y"));
  feed.deleted(object("other", 6));
  expect(stored()).toEqual(["own/x", "own/y"]);
  feed.deleted(object("own", 7));
  expect(stored()).toEqual(["own/y"]);
});

test("an own object that is deleted while it is listed is gone", () => {
  const relist = feed.relist();
  relist.applied(object("own", 1));
  relist.applied(object("other", 1));
  relist.deleted(object("own", 2));
  relist.deleted(object("other", 2));
  relist.commit("3");
  expect([stored(), store.entries]).toEqual([[], 0]);
});

test("the watch is as far as the object of another: a response to an older write of ours does not revert it", () => {
  list(1, object("own", 1));
  feed.applied(object("other", 9));
  store.observeWrite(object("own", 8));
  expect(store.get("own", "x")?.metadata.resourceVersion).toBe("1");
  store.observeWrite(object("own", 10));
  expect(store.get("own", "x")?.metadata.resourceVersion).toBe("10");
});
