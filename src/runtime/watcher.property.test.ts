import fc from "fast-check";
import { expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { errorFromResponse } from "../kube/answer.ts";
import { KubeError } from "../kube/errors.ts";
import { list, newestVersion } from "../kube/list.ts";
import type { Transport } from "../kube/transport.ts";
import { watch } from "../kube/watch.ts";
import { createStore } from "./store.ts";
import { createWatcher } from "./watcher.ts";

// A watcher and its store follow a collection on an API server that changes it, compacts its history, shows an older state
// from a lagging cache, answers slowly or with errors, and ends, cuts and silences its streams. In every order:
//   - the store never goes back to an older state of an object, and shows each of its states at most once;
//   - nothing is reported as deleted that exists;
//   - a watch goes on from the newest version that was sent, and everything is listed again only where that is not possible;
//   - requests are spaced by the back-off, and by Retry-After;
//   - when all faults have ended, the store equals the server, and follows it.

type Failure =
  | { kind: "status"; status: number; retryAfterSeconds?: number | undefined }
  | { kind: "refused" | "hangs" };
/** What happens to a stream that the server has accepted. */
type StreamFault = "ends" | "truncated" | "reset" | "malformed" | "silent" | { errorEvent: number };

interface Mode {
  /** Of requests; undefined: they are answered. */
  failure: Failure | undefined;
  /** Of new streams, after their first events. */
  stream: StreamFault | undefined;
  slowMs: number;
}
const works: Mode = { failure: undefined, stream: undefined, slowMs: 0 };

type Step =
  | { act: "write" | "delete"; name: string }
  | { act: "pass"; ms: number }
  | { act: "mode"; mode: Mode }
  | { act: "stream"; fault: StreamFault }
  | { act: "elsewhere" | "compact" | "bookmark" | "catchUp" }
  | { act: "lag"; behind: number };

const status: fc.Arbitrary<Failure> = fc.oneof(
  fc.record({ kind: fc.constant("status" as const), status: fc.constantFrom(401, 403, 404, 410) }),
  fc.record({
    kind: fc.constant("status" as const),
    status: fc.constantFrom(429, 500, 503, 504),
    retryAfterSeconds: fc.constantFrom(undefined, undefined, 1, 20),
  }),
);
const failure = fc.oneof(status, fc.record({ kind: fc.constantFrom("refused" as const, "hangs" as const) }));
const streamFault = fc.oneof(
  fc.constantFrom<StreamFault[]>("ends", "truncated", "reset", "malformed", "silent"),
  fc.constantFrom(410, 429, 500, 504).map((errorEvent): StreamFault => ({ errorEvent })),
);
const mode = fc.record({
  failure: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: failure }),
  stream: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: streamFault }),
  slowMs: fc.constantFrom(0, 0, 700, 4_000, 12_000),
});
const name = fc.constantFrom("a", "b", "c");
const act = <Act extends string>(...acts: Act[]) => fc.constantFrom(...acts);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: act("write"), name }) },
  { weight: 3, arbitrary: fc.record({ act: act("delete"), name }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: act("pass"), ms: fc.constantFrom(10, 900, 3_000, 9_000, 40_000, 160_000) }),
  },
  { weight: 4, arbitrary: fc.record({ act: act("mode"), mode }) },
  { weight: 3, arbitrary: fc.constant<Step>({ act: "mode", mode: works }) },
  { weight: 4, arbitrary: fc.record({ act: act("stream"), fault: streamFault }) },
  { weight: 4, arbitrary: fc.record({ act: act("elsewhere", "compact", "bookmark", "catchUp") }) },
  { weight: 2, arbitrary: fc.record({ act: act("lag"), behind: fc.integer({ min: 1, max: 4 }) }) },
);

