import fc from "fast-check";
import { expect, test } from "vitest";
import type { KubeObject } from "../api/kubernetes.ts";
import { createStore } from "./store.ts";

// Two clients, ours and another one, change a few objects. The watch delivers changes late, the responses to our own writes
// arrive at any time, and sometimes everything is listed again. In every order:
//   - after a response the store has its state, or a newer one;
//   - every write of the other client to an existing object leads to a change that is not `own`;
//   - when everything has been delivered, the store equals the server.

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

/** A server with one history. The watch has delivered it up to `delivered`. */
function world() {
  const store = createStore({ now: () => 0 });
  const feed = store.feed();
  const server = new Map<string, KubeObject>();
  const history: Told[] = [];
  let version = 1;
  let delivered = 0;
  /** Responses to our writes and deletions that have not arrived yet. */
  const answers: (() => void)[] = [];
  /** The newest version of each name in a change that is not `own`. */
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
          .slice(0, delivered)
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
      for (const { object, gone } of history.slice(delivered, delivered + events)) {
        delivered += 1;
        if (gone) feed.deleted(object);
        else feed.applied(object);
      }
    },
    relist() {
      const relist = feed.relist();
      for (const object of server.values()) relist.applied(object);
      relist.commit(String(version));
      delivered = history.length;
    },
    bookmark() {
      if (delivered === history.length) feed.reached(String(version));
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

test("in every order of writes, responses, events and lists the store ends up equal to the server", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { store, server, step: perform, finish, writesOfOthers, toldOfOthers } = world();
      perform({ act: "relist" });
      for (const each of steps) perform(each);
      finish();
      expect(shown(store.values())).toEqual(shown(server.values()));
      // An object that was created and deleted between two lists needs no change.
      const remains = ({ object }: Told) =>
        server.get(object.metadata.name)?.metadata.uid === object.metadata.uid;
      for (const { version, object } of writesOfOthers().filter(remains)) {
        expect(toldOfOthers.get(object.metadata.name) ?? 0).toBeGreaterThanOrEqual(version);
      }
    }),
    { numRuns: 2_000 },
  );
});
