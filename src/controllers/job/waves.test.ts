import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { parseAmount } from "../../config/values/amount.ts";
import { createStore } from "../../runtime/store.ts";
import { createWaves } from "./waves.ts";

const place = { startedAt: "2026-01-01T00:00:00Z" };
const failed = { ...place, failedAt: "2026-01-01T00:01:00Z" };

function watched() {
  const stores = { FlinkDeployment: createStore(), FlinkSessionJob: createStore() };
  const feeds = {
    FlinkDeployment: stores.FlinkDeployment.feed(),
    FlinkSessionJob: stores.FlinkSessionJob.feed(),
  };
  for (const feed of Object.values(feeds)) feed.relist().commit("1");
  const called: string[] = [];
  const waves = createWaves(stores, (kind, key) => called.push(`${kind} ${key}`));
  let version = 1;
  const applied = (name: string, disruption?: object | null, more: Partial<KubeObject["metadata"]> = {}) => {
    version += 1;
    const metadata = { namespace: "ns", name, uid: name, resourceVersion: String(version), ...more };
    const kind = name.startsWith("job") ? "FlinkSessionJob" : "FlinkDeployment";
    feeds[kind].applied({ metadata, status: { disruption } });
    return { metadata };
  };
  const deleted = (name: string) => {
    version += 1;
    feeds.FlinkDeployment.deleted({
      metadata: { namespace: "ns", name, uid: name, resourceVersion: String(version) },
    });
  };
  const facts = (name: string, namespace = "ns") => waves.factsOf("FlinkDeployment", namespace, name);
  const takes = (name: string) =>
    waves.decided("FlinkDeployment", "ns", name, { status: { disruption: place } });
  const waits = (name: string, places: number | `${number}%` = 1) =>
    waves.decided("FlinkDeployment", "ns", name, {
      status: {},
      waitsForPlaceOf: parseAmount(String(places)),
    });
  const fails = (name: string) =>
    waves.decided("FlinkDeployment", "ns", name, { status: { disruption: failed } });
  const idles = (name: string) => waves.decided("FlinkDeployment", "ns", name, { status: {} });
  const settled = (name: string) => waves.settled("FlinkDeployment", "ns", name);
  return { waves, called, applied, deleted, facts, takes, fails, waits, idles, settled };
}

describe("a resource", () => {
  test("counts others of both kinds in its namespace, by their statuses", () => {
    const { applied, facts } = watched();
    applied("a", place);
    applied("b", null);
    applied("c", failed);
    applied("job", place);
    applied("d", place, { namespace: "other" });
    applied("e", place, { deletionTimestamp: "2026-01-01T00:00:00Z" });
    expect(facts("a")).toEqual({ resources: 5, disrupted: 2, failed: 1 });
    expect(facts("b")).toEqual({ resources: 5, disrupted: 3, failed: 1 });
    expect(facts("c")).toEqual({ resources: 5, disrupted: 2, failed: 0 });
    expect(facts("a", "third")).toEqual({ resources: 0, disrupted: 0, failed: 0 });
  });

  test("that has decided to take a place has it at once, and once", () => {
    const { applied, facts, takes, settled } = watched();
    applied("a");
    applied("b");
    takes("a");
    expect(facts("b").disrupted).toBe(1);
    expect(facts("a").disrupted).toBe(0);
    applied("a", place);
    expect(facts("b").disrupted).toBe(1);
    settled("a");
    expect(facts("b").disrupted).toBe(1);
  });

  test("gives back a place whose status was not written, and one that it decides not to take", () => {
    const { applied, facts, takes, settled, idles } = watched();
    applied("a");
    applied("b");
    takes("a");
    settled("a");
    expect(facts("b").disrupted).toBe(0);
    takes("a");
    idles("a");
    expect(facts("b").disrupted).toBe(0);
  });
});

describe("a failure that is decided", () => {
  test("counts at once, so that of several at the same time the last one knows that it stops the wave", () => {
    const { applied, facts, fails, settled } = watched();
    for (const name of ["a", "b"]) applied(name, place);
    fails("a");
    expect(facts("a").failed).toBe(0);
    expect(facts("b").failed).toBe(1);
    applied("a", failed);
    settled("a");
    expect(facts("b").failed).toBe(1);
  });

  test("counts no more if its status is not written, or it is decided anew", () => {
    const { applied, facts, fails, takes, settled } = watched();
    for (const name of ["a", "b"]) applied(name, place);
    fails("a");
    settled("a");
    expect(facts("b").failed).toBe(0);
    fails("a");
    takes("a");
    expect(facts("b").failed).toBe(0);
  });
});

describe("those that wait", () => {
  test("are called when the namespace, and with it a percentage of it, has grown", () => {
    const { applied, waits, takes, called } = watched();
    applied("a", place);
    for (const name of ["b", "c"]) applied(name);
    for (const name of ["b", "c"]) waits(name, "25%");
    for (const name of ["d", "e", "f", "g"]) applied(name);
    expect(called).toEqual([]);
    applied("h");
    expect(called).toEqual(["FlinkDeployment ns/b"]);
    for (const name of ["i", "j", "k", "l"]) applied(name);
    takes("b");
    expect(called.at(-1)).toBe("FlinkDeployment ns/c");
  });

  test("are called in their order, as many as there are places", () => {
    const { applied, waits, called } = watched();
    for (const name of ["a", "b"]) applied(name, place);
    for (const name of ["c", "d", "e"]) applied(name);
    for (const name of ["d", "c", "e"]) waits(name, 2);
    waits("d", 2);
    expect(called).toEqual([]);
    applied("a");
    expect(called).toEqual(["FlinkDeployment ns/d"]);
  });

  test("follow where the first does not take its place", () => {
    const { applied, waits, idles, takes, called } = watched();
    applied("a", place);
    for (const name of ["b", "c"]) applied(name);
    waits("b");
    waits("c");
    applied("a");
    idles("b");
    expect(called).toEqual(["FlinkDeployment ns/b", "FlinkDeployment ns/c"]);
    takes("c");
    expect(called).toHaveLength(2);
  });

  test.each<[string, (world: ReturnType<typeof watched>) => void]>([
    ["fails no longer", ({ applied }) => applied("a")],
    ["is deleted", ({ deleted }) => deleted("a")],
    [
      "is being deleted",
      ({ applied }) => applied("a", failed, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    ],
  ])("are called when one %s", (_, change) => {
    const world = watched();
    world.applied("a", failed);
    world.applied("b");
    world.waits("b");
    change(world);
    expect(world.called).toEqual(["FlinkDeployment ns/b"]);
  });

  test("are called when a place that was decided on is given back", () => {
    const { applied, takes, waits, settled, called } = watched();
    applied("a");
    applied("b");
    takes("a");
    waits("b");
    settled("a");
    expect(called).toEqual(["FlinkDeployment ns/b"]);
  });
});

test("measures namespaces in which something happens, and keeps nothing for what is gone", () => {
  const { waves, applied, waits, deleted } = watched();
  applied("a", failed);
  applied("b");
  waits("b");
  applied("c", null, { namespace: "calm" });
  expect(waves.measured()).toEqual([{ namespace: "ns", disrupted: 1, failed: 1, waiting: 1 }]);
  expect(waves.size).toBe(3);
  for (const name of ["a", "b"]) deleted(name);
  waits("b");
  expect(waves.measured()).toEqual([]);
  expect(waves.size).toBe(1);
});