/** What is rare as a row of independent steps: changes while the collection is listed again, by parts. */
const changesDuringList = fc
  .tuple(
    fc.constantFrom(4_000, 12_000),
    fc.constantFrom<Step[]>({ act: "delete", name: "a" }, { act: "delete", name: "b" }, { act: "bookmark" }),
    fc.array(step, { maxLength: 5 }),
  )
  .map(([slowMs, first, during]): Step[] => [
    { act: "write", name: "a" },
    { act: "write", name: "b" },
    { act: "pass", ms: 40_000 },
    { act: "mode", mode: { ...works, slowMs } },
    { act: "stream", fault: { errorEvent: 410 } },
    // The back-off, the newest version, the answer, and then the objects.
    { act: "pass", ms: 1_100 + 2 * slowMs },
    first,
    ...during,
    { act: "mode", mode: works },
  ]);
const steps = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: step.map((each) => [each]) },
      { weight: 1, arbitrary: changesDuringList },
    ),
    { minLength: 5, maxLength: 50 },
  )
  .map((rows) => rows.flat());

interface Server {
  /** The answer to a WatchList; undefined: it is supported. */
  watchListRefusal: 400 | 422 | undefined;
  /** Whether an expired version is refused by the status or by the first event. */
  expiry: "status" | "event";
  /** Whether a version that its cache has not reached is refused. */
  refusesFuture: boolean;
  chunkBytes: number;
  firstVersion: number;
}
const server: fc.Arbitrary<Server> = fc.record({
  watchListRefusal: fc.constantFrom(undefined, undefined, 400, 422),
  expiry: fc.constantFrom("status", "event"),
  refusesFuture: fc.boolean(),
  chunkBytes: fc.constantFrom(13, 100_000),
  // So that versions get one digit more on the way.
  firstVersion: fc.constantFrom(5, 95),
});

interface Entry {
  version: number;
  object: KubeObject;
  gone: boolean;
}

interface Stream {
  /** The newest version that it has delivered. */
  reached: number;
  /** Whether the end of the initial events is still to come. */
  initial: boolean;
  dead: boolean;
  sendEvent(type: string, object: unknown): void;
  fail(fault: StreamFault): void;
}

const pageSize = 2;
const silenceMs = 150_000;
const requestTimeoutMs = 30_000;
const bookmarkMs = 60_000;

