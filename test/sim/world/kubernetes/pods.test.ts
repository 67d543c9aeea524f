import { expect, test } from "vitest";
import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { createCluster } from "../../support/plainCluster.ts";
import { dig, listAt } from "../json.ts";
import { namespace, World } from "../world.ts";
import type { PodFailure } from "./podFailures.ts";

const name = "sample";

const failing = async (failure: PodFailure, ms: number): Promise<World> => {
  const world = new World({ seed: 1 });
  world.podFailures.inject({ component: "jobmanager" }, failure);
  createCluster(world, { name, jobId: "1".repeat(32) });
  await world.clock.runFor(ms);
  return world;
};

const jobManagers = (world: World): KubeObject[] =>
  world.server.list(resourceTypes.pod, { namespace, labelSelector: "component=jobmanager" });

const container = (world: World): unknown => dig(jobManagers(world)[0], "status", "containerStatuses", 0);

const condition = (world: World, type: string) =>
  listAt(world.server.get(resourceTypes.deployment, namespace, name), "status", "conditions").find(
    (entry) => entry.type === type,
  );

test("an image that cannot be pulled: ErrImagePull, then ImagePullBackOff; it recovers", async () => {
  const world = new World({ seed: 1 });
  const removeFailure = world.podFailures.inject({ component: "jobmanager" }, { kind: "ImagePullBackOff" });
  createCluster(world, { name, jobId: "1".repeat(32) });
  await world.clock.runFor(2_000);
  expect(container(world)).toMatchObject({ state: { waiting: { reason: "ErrImagePull" } } });
  await world.clock.runFor(15_000);
  expect(container(world)).toMatchObject({ state: { waiting: { reason: "ImagePullBackOff" } } });
  removeFailure();
  await world.clock.runFor(30_000);
  expect(container(world)).toMatchObject({ ready: true, restartCount: 0 });
});

test("a container that crashes is restarted with an increasing back-off", async () => {
  const world = await failing({ kind: "CrashLoopBackOff" }, 30_000);
  expect(container(world)).toMatchObject({
    state: { waiting: { reason: "CrashLoopBackOff" } },
    lastState: { terminated: { exitCode: 1, reason: "Error" } },
  });
  expect(dig(container(world), "restartCount")).toBeGreaterThan(1);
});

test("a container that runs out of memory is OOMKilled in its last state", async () => {
  const world = await failing({ kind: "OOMKilled", afterMs: 8_000 }, 13_000);
  expect(container(world)).toMatchObject({
    lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
  });
});

test("a pod that cannot be scheduled stays Pending", async () => {
  const world = await failing({ kind: "Unschedulable" }, 60_000);
  expect(jobManagers(world)[0]?.status).toMatchObject({
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }],
  });
});

test("a Deployment that never became available keeps its first transition; a refused pod is reported", async () => {
  const world = await failing({ kind: "Unschedulable" }, 60_000);
  const created = world.server.get(resourceTypes.deployment, namespace, name).metadata.creationTimestamp;
  expect(condition(world, "Available")).toMatchObject({ status: "False", lastTransitionTime: created });
  const refusing = new World({ seed: 1 });
  refusing.podFailures.creationRefused = 'pods "sample" is forbidden: exceeded quota';
  createCluster(refusing, { name, jobId: "1".repeat(32) });
  await refusing.clock.runFor(5_000);
  expect(condition(refusing, "ReplicaFailure")).toMatchObject({ status: "True", reason: "FailedCreate" });
});

test("a deleted pod is replaced before it is gone; a forced deletion leaves its process running for a moment", async () => {
  const world = new World({ seed: 1 });
  createCluster(world, { name, jobId: "1".repeat(32) });
  await world.clock.runFor(20_000);
  const [first] = jobManagers(world);
  world.server.delete("user", resourceTypes.pod, namespace, first?.metadata.name ?? "");
  await world.clock.runFor(200);
  expect(jobManagers(world)).toHaveLength(2);
  await world.clock.runFor(20_000);
  const [second] = jobManagers(world);
  expect(second?.metadata.uid).not.toBe(first?.metadata.uid);
  world.server.delete("user", resourceTypes.pod, namespace, second?.metadata.name ?? "", {
    gracePeriodSeconds: 0,
  });
  const process = world.flink.jobManagers.get(second?.metadata.uid ?? "");
  expect(process?.listens).toBe(true);
  await world.clock.runFor(1_000);
  expect(process?.listens).toBe(false);
});

test("a foreground deletion of a Deployment waits for its pods", async () => {
  const world = new World({ seed: 1 });
  createCluster(world, { name, jobId: "1".repeat(32) });
  await world.clock.runFor(20_000);
  const { deployment } = resourceTypes;
  world.server.delete("user", deployment, namespace, name, { propagation: "Foreground" });
  await world.clock.runFor(500);
  expect(world.server.find(deployment, namespace, name)).toBeDefined();
  await world.until("all is gone", () => world.server.find(deployment, namespace, name) === undefined);
  expect(world.server.list(resourceTypes.pod, { namespace })).toEqual([]);
});
