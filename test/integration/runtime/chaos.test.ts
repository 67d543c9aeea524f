import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeClient } from "../../../src/kube/client.ts";
import { kubeconfigAccess } from "../../../src/kube/kubeconfig.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../../support/controlPlane.ts";
import { type Fault, httpFaultProxy } from "../../support/httpFaultProxy.ts";
import { tcpProxy } from "../../support/tcpProxy.ts";
import { defineWidgets, newWidget, widget } from "../../support/widgets.ts";
import { follow } from "./follower.ts";

// All faults between a watcher and the API server, in random order, while objects are created, changed and deleted.

const faults: Fault[] = [
  { status: 500, reason: "InternalError" },
  { status: 429, reason: "TooManyRequests" },
  { status: 410, reason: "Expired" },
  { truncateLine: 2 },
  { delayMs: 400 },
  { lagMs: 100 },
];
const durationMs = 20_000;

const plane = sharedControlPlane();
const access = kubeconfigAccess(plane.kubeconfig);
let direct: KubeClient;
beforeAll(async () => {
  direct = clientOf(plane);
  await defineWidgets(direct);
});
afterAll(() => direct.close());

const chance = (probability: number) => Math.random() < probability;
const oneOf = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;

test("no change is missed, and the number of requests is bounded", async () => {
  const namespace = await createNamespace(direct, "chaos");
  const proxy = await httpFaultProxy(access);
  const network = await tcpProxy(Number(new URL(proxy.url).port));
  const follower = follow(
    namespace,
    { server: `http://127.0.0.1:${network.port}`, namespace },
    { watchSilenceMs: 1_500, requestTimeoutMs: 1_000 },
  );
  const deadline = performance.now() + durationMs;
  proxy.injectFaults(() => (chance(0.3) ? oneOf(faults) : undefined));

  const injectingFaults = (async () => {
    while (performance.now() < deadline) {
      await wait(700 * Math.random());
      oneOf([network.cut, network.stall, () => {}])();
    }
  })();
  const alive = new Set<string>();
  for (let made = 0; performance.now() < deadline; ) {
    if (alive.size < 5 || chance(0.2)) {
      const name = `w-${made++}`;
      await direct.create(widget, newWidget(namespace, name));
      alive.add(name);
    } else if (chance(0.25)) {
      const name = oneOf([...alive]);
      await direct.delete(widget, namespace, name);
      alive.delete(name);
    } else {
      await direct.mergePatch(widget, namespace, oneOf([...alive]), { spec: { size: made } });
    }
    await wait(20);
  }
  await injectingFaults;
  const requests = proxy.requests.length;
  proxy.injectFaults(undefined);

  // The back-off may have reached half a minute.
  await follower.waitUntilSynced(direct, 90_000);
  expect(follower.store.size).toBe(alive.size);
  const errors = follower.reports.flatMap((report) => report.error ?? []);
  expect(errors.length).toBeGreaterThan(3);
  // The back-off's floor is 800 ms; a refused stream is followed by a list at once.
  expect(requests).toBeLessThan(2 * (durationMs / 800));
  await follower.stop();
  await network.close();
  await proxy.close();
});