/** An API server with one collection, as the transport sees it. */
function apiServer(
  clock: FakeClock,
  { watchListRefusal, expiry, refusesFuture, chunkBytes, firstVersion }: Server,
) {
  const history: Entry[] = [];
  const streams = new Set<Stream>();
  let version = firstVersion;
  let compacted = 0;
  /** The version of the cache that watches are served from. Undefined: it follows. */
  let cache: number | undefined;
  let current: Mode = works;
  let notBefore = 0;
  /** The newest version that a stream has sent. */
  let sent = 0;
  /** The newest version that it was asked for. */
  let newest = 0;
  /** No version was given that a watch can go on from. */
  let mayList = true;
  /** Times of the first request of each list or watch. */
  const attempts: number[] = [];

  const stateAt = (until: number): Map<string, KubeObject> => {
    const state = new Map<string, KubeObject>();
    for (const { version: at, object, gone } of history) {
      if (at > until) break;
      if (gone) state.delete(object.metadata.name);
      else state.set(object.metadata.name, object);
    }
    return state;
  };
  const shown = () => cache ?? version;

  function record(entry: Omit<Entry, "version"> & { version?: number }): void {
    version += 1;
    const { metadata } = entry.object;
    const object = { ...entry.object, metadata: { ...metadata, resourceVersion: String(version) } };
    history.push({ ...entry, object, version });
    deliver();
  }

  function deliver(): void {
    for (const stream of streams) {
      for (const { version: at, object, gone } of history) {
        if (stream.initial || at <= stream.reached || at > shown()) continue;
        stream.reached = at;
        stream.sendEvent(gone ? "DELETED" : "MODIFIED", object);
      }
    }
  }

  const bookmark = (to: number, end = false) => ({
    kind: "Pod",
    metadata: {
      resourceVersion: String(to),
      ...(end ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
    },
  });

  function sendBookmark(stream: Stream): void {
    if (!stream.initial) stream.reached = Math.max(stream.reached, shown());
    stream.sendEvent("BOOKMARK", bookmark(stream.reached));
  }

  function attempt(isList: boolean): void {
    attempts.push(clock.now());
    if (isList) expect(mayList, "a list although the last version is still good").toBe(true);
    expect(clock.now(), "a request before Retry-After is over").toBeGreaterThanOrEqual(notBefore);
    // At most: a WatchList that is refused, a list, and a watch follow each other at once.
    const third = attempts.at(-4);
    if (third !== undefined) expect(clock.now() - third).toBeGreaterThanOrEqual(800);
  }

  function refuse(code: number, reason: string, retryAfterSeconds?: number): never {
    if ([400, 404, 405, 410, 422].includes(code)) mayList = true;
    notBefore = clock.now() + (retryAfterSeconds ?? 0) * 1_000;
    const body = JSON.stringify({ kind: "Status", code, reason, message: reason });
    throw errorFromResponse("a request", code, body, retryAfterSeconds?.toString());
  }

  async function answerLate(): Promise<void> {
    const { failure: fails, slowMs } = current;
    const wait = fails?.kind === "hangs" ? requestTimeoutMs : slowMs;
    if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
    if (fails?.kind === "hangs") throw new KubeError(0, "Timeout", "no answer");
    if (fails?.kind === "refused") throw new KubeError(0, "Refused", "nobody there");
    if (fails?.kind === "status")
      refuse(fails.status, fails.status === 410 ? "Expired" : "No", fails.retryAfterSeconds);
  }

  const parameters = (path: string) => new URL(path, "http://server").searchParams;

  async function send(path: string): Promise<unknown> {
    const query = parameters(path);
    const limit = query.get("limit");
    const token = query.get("continue");
    if (limit === "1" || (limit !== null && token === null)) attempt(true);
    await answerLate();
    const [at, offset] = token === null ? [version, 0] : (token.split("/").map(Number) as [number, number]);
    if (token !== null && at < compacted) refuse(410, "Expired");
    if (limit === "1") newest = at;
    const all = [...stateAt(at).values()];
    const items = limit === null ? all : all.slice(offset, offset + pageSize);
    const next = offset + items.length;
    if (limit !== "1" && next === all.length) mayList = false;
    const metadata = {
      resourceVersion: String(at),
      ...(next < all.length ? { continue: `${at}/${next}` } : {}),
    };
    return structuredClone({ metadata, items });
  }

  async function* open(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const query = parameters(path);
    const from = query.get("resourceVersion");
    const isList = query.get("sendInitialEvents") !== null;
    if (from !== null) {
      attempt(false);
      expect(Number(from), "a watch goes on from an older version").toBeGreaterThanOrEqual(sent);
    }
    await answerLate();
    if (isList && watchListRefusal !== undefined) refuse(watchListRefusal, "Invalid");
    const expired = from !== null && Number(from) < compacted;
    if (expired && expiry === "status") refuse(410, "Expired");
    if (refusesFuture && from !== null && Number(from) > shown()) {
      mayList = true;
      throw new KubeError(504, "Timeout", `Too large resource version: ${from}, current: ${shown()}`);
    }

    const pending: (Uint8Array | KubeError | "end")[] = [];
    let wake = Promise.withResolvers<void>();
    let silence = () => {};
    const put = (item: Uint8Array | KubeError | "end") => {
      pending.push(item);
      wake.resolve();
    };
    const heard = () => {
      silence();
      silence = clock.after(silenceMs, () => put(new KubeError(0, "Silent", "nothing was sent")));
    };
    const write = (text: string) => {
      heard();
      put(Buffer.from(text));
    };
    const stream: Stream = {
      reached: from === null ? shown() : Number(from),
      initial: isList,
      dead: false,
      sendEvent(type, object) {
        if (stream.dead) return;
        write(`${JSON.stringify({ type, object })}\n`);
        if (!stream.initial) sent = Math.max(sent, stream.reached);
      },
      fail(fault) {
        if (stream.dead) return;
        if (fault === "truncated" || fault === "reset") write('{"type":"MODIFIED","object":{"meta');
        if (fault === "malformed") write("<html>\n");
        if (typeof fault === "object") {
          const { errorEvent: code } = fault;
          if (code === 410) mayList = true;
          const object = { kind: "Status", metadata: {}, code, reason: code === 410 ? "Expired" : "No" };
          stream.sendEvent("ERROR", object);
        }
        stream.dead = true;
        streams.delete(stream);
        if (fault !== "silent") put(fault === "reset" ? new KubeError(0, "Broken", "reset") : "end");
      },
    };
    heard();
    streams.add(stream);
    const cancels: (() => void)[] = [() => silence()];
    const { stream: fault, slowMs } = current;
    if (isList) {
      const [first, ...rest] = stateAt(stream.reached).values();
      if (first !== undefined) stream.sendEvent("ADDED", first);
      const completeList = () => {
        for (const object of rest) stream.sendEvent("ADDED", object);
        stream.initial = false;
        // The changes since then come before the end of the initial events.
        deliver();
        stream.sendEvent("BOOKMARK", bookmark(stream.reached, true));
        if (!stream.dead) mayList = stream.reached < newest;
        if (fault !== undefined) stream.fail(fault);
      };
      if (slowMs === 0) completeList();
      else cancels.push(clock.after(slowMs, completeList));
    } else if (fault !== undefined || expired) {
      stream.fail(expired ? { errorEvent: 410 } : (fault as StreamFault));
    }
    deliver();
    const heartbeat = () => {
      sendBookmark(stream);
      cancels[1] = clock.after(bookmarkMs, heartbeat);
    };
    cancels.splice(1, 0, clock.after(bookmarkMs, heartbeat));
    cancels.push(clock.after(Number(query.get("timeoutSeconds")) * 1_000, () => stream.fail("ends")));
    signal.addEventListener("abort", () => put("end"));
    try {
      while (!signal.aborted) {
        const next = pending.shift();
        if (next === undefined) {
          await wake.promise;
          wake = Promise.withResolvers();
        } else if (next === "end") return;
        else if (next instanceof KubeError) throw next;
        else {
          const together = [next];
          while (pending[0] instanceof Uint8Array) together.push(pending.shift() as Uint8Array);
          const bytes = Buffer.concat(together);
          for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
        }
      }
    } finally {
      streams.delete(stream);
      for (const cancel of cancels) cancel();
    }
  }

  const transport: Transport = {
    send: ({ path }) => send(path),
    open: ({ path }, signal) => open(path, signal),
    close: async () => {},
  };

  const perform: { [Act in Step["act"]]?: (step: Step & { act: Act }) => void } = {
    write({ name: key }) {
      const known = stateAt(version).get(key);
      const uid = known?.metadata.uid ?? `${key}-${version}`;
      // A chunk may end within a character.
      const labels = { text: `€😀${version}` };
      record({ object: { metadata: { name: key, namespace: "ns", uid, labels } }, gone: false });
    },
    delete({ name: key }) {
      const object = stateAt(version).get(key);
      if (object !== undefined) record({ object, gone: true });
    },
    mode({ mode: next }) {
      current = next;
    },
    stream({ fault }) {
      for (const stream of [...streams]) stream.fail(fault);
    },
    elsewhere() {
      // Other collections share the numbers.
      version += 2;
    },
    compact() {
      compacted = version;
    },
    bookmark() {
      for (const stream of streams) sendBookmark(stream);
    },
    lag({ behind }) {
      // Another server takes over, whose cache is behind.
      for (const stream of [...streams]) stream.fail("ends");
      cache = history.at(-1 - behind)?.version ?? firstVersion;
    },
    catchUp() {
      cache = undefined;
      deliver();
    },
  };

  return {
    transport,
    attempts,
    state: () => stateAt(version),
    version: () => version,
    step: (each: Step) => (perform[each.act] as ((step: Step) => void) | undefined)?.(each),
  };
}

function world(settings: Server, random = 0.5) {
  const clock = fakeClock(0);
  const api = apiServer(clock, settings);
  const store = createStore();
  const ending = new AbortController();
  let broken: unknown;
  /** The newest version of each object that was reported. */
  const reported = new Map<string, number>();
  const violations: string[] = [];
  store.subscribe(({ old, new: shown }) => {
    const { name: key, uid, resourceVersion } = (shown ?? old)?.metadata ?? { name: "" };
    const exists = api.state().get(key)?.metadata.uid === uid;
    if (shown === undefined) {
      if (exists) violations.push(`${key} is reported as deleted`);
      return;
    }
    if (Number(resourceVersion) <= (reported.get(key) ?? 0))
      violations.push(`${key}@${resourceVersion} is reported after ${reported.get(key)}`);
    reported.set(key, Number(resourceVersion));
  });
  const { transport } = api;
  const watcher = createWatcher({
    api: {
      list: (type, options = {}) => list(transport, type, options),
      newestVersion: (type, selection = {}) => newestVersion(transport, type, selection),
      watch: (type, options, signal) => watch(transport, type, options, signal),
    },
    type: resourceTypes.pod,
    feed: store.feed(),
    clock,
    random: () => random,
  });
  const running = watcher.run(ending.signal).catch((error: unknown) => {
    broken = error;
  });

  function check(): void {
    if (broken !== undefined) throw broken;
    expect(violations).toEqual([]);
  }
  async function pass(ms: number): Promise<void> {
    await clock.advance(ms);
    check();
  }
  return {
    api,
    store,
    watcher,
    reported,
    pass,
    async step(each: Step): Promise<void> {
      api.step(each);
      await pass(each.act === "pass" ? each.ms : 0);
    },
    async end(): Promise<void> {
      ending.abort();
      await clock.advance(requestTimeoutMs);
      await running;
      expect(clock.waiting()).toEqual([]);
      check();
    },
  };
}

const textOf = (objects: Iterable<KubeObject>) =>
  [...objects]
    .map(({ metadata: { name: key, uid, resourceVersion, labels } }) =>
      [key, uid, resourceVersion, labels?.text].join(" "),
    )
    .sort();

/** A silent stream, a request without an answer, the longest back-off, a slow list, and a list after that. */
const recoveryMs = silenceMs + requestTimeoutMs + 30_000 + 2 * 12_000 + 30_000;

test("in every order of changes and faults the store ends up equal to the server and never goes back", async () => {
  await fc.assert(
    fc.asyncProperty(server, steps, async (settings, all) => {
      const { api, store, watcher, reported, step: perform, pass, end } = world(settings);
      for (const each of all) await perform(each);
      await perform({ act: "mode", mode: works });
      await perform({ act: "catchUp" });
      await pass(recoveryMs);
      const isEqual = () => {
        const state = api.state();
        expect(textOf(store.values())).toEqual(textOf(state.values()));
        for (const [key, { metadata }] of state)
          expect([key, reported.get(key)]).toEqual([key, Number(metadata.resourceVersion)]);
      };
      isEqual();
      for (const each of ["write", "delete", "write"] as const) await perform({ act: each, name: "a" });
      isEqual();
      expect([watcher.state().name, watcher.broken()]).toEqual(["Watching", undefined]);
      const requests = api.attempts.length;
      await pass(600_000);
      expect(
        api.attempts.length - requests,
        "a healthy watch is opened again every five minutes",
      ).toBeLessThan(4);
      await end();
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("a server that fails for ten minutes is asked by the back-off", async () => {
  const lasting: fc.Arbitrary<Mode> = fc.oneof(
    fc.record({ failure: status, stream: fc.constant(undefined), slowMs: fc.constant(0) }),
    fc.record({
      failure: fc.constant({ kind: "refused" as const }),
      stream: fc.constant(undefined),
      slowMs: fc.constant(0),
    }),
    fc.record({
      failure: fc.constant(undefined),
      stream: streamFault.filter((fault) => fault !== "silent"),
      slowMs: fc.constant(0),
    }),
  );
  await fc.assert(
    fc.asyncProperty(server, lasting, fc.constantFrom(0, 0.5, 0.999), async (settings, fault, random) => {
      const { api, step: perform, pass, end } = world(settings, random);
      await pass(10);
      await perform({ act: "mode", mode: fault });
      await perform({ act: "stream", fault: "reset" });
      const before = api.attempts.length;
      await pass(600_000);
      // Six delays until the longest, of at least 20 s; each is followed by two requests at most.
      expect(api.attempts.length - before).toBeLessThanOrEqual(2 * (6 + 600 / 20));
      await end();
    }),
    { numRuns: 60, seed: 1 },
  );
});
