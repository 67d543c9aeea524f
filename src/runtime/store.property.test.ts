import fc from "fast-check";
import { expect, test } from "vitest";
import type { KubeObject } from "../api/kubernetes.ts";
import { createStore } from "./store.ts";

// Two writers, we and somebody else, change a few objects; the watch tells of it late, the answers to our own writes
// come at any time, and now and then everything is listed anew. Whatever the order:
//   - what we were answered is shown from then on, or something newer;
//   - every write of somebody else to what still exists is told of in a change that is not our own;
//   - once everything has been told, the store shows what the server has.

type Step =
  | { act: "write"; name: string; own: boolean }
  | { act: "delete"; name: string; own: boolean }
  | { act: "answer" }
  | { act: "watch"; events: number }
  | { act: "relist" }
  | { act: "bookmark" };

const name = fc.constantFrom("a", "b");
const own = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant("write" as const), name, own }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("delete" as const), name, own }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("answer" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("watch" as const), events: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("relist" as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("bookmark" as const) }) },
);

interface Told {
  version: number;
  object: KubeObject;
  gone: boolean;
  own: boolean;
}

/** A server with one history, of which the watch has told up to `told`. */
function world() {
  const store = createStore({ now: () => 0 });
  const feed = store.feed();
  const server = new Map<string, KubeObject>();
  const history: Told[] = [];
  let version = 1;
  let told = 0;
  /** Answers to our writes and deletions that are still on their way. */
  const answers: (() => void)[] = [];
  /** The newest version of each name that a change not our own has told of. */
  const toldOfOthers = new Map<string, number>();
  store.subscribe(({ old, new: current, own: ours }) => {
    const object = current ?? old;
    if (!ours && object) toldOfOthers.set(object.metadata.name, version);
  });

  const note = (object: KubeObject, gone: boolean, ours: boolean) =>
    history.push({ version, object, gone, own: ours });
  const versionShown = (key: string) => Number(store.get("ns", key)?.metadata.resourceVersion ?? 0);

  const run: { [Act in Step["act"]]: (step: Step & { act: Act }) => void } = {
    write({ name: key, own: ours }) {
      version += 1;
      const uid = server.get(key)?.metadata.uid ?? `${key}-${version}`;
      const object: KubeObject = {
        metadata: { name: key, namespace: "ns", uid, resourceVersion: String(version) },
      };
      server.set(key, object);
      note(object, false, ours);
      if (!ours) return;
      const written = version;
      answers.push(() => {
        store.observeWrite(object);
        const laterTold = history
          .slice(0, told)
          .some((each) => each.version > written && each.object.metadata.name === key);
        if (!laterTold) expect(versionShown(key)).toBeGreaterThanOrEqual(written);
      });
    },
    delete({ name: key, own: ours }) {
      const object = server.get(key);
      if (object === undefined) return;
      version += 1;
      server.delete(key);
      note({ metadata: { ...object.metadata, resourceVersion: String(version) } }, true, ours);
      if (ours) answers.push(() => store.observeDelete("ns", key, object.metadata.uid ?? ""));
    },
    answer: () => answers.shift()?.(),
    watch({ events }) {
      for (const { object, gone } of history.slice(told, told + events)) {
        told += 1;
        if (gone) feed.deleted(object);
        else feed.applied(object);
      }
    },
    relist() {
      const relist = feed.relist();
      for (const object of server.values()) relist.applied(object);
      relist.commit(String(version));
      told = history.length;
    },
    bookmark() {
      if (told === history.length) feed.reached(String(version));
    },
  };
  return {
    store,
    server,
    step: (each: Step) => (run[each.act] as (step: Step) => void)(each),
    finish() {
      while (answers.length > 0) run.answer({ act: "answer" });
      run.watch({ act: "watch", events: history.length });
      run.bookmark({ act: "bookmark" });
    },
    writesOfOthers: () => history.filter((each) => !each.own),
    toldOfOthers,
  };
}

const shown = (objects: Iterable<KubeObject>) =>
  [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();

test("whatever the order of writes, answers, events and lists, the store ends where the server is", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { store, server, step: perform, finish, writesOfOthers, toldOfOthers } = world();
      perform({ act: "relist" });
      for (const each of steps) perform(each);
      finish();
      expect(shown(store.values())).toEqual(shown(server.values()));
      // What came and went again between two lists leaves no trace, and needs none.
      const remains = ({ object }: Told) =>
        server.get(object.metadata.name)?.metadata.uid === object.metadata.uid;
      for (const { version, object } of writesOfOthers().filter(remains)) {
        expect(toldOfOthers.get(object.metadata.name) ?? 0).toBeGreaterThanOrEqual(version);
      }
    }),
    { numRuns: 2_000 },
  );
});
