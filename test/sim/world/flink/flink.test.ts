import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { resourceTypes } from "../../../../src/api/kubernetes.ts";
import {
  createCluster,
  deleteCluster,
  highlyAvailable,
  type PlainCluster,
  savepointDirectory,
} from "../../support/plainCluster.ts";
import { isReady } from "../kubernetes/podStatus.ts";
import { namespace, World } from "../world.ts";

const jobId = "1".repeat(32);
const name = "sample";
const highlyAvailableCluster: PlainCluster = { name, jobId, configuration: highlyAvailable(name) };
const endpoint = { host: `${name}-rest.${namespace}`, port: 8081 };

const startCluster = async (world: World, cluster: PlainCluster): Promise<void> => {
  const before = world.journal.of("job-started").length;
  createCluster(world, cluster);
  await world.until("the job starts", () => world.journal.of("job-started").length > before);
};

const runCluster = async (cluster: PlainCluster, ms: number): Promise<World> => {
  const world = new World({ seed: 1 });
  await startCluster(world, cluster);
  await world.clock.runFor(ms);
  return world;
};

const haConfigMaps = (world: World): string[] =>
  world.server
    .list(resourceTypes.configMap, { namespace, labelSelector: `app=${name}` })
    .map((map) => map.metadata.name);

const jobManagerPod = (world: World) => {
  const [pod] = world.server.list(resourceTypes.pod, {
    namespace,
    labelSelector: "component=jobmanager",
  });
  if (pod === undefined) throw new Error("no JobManager");
  return pod;
};

const lastStart = (world: World) => world.journal.of("job-started").at(-1);

test("a job counts, and its checkpoints carry the count", async () => {
  const world = await runCluster({ name, jobId }, 60_000);
  const checkpoints = world.journal.of("checkpoint-completed");
  expect(checkpoints.length).toBeGreaterThanOrEqual(4);
  const counts = checkpoints.map((checkpoint) => checkpoint.count);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(lastStart(world)?.restored).toEqual({ count: 0, from: "nothing", by: "nothing" });
  // Only the newest is retained.
  expect(world.storage.snapshots.map((snapshot) => snapshot.count)).toEqual(counts.slice(-1));
});

test("high-availability data is in ConfigMaps without an owner, with the labels of each version", async () => {
  const world = await runCluster(highlyAvailableCluster, 30_000);
  expect(haConfigMaps(world)).toEqual([`${name}-${jobId}-config-map`, `${name}-cluster-config-map`]);
  const map = world.server.get(resourceTypes.configMap, namespace, `${name}-${jobId}-config-map`);
  expect(map.metadata.ownerReferences).toBeUndefined();
  expect(map.metadata.labels).toEqual({
    app: name,
    type: "flink-native-kubernetes",
    "configmap-type": "high-availability",
  });
  expect(Object.keys(map.data as object).sort()).toEqual([
    expect.stringMatching(/^checkpointID-0{18}\d$/),
    "counter",
  ]);
  const cluster = world.server.get(resourceTypes.configMap, namespace, `${name}-cluster-config-map`);
  expect(Object.keys(cluster.data as object)).toContain(`jobGraph-${jobId}`);

  const configuration = { ...highlyAvailableCluster.configuration, "$internal.flink.version": "v2_3" };
  const newer = await runCluster({ ...highlyAvailableCluster, configuration }, 30_000);
  const newerMap = newer.server.get(resourceTypes.configMap, namespace, `${name}-cluster-config-map`);
  expect(newerMap.metadata.labels).toEqual({ app: name, type: "flink-native-kubernetes" });
  expect(Object.keys(newerMap.data as object)).toContain(`executionPlan-${jobId}`);
});

test("a new cluster with the same job id restores the newest checkpoint of the high-availability data", async () => {
  const world = await runCluster(highlyAvailableCluster, 45_000);
  await deleteCluster(world, name);
  const newest = world.journal.of("checkpoint-completed").at(-1);
  await startCluster(world, {
    ...highlyAvailableCluster,
    configuration: {
      ...highlyAvailableCluster.configuration,
      "execution.savepoint.path": "KUBERNETES_OPERATOR_LAST_STATE",
    },
  });
  expect(lastStart(world)?.restored).toEqual({
    count: newest?.count,
    from: newest?.path,
    by: "high-availability",
  });
});

test("the stored job graph runs, whatever the new configuration says", async () => {
  const world = await runCluster(highlyAvailableCluster, 45_000);
  const before = lastStart(world)?.program;
  await deleteCluster(world, name);
  await startCluster(world, {
    ...highlyAvailableCluster,
    configuration: { ...highlyAvailableCluster.configuration, "parallelism.default": "1" },
  });
  expect(lastStart(world)).toMatchObject({ recovered: true, program: before });
});

/** A cluster with a script that is wrong, in the place of one that ran. */
async function withWrongScript(flinkVersion: string): Promise<World> {
  const wrong = gzipSync("INSRT INTO a SELECT 1").toString("base64");
  const ofVersion = { ...highlyAvailableCluster.configuration, "$internal.flink.version": flinkVersion };
  const world = await runCluster({ ...highlyAvailableCluster, configuration: ofVersion }, 45_000);
  await deleteCluster(world, name);
  const configuration = {
    ...ofVersion,
    "pipeline.jars": "flink-sql-runner.jar",
    "$internal.application.main": "flink.operator.sql.SqlJob",
    "$internal.application.program-args": `--script-base64;${wrong}`,
  };
  createCluster(world, { ...highlyAvailableCluster, configuration });
  await world.clock.runFor(45_000);
  return world;
}

