import { describe, expect, test } from "vitest";
import type { KubeObject } from "../api/kubernetes.ts";
import { byLabel, byOwnerUid } from "./indices.ts";
import { type Change, createStore, type Store } from "./store.ts";

/** An object from the API server. Its uid identifies the incarnation. */
function object(name: string, version: number, more: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const metadata = { name, namespace: "ns", uid: `${name}-1`, resourceVersion: String(version), ...more };
  return { metadata };
}

function watched(namespace?: string) {
  const store = createStore({ now: () => 0 });
  const feed = store.feed(namespace);
  const changes: Change<KubeObject>[] = [];
  store.subscribe((change) => changes.push(change));
  const list = (version: number, ...objects: KubeObject[]) => {
    const relist = feed.relist();
    for (const each of objects) relist.applied(each);
    relist.commit(String(version));
  };
  return { store, feed, changes, list };
}

const versionsOf = (store: Store<KubeObject>) =>
  Object.fromEntries([...store.values()].map(({ metadata }) => [metadata.name, metadata.resourceVersion]));

const names = (changes: Change<KubeObject>[]) =>
  changes.map((c) => `${c.old?.metadata.name ?? ""}→${c.new?.metadata.name ?? ""}`);

describe("an event of the watch", () => {
  test("is stored without bookkeeping, and reported to subscribers with the old state", () => {
    const { store, feed, changes, list } = watched();
    list(1);
    feed.applied(object("a", 2, { managedFields: [{}] }));
    feed.applied(object("a", 3));
    feed.deleted(object("a", 4));
    expect(changes.map((c) => [c.old?.metadata.resourceVersion, c.new?.metadata.resourceVersion])).toEqual([
      [undefined, "2"],
      ["2", "3"],
      ["3", undefined],
    ]);
    expect(changes[0]?.new?.metadata).not.toHaveProperty("managedFields");
    expect(store.get("ns", "a")).toBeUndefined();
    expect(store.size).toBe(0);
  });

  test("with the same state is no change", () => {
    const { feed, changes, list } = watched();
    list(2, object("a", 2));
    changes.length = 0;
    feed.applied(object("a", 2));
    list(5, object("a", 2));
    expect(changes).toEqual([]);
  });
});

describe("a relist", () => {
  test("changes nothing before its commit, and then everything at once", () => {
    const { store, feed, changes, list } = watched();
    list(3, object("kept", 1), object("changed", 2), object("gone", 3));
    changes.length = 0;
    const seen: Record<string, string | undefined>[] = [];
    store.subscribe(() => seen.push(versionsOf(store)));
    const relist = feed.relist();
    relist.applied(object("kept", 1));
    relist.applied(object("changed", 5));
    relist.applied(object("new", 6));
    expect(versionsOf(store)).toEqual({ kept: "1", changed: "2", gone: "3" });
    relist.commit("7");
    expect(names(changes).sort()).toEqual(["changed→changed", "gone→", "→new"]);
    expect(seen).toEqual(Array(3).fill({ kept: "1", changed: "5", new: "6" }));
  });

  test("keeps the very objects that have not changed", () => {
    const { store, list } = watched();
    list(3, object("a", 1));
    const before = store.get("ns", "a");
    list(4, object("a", 1));
    expect(store.get("ns", "a")).toBe(before);
  });

  test("reports an object that was deleted and created again in the gap as a change", () => {
    const { store, changes, list } = watched();
    list(3, object("a", 1));
    list(9, object("a", 8, { uid: "a-2" }));
    expect(store.get("ns", "a")?.metadata.uid).toBe("a-2");
    expect(names(changes)).toEqual(["→a", "a→a"]);
  });

  test("accepts older data after a restore of the server", () => {
    const { store, list } = watched();
    list(30, object("a", 20), object("b", 30));
    list(10, object("a", 5));
    expect(versionsOf(store)).toEqual({ a: "5" });
    // The same resourceVersions again, for other objects.
    list(20, object("a", 5, { uid: "a-2" }));
    expect(store.get("ns", "a")?.metadata.uid).toBe("a-2");
  });

  test("of one namespace does not affect the others", () => {
    const store = createStore();
    const [one, two] = [store.feed("one"), store.feed("two")];
    const relistOne = one.relist();
    relistOne.applied(object("a", 1, { namespace: "one" }));
    relistOne.commit("5");
    const relistTwo = two.relist();
    relistTwo.applied(object("b", 2, { namespace: "two" }));
    relistTwo.commit("6");
    one.relist().commit("7");
    expect(versionsOf(store)).toEqual({ b: "2" });
    two.detach();
    expect(store.size).toBe(0);
  });
});

