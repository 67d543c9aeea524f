import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import type { KubeList, WatchEvent, WatchOptions } from "../kube/api.ts";
import { KubeError } from "../kube/errors.ts";
import { createStore, type Store } from "./store.ts";
import { createWatcher, type Watcher, type WatcherReport } from "./watcher.ts";

/** One watch that the watcher has opened. The test acts as the server. */
interface Opened {
  options: WatchOptions;
  send(...events: WatchEvent[]): Promise<void>;
  end(error?: Error): Promise<void>;
}

let clock: FakeClock;
let store: Store<KubeObject>;
let watcher: Watcher;
let opened: Opened[];
let lists: (() => Promise<KubeList>)[];
let listed: number;
let newest: string;
let reports: WatcherReport[];
let abort: AbortController;
let running: Promise<void>;

async function* scripted(options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const pending: (WatchEvent | { error: Error | undefined })[] = [];
  let wake = Promise.withResolvers<void>();
  const put = (...items: typeof pending) => {
    pending.push(...items);
    wake.resolve();
    return clock.settle();
  };
  opened.push({ options, send: put, end: (error) => put({ error }) });
  signal.addEventListener("abort", () => wake.resolve());
  while (!signal.aborted) {
    const next = pending.shift();
    if (next === undefined) {
      await wake.promise;
      wake = Promise.withResolvers();
    } else if ("type" in next) yield next;
    else if (next.error !== undefined) throw next.error;
    else return;
  }
}

beforeEach(async () => {
  clock = fakeClock(0);
  store = createStore();
  opened = [];
  lists = [];
  listed = 0;
  newest = "5";
  reports = [];
  abort = new AbortController();
  watcher = createWatcher({
    api: {
      watch: (_, options, signal) => scripted(options, signal),
      newestVersion: async () => newest,
      async list() {
        listed += 1;
        return (await lists.shift()?.()) ?? expect.unreachable("no list was expected");
      },
    },
    type: resourceTypes.pod,
    selection: { labelSelector: "a=b" },
    feed: store.feed(),
    clock,
    random: () => 0.5,
    onReport: (report) => reports.push(report),
  });
  running = watcher.run(abort.signal);
  await clock.settle();
});

afterEach(async () => {
  abort.abort();
  await running;
  expect(clock.waiting()).toEqual([]);
});

const object = (name: string, version: number): KubeObject => ({
  metadata: { name, namespace: "ns", uid: name, resourceVersion: String(version) },
});
const added = (name: string, version: number): WatchEvent => ({
  type: "ADDED",
  object: object(name, version),
});
const deleted = (name: string, version: number): WatchEvent => ({
  type: "DELETED",
  object: object(name, version),
});
const bookmark = (version: number, initialEventsEnd = false): WatchEvent => ({
  type: "BOOKMARK",
  resourceVersion: String(version),
  initialEventsEnd,
});
const answer = (status: number, reason = "Reason") => new KubeError(status, reason, `${status} ${reason}`);
const latest = () => opened.at(-1) ?? expect.unreachable("no watch was opened");
const shown = () => [...store.values()].map((each) => each.metadata.name).sort();

async function reachWatching(): Promise<void> {
  await latest().send(added("a", 3), added("b", 4), bookmark(5, true));
}

describe("the initial list", () => {
  test("is streamed, committed as a whole, and the same watch continues", async () => {
    expect(latest().options).toMatchObject({
      sendInitialEvents: true,
      labelSelector: "a=b",
      timeoutSeconds: 290,
    });
    expect(latest().options).not.toHaveProperty("resourceVersion");
    await latest().send(added("a", 3), added("b", 4), bookmark(4));
    expect([shown(), store.synced]).toEqual([[], false]);
    await latest().send(bookmark(5, true));
    expect([shown(), store.synced]).toEqual([["a", "b"], true]);
    await latest().send(added("c", 6));
    expect(shown()).toEqual(["a", "b", "c"]);
    expect(opened).toHaveLength(1);
  });

  test("from a stale cache is not committed, and is requested again", async () => {
    newest = "7";
    await latest().end();
    await clock.advance(1_000);
    await reachWatching();
    expect([shown(), store.synced, watcher.state().name]).toEqual([[], false, "Empty"]);
    expect(reports.at(-1)?.error?.message).toBe("the server shows what was at 5, but is at 7 already");
    await clock.advance(2_000);
    await latest().send(added("a", 6), bookmark(7, true));
    expect([shown(), store.synced]).toEqual([["a"], true]);
  });

  test.each([400, 422])(
    "lists in pages and watches from there if WatchList is refused with %i",
    async (status) => {
      lists.push(async () => ({ resourceVersion: "9", items: [object("a", 3)] }));
      await latest().end(answer(status));
      expect([shown(), store.synced]).toEqual([["a"], true]);
      expect(latest().options).toMatchObject({ resourceVersion: "9" });
      expect(clock.now()).toBe(0);
      // It does not try WatchList again.
      lists.push(async () => ({ resourceVersion: "12", items: [] }));
      await latest().end(answer(410, "Expired"));
      await clock.advanceToNext();
      expect(listed).toBe(2);
      expect(shown()).toEqual([]);
    },
  );

  test.each([500, 503, 429, 0, 403, 404, 410])("after %i waits and starts the list again", async (status) => {
    await latest().send(added("gone meanwhile", 3));
    await latest().end(answer(status));
    expect(watcher.state()).toEqual({ name: "Empty" });
    expect(clock.waiting()).toEqual([1_000]);
    await clock.advanceToNext();
    await reachWatching();
    expect(shown()).toEqual(["a", "b"]);
  });

  test("may be in pages, too", async () => {
    lists.push(
      () => Promise.reject(answer(500)),
      async () => ({ resourceVersion: "9", items: [object("a", 3)] }),
    );
    await latest().end(answer(422));
    await clock.advanceToNext();
    expect(shown()).toEqual(["a"]);
  });

  test("that ends early is started again", async () => {
    await latest().send(added("a", 3));
    await latest().end();
    await clock.advanceToNext();
    await reachWatching();
    expect(shown()).toEqual(["a", "b"]);
  });
});