test("a job to recover is run by main in Flink 2: if that fails, there is none, and its checkpoint stays", async () => {
  const world = await withWrongScript("v2_3");
  expect(world.journal.of("main-failed")).toHaveLength(1);
  expect(world.journal.of("job-started")).toHaveLength(1);
  const newest = world.journal.of("checkpoint-completed").at(-1);
  await deleteCluster(world, name);
  const configuration = { ...highlyAvailableCluster.configuration, "$internal.flink.version": "v2_3" };
  await startCluster(world, { ...highlyAvailableCluster, configuration });
  expect(lastStart(world)).toMatchObject({ recovered: true, restored: { from: newest?.path } });
});

test("a job to recover is run without main in Flink 1", async () => {
  const world = await withWrongScript("v1_20");
  expect(world.journal.of("main-failed")).toEqual([]);
  expect(lastStart(world)).toMatchObject({ recovered: true });
});

test("a job graph of an earlier launch runs beside the new job", async () => {
  const world = await runCluster(highlyAvailableCluster, 45_000);
  await deleteCluster(world, name);
  await startCluster(world, { ...highlyAvailableCluster, jobId: "2".repeat(32) });
  const [first, foreign, own] = world.journal.of("job-started");
  expect([first?.jobId, foreign?.jobId, own?.jobId]).toEqual([jobId, jobId, "2".repeat(32)]);
  expect(foreign?.recovered).toBe(true);
});

test("a path without a snapshot fails the job at its start", async () => {
  const configuration = { "execution.savepoint.path": "KUBERNETES_OPERATOR_LAST_STATE" };
  const world = await runCluster({ name, jobId, configuration }, 5_000);
  expect(world.journal.of("job-ended")).toMatchObject([{ state: "FAILED", count: 0 }]);
  expect(lastStart(world)?.restored.from).toBe("missing KUBERNETES_OPERATOR_LAST_STATE");
});

test("a stopped job has ended for good: there is no data to recover, and a restart does not run it again", async () => {
  const world = await runCluster(highlyAvailableCluster, 45_000);
  const rest = world.flinkFor(world.caller("operator"));
  const request = { triggerId: "2".repeat(32), targetDirectory: savepointDirectory } as const;
  await world.run(
    rest.stopWithSavepoint(endpoint, jobId, { ...request, formatType: "CANONICAL", drain: false }),
  );
  await world.until("the job ends", () => world.journal.of("job-ended").length > 0);
  await world.clock.runFor(5_000);
  expect(haConfigMaps(world)).toEqual([`${name}-cluster-config-map`]);
  const [savepoint] = world.journal.of("savepoint-completed");
  expect(world.storage.snapshots.map((snapshot) => snapshot.path)).toEqual([savepoint?.path]);
  world.kubelet.killContainer(jobManagerPod(world).metadata.uid ?? "", "Error");
  await world.clock.runFor(60_000);
  expect(world.journal.of("job-started")).toHaveLength(1);
  expect(await world.run(rest.jobs(endpoint))).toEqual([]);
});

test("the successor of a killed JobManager waits for the lock, then recovers the job", async () => {
  const world = await runCluster(highlyAvailableCluster, 45_000);
  const killedAt = world.clock.now();
  world.kubelet.killContainer(jobManagerPod(world).metadata.uid ?? "", "OOMKilled");
  await world.until("the job starts again", () => world.journal.of("job-started").length === 2);
  expect(world.clock.now() - killedAt).toBeGreaterThan(10_000);
  const newest = world.journal.of("checkpoint-completed").at(-1);
  expect(lastStart(world)?.restored).toMatchObject({ count: newest?.count, by: "high-availability" });
});

test("a lost TaskManager is replaced, and the job restarts from its newest checkpoint", async () => {
  const world = await runCluster(highlyAvailableCluster, 45_000);
  world.server.delete("user", resourceTypes.pod, namespace, `${name}-taskmanager-1-1`);
  await world.until("the job fails over", () => world.journal.of("job-failed-over").length > 0);
  const newest = world.journal.of("checkpoint-completed").at(-1);
  expect(world.journal.of("job-failed-over").at(-1)?.restored.count).toBe(newest?.count);
  const rest = world.flinkFor(world.caller("operator"));
  await world.clock.runFor(10_000);
  expect(await world.run(rest.jobs(endpoint))).toMatchObject([{ state: "RUNNING", tasks: { running: 2 } }]);
});

test("without its ConfigMap a JobManager never starts, and the events name the reason", async () => {
  const world = new World({ seed: 1 });
  createCluster(world, { name, jobId });
  world.server.delete("user", resourceTypes.configMap, namespace, `flink-config-${name}`);
  await world.clock.runFor(30_000);
  expect(world.journal.of("jobmanager-started")).toEqual([]);
  const reasons = world.server.list(resourceTypes.event, { namespace }).map((event) => event.reason);
  expect(reasons).toEqual(["FailedMount"]);
  expect(isReady(jobManagerPod(world))).toBe(false);
});

test("the same seed gives the same world, to the last entry", async () => {
  const journals = await Promise.all(
    [1, 2].map(async () => (await runCluster(highlyAvailableCluster, 60_000)).journal.entries),
  );
  expect(journals[0]).toEqual(journals[1]);
});
