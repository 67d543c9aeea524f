import { beforeEach, expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import type { KubeApi } from "../kube/api.ts";
import { KubeError } from "../kube/errors.ts";
import { createEventRecorder, type EventRecorder, type EventToRecord } from "./eventRecorder.ts";

const about: KubeObject = {
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: "basic-example", namespace: "ns", uid: "11111111-2222-3333-4444-555555555555" },
};
const submit: EventToRecord = {
  component: "JobManagerDeployment",
  type: "Normal",
  reason: "Submit",
  message: "Starting deployment",
};

let clock: FakeClock;
let events: Map<string, KubeObject>;
let requests: string[];
let refuse: ((verb: string) => KubeError | undefined) | undefined;
let errors: unknown[];

/** A fake API server for events. */
const api: Pick<KubeApi, "create" | "get" | "mergePatch"> = {
  async create(_, object) {
    note("create");
    if (events.has(object.metadata.name)) throw new KubeError(409, "AlreadyExists", "there is one");
    events.set(object.metadata.name, object);
    return object;
  },
  async get(_, __, name) {
    note("get");
    return existing(name);
  },
  async mergePatch(_, __, name, patch) {
    note("patch");
    const event = existing(name);
    const { metadata, ...fields } = patch as KubeObject;
    const patched = { ...event, ...fields, metadata: { ...event.metadata, ...plain(metadata) } };
    events.set(name, patched);
    return patched;
  },
};

function note(verb: string): void {
  requests.push(verb);
  const error = refuse?.(verb);
  if (error !== undefined) throw error;
}

function existing(name: string): KubeObject {
  const event = events.get(name);
  if (event === undefined) throw new KubeError(404, "NotFound", "there is none");
  return event;
}

const recorder = (cacheSize?: number): EventRecorder =>
  createEventRecorder({
    api,
    clock,
    onError: (error) => errors.push(error),
    ...(cacheSize === undefined ? {} : { cacheSize }),
  });

/** The object as JSON, without undefined fields. */
const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

const listed = async () => [...events.values()];

const only = () => {
  expect(events.size).toBe(1);
  return [...events.values()][0] ?? expect.unreachable();
};

beforeEach(() => {
  clock = fakeClock();
  events = new Map();
  requests = [];
  refuse = undefined;
  errors = [];
});

test("a new event is one request, under the Java operator's name", async () => {
  await recorder().record(about, { ...submit, labels: { team: "x" } });
  expect(requests).toEqual(["create"]);
  expect(only()).toEqual({
    metadata: {
      name: "JobManagerDeployment.709196314",
      namespace: "ns",
      labels: {
        "flink.apache.org/resource-kind": "FlinkDeployment",
        "flink.apache.org/resource-name": "basic-example",
        "flink.apache.org/component": "JobManagerDeployment",
        "flink.apache.org/reason": "Submit",
        team: "x",
      },
    },
    involvedObject: {
      apiVersion: "flink.apache.org/v1beta1",
      kind: "FlinkDeployment",
      namespace: "ns",
      name: "basic-example",
      uid: about.metadata.uid,
    },
    type: "Normal",
    reason: "Submit",
    message: "Starting deployment",
    count: 1,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    source: { component: "JobManagerDeployment" },
  });
});

test("the same event again takes one request, which increments its count and keeps its first time", async () => {
  const events = recorder();
  await events.record(about, submit);
  await clock.advance(60_000);
  await events.record(about, submit);
  await events.record(about, submit);
  expect(requests).toEqual(["create", "patch", "patch"]);
  expect(only()).toMatchObject({
    count: 3,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:01:00Z",
  });
});

test("an event of another operator without labels gets them", async () => {
  await recorder().record(about, submit);
  for (const event of events.values()) event.metadata = { name: event.metadata.name, namespace: "ns" };
  await recorder().record(about, submit);
  expect(only().metadata.labels).toMatchObject({ "flink.apache.org/resource-name": "basic-example" });
});

test("the events of one object are rate limited, and suppressed ones are counted later", async () => {
  const events = recorder();
  for (let more = 0; more < 100; more++) await events.record(about, submit);
  expect(requests).toHaveLength(30);
  expect(only().count).toBe(30);
  const other = { ...about, metadata: { ...about.metadata, name: "other", uid: "2" } };
  await events.record(other, submit);
  expect(requests).toHaveLength(31);
  await clock.advance(30_000);
  await events.record(about, submit);
  expect(requests).toHaveLength(32);
  expect([...(await listed())].find(({ count }) => count === 101)).toBeDefined();
});