describe("read-your-writes", () => {
  test("shows our write at once, and older events do not revert it", () => {
    const { store, feed, changes, list } = watched();
    list(5, object("a", 5));
    changes.length = 0;
    store.observeWrite(object("a", 8));
    expect(changes).toMatchObject([{ own: true }]);
    feed.applied(object("a", 6));
    expect(versionsOf(store)).toEqual({ a: "8" });
    feed.applied(object("a", 8));
    feed.applied(object("a", 9));
    expect(versionsOf(store)).toEqual({ a: "9" });
    expect(changes.map((change) => change.own)).toEqual([true, false, false]);
  });

  test("reports another client's write just before ours, although our response contains it", () => {
    const { store, feed, changes, list } = watched();
    list(5, object("a", 5));
    changes.length = 0;
    store.observeWrite(object("a", 7));
    store.observeWrite(object("a", 9));
    feed.applied(object("a", 7));
    expect(changes.filter((change) => !change.own)).toEqual([]);
    feed.applied(object("a", 8));
    const others = changes.filter((change) => !change.own);
    expect(others.map((c) => [c.old?.metadata.resourceVersion, c.new?.metadata.resourceVersion])).toEqual([
      ["5", "9"],
    ]);
    expect(versionsOf(store)).toEqual({ a: "9" });
    feed.applied(object("a", 9));
    expect(changes).toHaveLength(3);
  });

  test("reports it also after a list, older or newer than our write", () => {
    for (const listed of [6, 7, 8]) {
      const { store, changes, list } = watched();
      list(5, object("a", 5));
      changes.length = 0;
      store.observeWrite(object("a", 7));
      list(listed, object("a", listed));
      expect(changes.map((change) => change.own)).toEqual([true, false]);
      expect(changes[1]?.old?.metadata.resourceVersion).toBe("5");
    }
  });

  test("reports a deletion that our new incarnation has hidden", () => {
    const { store, feed, changes, list } = watched();
    list(5, object("a", 5));
    store.observeWrite(object("a", 8, { uid: "a-2" }));
    changes.length = 0;
    feed.deleted(object("a", 7));
    expect(changes).toMatchObject([
      { own: false, old: { metadata: { uid: "a-1" } }, new: { metadata: { uid: "a-2" } } },
    ]);
  });

  test("shows an object that we created before the watch delivers it", () => {
    const { store, feed, list } = watched();
    list(5);
    store.observeWrite(object("a", 8));
    expect(versionsOf(store)).toEqual({ a: "8" });
    feed.deleted(object("a", 9));
    expect(store.size).toBe(0);
  });

  test("a response that arrives after a newer event does not bring the object back", () => {
    const { store, feed, list } = watched();
    list(5);
    feed.applied(object("a", 8));
    feed.deleted(object("a", 9));
    store.observeWrite(object("a", 8));
    expect(store.size).toBe(0);
    feed.reached("20");
    store.observeWrite(object("b", 15));
    expect(store.size).toBe(0);
  });

  test("the deletion of an old incarnation does not remove our new one", () => {
    const { store, feed, list } = watched();
    list(5, object("a", 5));
    store.observeWrite(object("a", 8, { uid: "a-2" }));
    feed.deleted(object("a", 7));
    expect(store.get("ns", "a")?.metadata.uid).toBe("a-2");
  });

  test("a list older than our write does not revert it, a newer one does", () => {
    const { store, list } = watched();
    list(5, object("a", 5));
    store.observeWrite(object("a", 8));
    store.observeWrite(object("b", 9));
    list(7, object("a", 5));
    expect(versionsOf(store)).toEqual({ a: "8", b: "9" });
    list(12, object("a", 11));
    expect(versionsOf(store)).toEqual({ a: "11" });
  });

  test("an own write that the watch does not deliver is not in its selection, and is removed", () => {
    const { store, feed, list } = watched();
    list(5);
    store.observeWrite(object("elsewhere", 8));
    feed.applied(object("a", 7));
    feed.reached("7");
    expect(versionsOf(store)).toEqual({ elsewhere: "8", a: "7" });
    feed.reached("8");
    expect(versionsOf(store)).toEqual({ a: "7" });
  });

  test("a write in a namespace without a feed is ignored", () => {
    const { store, list } = watched("other");
    list(5);
    store.observeWrite(object("a", 8));
    expect(store.size).toBe(0);
  });

  test("a write before the first list is shown, too", () => {
    const { store, list } = watched();
    store.observeWrite(object("a", 8));
    expect(versionsOf(store)).toEqual({ a: "8" });
    list(7);
    expect(versionsOf(store)).toEqual({ a: "8" });
  });
});