describe("a break while watching", () => {
  beforeEach(reachWatching);

  test.each([
    ["the server's usual end", undefined],
    ["a broken connection", answer(0, "Broken")],
    ["a truncated line", answer(0, "Truncated")],
    ["a silent connection", answer(0, "Silent")],
    ["500", answer(500)],
    ["429", answer(429)],
    ["401", answer(401)],
  ])("%s: resumes from the last event or bookmark", async (_, error) => {
    await latest().send(added("c", 6));
    await latest().send(bookmark(17));
    await latest().end(error);
    await clock.advanceToNext();
    expect(latest().options).toMatchObject({ resourceVersion: "17" });
    expect(latest().options).not.toHaveProperty("sendInitialEvents");
    await latest().send(deleted("a", 18));
    expect(shown()).toEqual(["b", "c"]);
  });

  test.each([
    ["an expired place", answer(410, "Expired")],
    ["a type that is gone", answer(404, "NotFound")],
    [
      "a place that the server has not reached",
      new KubeError(504, "Timeout", "Too large resource version: 5"),
    ],
  ])("%s: lists again, and detects deletions", async (_, error) => {
    await latest().end(error);
    expect(shown()).toEqual(["a", "b"]);
    await clock.advanceToNext();
    expect(latest().options).toMatchObject({ sendInitialEvents: true });
    await latest().send(added("b", 4), added("c", 30), bookmark(31, true));
    expect(shown()).toEqual(["b", "c"]);
  });

  test("restored older data of the server: lists again", async () => {
    await latest().send(added("c", 2));
    expect(shown()).toEqual(["a", "b"]);
    newest = "3";
    await clock.advanceToNext();
    await latest().send(added("c", 2), bookmark(3, true));
    expect(shown()).toEqual(["c"]);
  });

  test("a normal end of a watch causes no delay, an immediate end does", async () => {
    await clock.advance(290_000);
    await latest().end();
    expect(opened).toHaveLength(2);
    for (let again = 0; again < 3; again++) {
      await latest().end();
      await clock.advanceToNext();
    }
    expect(reports.flatMap((report) => report.delayMs ?? [])).toEqual([1_000, 2_000, 4_000]);
  });

  test("the back-off grows to half a minute, and starts over after a stable connection", async () => {
    for (let again = 0; again < 8; again++) {
      await latest().end(answer(0, "Refused"));
      await clock.advanceToNext();
    }
    const delays = () => reports.flatMap((report) => report.delayMs ?? []);
    expect(delays()).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 25_000, 25_000, 25_000]);
    await clock.advance(5_000);
    await latest().end(answer(0, "Broken"));
    expect(delays().at(-1)).toBe(1_000);
  });

  test("waits as long as Retry-After says", async () => {
    await latest().end(new KubeError(429, "TooManyRequests", "busy", { retryAfterSeconds: 7 }));
    expect(clock.waiting()).toEqual([7_000]);
  });
});

test("reports each state change and each error", async () => {
  await reachWatching();
  await latest().end(answer(410, "Expired"));
  expect(reports).toMatchObject([
    { from: "Empty", to: "InitialList" },
    { from: "InitialList", to: "Watching" },
    { from: "Watching", to: "Empty", error: { status: 410 }, delayMs: 1_000 },
  ]);
});

test("an error of the program rejects", async () => {
  const broken = createWatcher({
    api: {
      // biome-ignore lint/correctness/useYield: it never comes to an event
      async *watch() {
        throw new TypeError("a defect");
      },
      newestVersion: async () => "1",
      list: () => Promise.reject(new TypeError("a defect")),
    },
    type: resourceTypes.pod,
    feed: createStore().feed(),
    clock,
  });
  await expect(broken.run(abort.signal)).rejects.toThrow(TypeError);
});

test("an abort ends it while it waits and while it watches", async () => {
  await latest().end(answer(500));
  expect(clock.waiting()).toHaveLength(1);
  abort.abort();
  await running;
});