test("an occurrence with a time is recorded once, even across a restart", async () => {
  const happened = { ...submit, at: Date.parse("2025-12-31T23:59:50.900Z") };
  const first = recorder();
  await first.record(about, happened);
  await first.record(about, happened);
  expect(only()).toMatchObject({ count: 1, lastTimestamp: "2025-12-31T23:59:50Z" });
  expect(requests).toEqual(["create"]);
  await recorder().record(about, happened);
  expect(requests).toEqual(["create", "create", "get"]);
  await first.record(about, { ...happened, at: happened.at + 5_000 });
  expect(only()).toMatchObject({ count: 2, lastTimestamp: "2025-12-31T23:59:55Z" });
});

test("annotations are kept, without secrets", async () => {
  await recorder().record(about, { ...submit, annotations: { endpoint: "s3.secret-key=hunter2" } });
  expect(only().metadata.annotations).toEqual({ endpoint: "s3.secret-key=******" });
});

test("continues the count of another operator, or of this one before a restart", async () => {
  await recorder().record(about, submit);
  await recorder().record(about, submit);
  expect(requests).toEqual(["create", "create", "get", "patch"]);
  expect(only()).toMatchObject({ count: 2 });
});

test("messages under one key are one event, with the newest message", async () => {
  const events = recorder();
  const specChanged = { ...submit, reason: "SpecChanged", key: "SpecChange: 2" };
  await events.record(about, { ...specChanged, message: "parallelism 1 → 2" });
  await events.record(about, { ...specChanged, message: "parallelism 1 → 3" });
  expect(only()).toMatchObject({
    metadata: { name: "JobManagerDeployment.1857084245" },
    message: "parallelism 1 → 3",
    count: 2,
  });
});

test("`once` records an event once, also if it exists before", async () => {
  await recorder().record(about, submit);
  const fresh = recorder();
  await fresh.record(about, { ...submit, once: true });
  await clock.advance(60_000);
  await fresh.record(about, { ...submit, once: true });
  expect(requests).toEqual(["create", "create", "get"]);
  expect(only()).toMatchObject({ count: 1 });
});

test("within its interval an event is not repeated, even across a restart", async () => {
  const interval = { ...submit, intervalMs: 60_000 };
  await recorder().record(about, interval);
  const fresh = recorder();
  await clock.advance(59_000);
  await fresh.record(about, interval);
  expect(only()).toMatchObject({ count: 1 });
  await clock.advance(1_000);
  await fresh.record(about, interval);
  expect(only()).toMatchObject({ count: 2 });
});

test("within its interval an event is repeated if its label of the change differs, even across a restart", async () => {
  const changed = (value: string) => ({
    ...submit,
    intervalMs: 60_000,
    changeLabel: "parallelismMap",
    labels: { parallelismMap: value },
  });
  await recorder().record(about, changed("1"));
  const fresh = recorder();
  await fresh.record(about, changed("1"));
  expect(only()).toMatchObject({ count: 1 });
  await fresh.record(about, changed("2"));
  expect(only()).toMatchObject({ count: 2, metadata: { labels: { parallelismMap: "2" } } });
  await fresh.record(about, changed("2"));
  expect(only()).toMatchObject({ count: 2 });
});

test("an event that the server has deleted is created again", async () => {
  const recording = recorder();
  await recording.record(about, submit);
  events.clear();
  await recording.record(about, submit);
  expect(requests).toEqual(["create", "patch", "create"]);
  expect(only()).toMatchObject({ count: 1 });
});

test("concurrent records of one event are all counted", async () => {
  const recording = recorder();
  await Promise.all([1, 2, 3].map(() => recording.record(about, submit)));
  expect(only()).toMatchObject({ count: 3 });
});

test("never rejects, and a missing permission is not reported", async () => {
  refuse = () => new KubeError(403, "Forbidden", "no");
  await recorder().record(about, submit);
  expect(errors).toEqual([]);
  refuse = () => new KubeError(500, "InternalError", "broken");
  await recorder().record(about, submit);
  expect(errors).toMatchObject([{ status: 500 }]);
  refuse = undefined;
  await recorder().record(about, submit);
  expect(only()).toMatchObject({ count: 1 });
});

test("secrets are masked in the message, which does not change the name", async () => {
  const message = "cannot read s3: s3.secret-key=hidden";
  await recorder().record(about, { ...submit, message });
  const masked = only();
  expect(masked.message).toBe("cannot read s3: s3.secret-key=******");
  await recorder().record(about, { ...submit, message: String(masked.message) });
  expect(events.size).toBe(2);
});

test("caches a bounded number of events, the most recent ones", async () => {
  const recording = recorder(2);
  const record = (reason: string) => recording.record(about, { ...submit, reason });
  for (const reason of ["A", "B", "A", "C"]) await record(reason);
  requests = [];
  await record("A");
  await record("B");
  expect(requests).toEqual(["patch", "create", "get", "patch"]);
});