describe("our own deletion", () => {
  const terminating = (store: Store<KubeObject>) => store.get("ns", "a")?.metadata.deletionTimestamp;

  test("shows the object as terminating until the watch delivers its deletion", () => {
    const { store, feed, changes, list } = watched();
    list(5, object("a", 5));
    store.observeDelete("ns", "a", "a-1");
    expect(terminating(store)).toBe("1970-01-01T00:00:00Z");
    list(5, object("a", 5));
    feed.applied(object("a", 6));
    list(7, object("a", 6));
    expect(terminating(store)).toBeDefined();
    feed.deleted(object("a", 8));
    expect(store.size).toBe(0);
    expect(names(changes.filter((change) => change.new === undefined))).toEqual(["a→"]);
  });

  test("is replaced by the server's state of the termination", () => {
    const { store, feed, list } = watched();
    list(5, object("a", 5));
    store.observeDelete("ns", "a", "a-1");
    feed.applied(object("a", 6, { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x"] }));
    expect(store.get("ns", "a")?.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:00Z",
      finalizers: ["x"],
    });
  });

  test("does not affect a new incarnation, before or after", () => {
    const { store, feed, list } = watched();
    list(5, object("a", 5, { uid: "a-2" }));
    store.observeDelete("ns", "a", "a-1");
    expect(terminating(store)).toBeUndefined();
    store.observeDelete("ns", "a", "a-2");
    feed.applied(object("a", 9, { uid: "a-3" }));
    expect(store.get("ns", "a")?.metadata.uid).toBe("a-3");
    expect(terminating(store)).toBeUndefined();
  });

  test("is completed by a list without the object", () => {
    const { store, list } = watched();
    list(5, object("a", 5));
    store.observeDelete("ns", "a", "a-1");
    list(9);
    expect(store.size).toBe(0);
  });
});

describe("indices", () => {
  test("find objects by owner and by label, and are updated", () => {
    const store = createStore({ indices: { owner: byOwnerUid, app: byLabel("app") } });
    const feed = store.feed();
    feed.relist().commit("1");
    const owned = (name: string, version: number, uid: string, app: string) =>
      object(name, version, {
        labels: { app },
        ownerReferences: [{ apiVersion: "v1", kind: "K", name: "o", uid }],
      });
    feed.applied(owned("a", 2, "u1", "x"));
    feed.applied(owned("b", 3, "u1", "y"));
    expect(store.by("owner", "u1").map((each) => each.metadata.name)).toEqual(["a", "b"]);
    expect(store.by("app", "ns/y").map((each) => each.metadata.name)).toEqual(["b"]);
    feed.applied(owned("b", 4, "u2", "x"));
    feed.deleted(owned("a", 5, "u1", "x"));
    expect(store.by("owner", "u1")).toEqual([]);
    expect(store.by("owner", "u2").map((each) => each.metadata.name)).toEqual(["b"]);
    expect(store.by("app", "ns/x").map((each) => each.metadata.name)).toEqual(["b"]);
  });
});

test("is synced once every feed has been listed", async () => {
  const store = createStore();
  expect(store.synced).toBe(false);
  const [one, two] = [store.feed("one"), store.feed("two")];
  let synced = false;
  const done = store.whenSynced().then(() => {
    synced = true;
  });
  one.relist().commit("1");
  await Promise.resolve();
  expect([store.synced, synced]).toEqual([false, false]);
  two.relist().commit("2");
  await done;
  expect(store.synced).toBe(true);
});
