import { afterEach, beforeEach, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import { resourceTypes } from "../../api/kubernetes.ts";
import { type Caller, type Callers, type Cluster, createCallers } from "./callers.ts";
import { admin, type FakeApiServer, fakeApiServer } from "./fakeApiServer.fixture.ts";

let api: FakeApiServer;
let clock: FakeClock;
let callers: Callers;
let cluster: Cluster;

const idleMs = 10 * 60_000;
const reads = ({ kube }: Caller): Promise<boolean> =>
  kube.list(resourceTypes.pod).then(
    () => true,
    () => false,
  );

beforeEach(async () => {
  api = await fakeApiServer();
  api.users.set("a", admin);
  clock = fakeClock();
  callers = createCallers(clock);
  cluster = { name: "one", access: { server: api.url, namespace: "default" }, namespaces: [] };
});

afterEach(async () => {
  await callers.close();
  await api.close();
});

it("keeps the connections of a caller while something holds them, and ten minutes longer", async () => {
  const caller = callers.of(cluster, "a");
  const [release, other] = [callers.hold(caller), callers.hold(caller)];
  await clock.advance(3 * idleMs);
  callers.of(cluster, "b");
  expect(await reads(caller)).toBe(true);
  release();
  other();
  await clock.advance(idleMs - 1);
  callers.of(cluster, "b");
  expect([callers.size, await reads(caller)]).toEqual([2, true]);
  await clock.advance(1);
  callers.of(cluster, "b");
  expect([callers.size, await reads(caller)]).toEqual([1, false]);
});

it("has no more than 500 callers that do nothing, and ends none that does", async () => {
  const caller = callers.of(cluster, "a");
  callers.hold(caller);
  for (let at = 0; at < 600; at += 1) callers.of(cluster, `token-${at}`);
  expect([callers.size, await reads(caller)]).toEqual([500, true]);
});

it("ends a refused caller as soon as nothing holds it", async () => {
  callers.drop(callers.of(cluster, "b"));
  expect(callers.size).toBe(0);
  const caller = callers.of(cluster, "a");
  const release = callers.hold(caller);
  callers.drop(caller);
  expect(await reads(caller)).toBe(true);
  release();
  expect([callers.size, await reads(caller)]).toEqual([0, false]);
});
