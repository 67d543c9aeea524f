import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { createStore } from "../../runtime/store.ts";
import { type ClusterIndex, clusterKey, gather, gatherResource, snapshotsByCluster } from "./gather.ts";
import {
  type ProjectedConfigMap,
  type ProjectedDeployment,
  type ProjectedPod,
  type ProjectedSnapshot,
  projectConfigMap,
  projectDeployment,
  projectPod,
  projectSnapshot,
} from "./project.ts";

const byCluster = {
  cluster: ({ metadata }: KubeObject): string[] => [
    clusterKey(metadata.namespace ?? "", metadata.labels?.app ?? ""),
  ],
};

function stores(...objects: readonly (KubeObject & { kind: string })[]) {
  const now = () => Date.parse("2026-01-01T00:00:00Z");
  const deployments = createStore<ProjectedDeployment>({ project: projectDeployment, now });
  const pods = createStore<ProjectedPod, ClusterIndex>({ project: projectPod, indices: byCluster, now });
  const configMaps = createStore<ProjectedConfigMap, ClusterIndex>({
    project: projectConfigMap,
    indices: byCluster,
    now,
  });
  const snapshots = createStore<ProjectedSnapshot, ClusterIndex>({
    project: projectSnapshot,
    indices: snapshotsByCluster,
    now,
  });
  const feeds = {
    Deployment: deployments.feed(),
    Pod: pods.feed(),
    ConfigMap: configMaps.feed(),
    FlinkStateSnapshot: snapshots.feed(),
  } as const;
  for (const kind of ["Deployment", "Pod", "ConfigMap", "FlinkStateSnapshot"] as const) {
    const relist = feeds[kind].relist();
    for (const object of objects.filter((each) => each.kind === kind)) relist.applied(object);
    relist.commit("1");
  }
  return { deployments, pods, configMaps, snapshots };
}

const object = (
  kind: string,
  name: string,
  component: string,
  more: object = {},
  app = "job",
  namespace = "ns",
) => ({
  kind,
  metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: "1", labels: { app, component } },
  ...more,
});
const pod = (name: string, component: string, podIP?: string, ready = false) =>
  object("Pod", name, component, {
    status: { podIP, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  });

describe("the facts of a cluster", () => {
  test("are the objects with its name, in its namespace", () => {
    const known = stores(
      object("Deployment", "job", "jobmanager"),
      object("Deployment", "other", "jobmanager", {}, "other"),
      pod("job-abc", "jobmanager", "10.0.0.1", true),
      pod("job-taskmanager-1-1", "taskmanager"),
      object("Pod", "other-abc", "jobmanager", {}, "other"),
      object("ConfigMap", "job-cluster-config-map", "", {}),
      object("ConfigMap", "job-config-map", "", {}, "job", "elsewhere"),
    );
    const facts = gather(known, "ns", "job", undefined, undefined, "pod");
    expect(facts.jobManager?.uid).toBe("uid-job");
    expect(facts.jobManagerPods.map(({ name }) => name)).toEqual(["job-abc"]);
    expect(facts.taskManagerPods.map(({ name }) => name)).toEqual(["job-taskmanager-1-1"]);
    expect(facts.haConfigMaps.map(({ name }) => name)).toEqual(["job-cluster-config-map"]);
    expect(facts.restHost).toBe("10.0.0.1");
  });

  test("include its own TaskManagers, not the JobManager of another cluster", () => {
    const known = stores(
      object("Deployment", "job", "jobmanager"),
      object("Deployment", "job-taskmanager", "taskmanager"),
      object("Deployment", "other", "jobmanager", {}, "other"),
      object("Deployment", "other-taskmanager", "jobmanager", {}, "other-taskmanager"),
    );
    const factsOf = (name: string) => gather(known, "ns", name, undefined, undefined, "pod");
    expect(factsOf("job")).toMatchObject({
      jobManager: { uid: "uid-job" },
      taskManagers: { uid: "uid-job-taskmanager", deleting: false },
    });
    expect(factsOf("job-taskmanager").jobManager).toBeUndefined();
    expect(factsOf("other")).not.toHaveProperty("taskManagers");
  });

  test("are empty if there are no objects", () => {
    expect(gather(stores(), "ns", "job", undefined, undefined, "pod")).toMatchObject({
      jobManager: undefined,
      jobManagerPods: [],
      taskManagerPods: [],
      haConfigMaps: [],
      restHost: undefined,
    });
  });

  test("show our own deletion before the watch delivers it", () => {
    const known = stores(object("Deployment", "job", "jobmanager"));
    known.deployments.observeDelete("ns", "job", "uid-job");
    expect(gather(known, "ns", "job", undefined, undefined, "pod").jobManager).toMatchObject({
      uid: "uid-job",
      deleting: true,
    });
  });
});

describe("the address of the JobManager", () => {
  test.each([
    [
      "a ready pod first",
      [pod("a", "jobmanager", "10.0.0.1"), pod("b", "jobmanager", "10.0.0.2", true)],
      "10.0.0.2",
    ],
    [
      "else one that has an address",
      [pod("a", "jobmanager"), pod("b", "jobmanager", "10.0.0.2")],
      "10.0.0.2",
    ],
    ["a TaskManager is none", [pod("a", "taskmanager", "10.0.0.1", true)], undefined],
  ])("%s", (_, pods, expected) => {
    expect(gather(stores(...pods), "ns", "job", undefined, undefined, "pod").restHost).toBe(expected);
  });

  test("is not that of a deleted pod", () => {
    const going = pod("a", "jobmanager", "10.0.0.1", true);
    const known = stores({ ...going, metadata: { ...going.metadata, deletionTimestamp: "t" } });
    expect(gather(known, "ns", "job", undefined, undefined, "pod").restHost).toBeUndefined();
  });

  test("is this host if the operator runs outside the cluster", () => {
    expect(gather(stores(), "ns", "job", undefined, undefined, "localhost").restHost).toBe("127.0.0.1");
  });
});

const snapshot = (name: string, status: object, job: object = { kind: "FlinkDeployment", name: "job" }) => ({
  kind: "FlinkStateSnapshot",
  metadata: { name, namespace: "ns", uid: `uid-${name}`, resourceVersion: "1" },
  spec: { jobReference: job, savepoint: {} },
  status,
});

test("the facts have all snapshots of the job, in every state, and none of another job", () => {
  const complete = { state: "COMPLETED", path: "file:/sp", triggerTimestamp: "1970-01-01T00:00:01Z" };
  const known = stores(
    snapshot("complete", complete),
    snapshot("under-way", { state: "IN_PROGRESS" }),
    snapshot("of-a-session-job", complete, { kind: "FlinkSessionJob", name: "job" }),
    snapshot("of-another", complete, { kind: "FlinkDeployment", name: "other" }),
  );
  expect(gather(known, "ns", "job", undefined, undefined, "pod").snapshots).toMatchObject([
    { name: "complete", kind: "savepoint", state: "COMPLETED", path: "file:/sp", takenAt: 1_000 },
    { name: "under-way", kind: "savepoint", state: "IN_PROGRESS", path: "", triggerType: "MANUAL" },
  ]);
});

describe("two clusters of one resource", () => {
  const uid = "resource-1";
  const clusterOf = (name: string, component: string, more: Partial<KubeObject["metadata"]> = {}) => ({
    kind: "Deployment",
    metadata: {
      name,
      namespace: "ns",
      labels: { app: name, component },
      ownerReferences: [{ apiVersion: "v1", kind: "FlinkDeployment", name: "job", uid }],
      ...more,
    },
  });
  const known = { find: () => undefined, flink: undefined, restAccess: "pod" } as const;
  const gathered = (
    status: FlinkDeployment["status"],
    ...objects: readonly (KubeObject & { kind: string })[]
  ) => gatherResource(stores(...objects), { metadata: { name: "job", namespace: "ns", uid }, status }, known);

  test.each<
    [string, FlinkDeployment["status"], (KubeObject & { kind: string })[], string | undefined, boolean]
  >([
    ["one, of its name", {}, [clusterOf("job", "jobmanager")], undefined, false],
    [
      "a standby beside it",
      {},
      [clusterOf("job", "jobmanager"), clusterOf("job-warm", "jobmanager-standby")],
      undefined,
      true,
    ],
    [
      "the status says that the job has moved",
      { clusterId: "job-warm" },
      [clusterOf("job", "jobmanager"), clusterOf("job-warm", "jobmanager-standby")],
      "job-warm",
      true,
    ],
    [
      "it moves back, and the gate is still closed",
      { warmUpgrade: { clusterId: "job", savepoint: "file:/1" } },
      [clusterOf("job", "jobmanager-standby"), clusterOf("job-warm", "jobmanager")],
      undefined,
      true,
    ],
    ["the status was dropped after the move", {}, [clusterOf("job-warm", "jobmanager")], "job-warm", false],
    [
      "the status was dropped, and no JobManager runs: the HA metadata of the job tells",
      { jobStatus: { jobId: "a".repeat(32) } },
      [
        {
          kind: "ConfigMap",
          metadata: {
            name: `job-warm-${"a".repeat(32)}-config-map`,
            namespace: "ns",
            labels: { app: "job-warm" },
          },
        },
      ],
      "job-warm",
      false,
    ],
    [
      "the same, of another job",
      { jobStatus: { jobId: "b".repeat(32) } },
      [
        {
          kind: "ConfigMap",
          metadata: {
            name: `job-warm-${"a".repeat(32)}-config-map`,
            namespace: "ns",
            labels: { app: "job-warm" },
          },
        },
      ],
      undefined,
      true,
    ],
    [
      "the status was dropped in the move: the newer one",
      {},
      [
        clusterOf("job", "jobmanager", { creationTimestamp: "2026-01-01T00:00:00Z" }),
        clusterOf("job-warm", "jobmanager", { creationTimestamp: "2026-01-01T00:01:00Z" }),
      ],
      "job-warm",
      true,
    ],
  ])("%s", (_, status, objects, clusterId, hasOther) => {
    const facts = gathered(status, ...objects);
    expect(facts.clusterId).toBe(clusterId);
    expect(facts.other !== undefined).toBe(hasOther);
  });

  const ofAnother = {
    ownerReferences: [{ apiVersion: "v1", kind: "FlinkDeployment", name: "job-warm", uid: "2" }],
  };

  test("a Deployment of another FlinkDeployment is not its second cluster either, whatever the status says", () => {
    const facts = gathered({ clusterId: "job-warm" }, clusterOf("job-warm", "jobmanager", ofAnother));
    expect(facts).toMatchObject({ otherIsTaken: true, jobManager: undefined });
    expect(facts.clusterId).toBeUndefined();
  });

  test("what it has under a name that another FlinkDeployment has taken meanwhile can be taken down", () => {
    const find = () => ({ metadata: { name: "job-warm" } });
    const facts = gatherResource(
      stores(clusterOf("job", "jobmanager"), clusterOf("job-warm", "jobmanager-standby")),
      { metadata: { name: "job", namespace: "ns", uid }, status: {} },
      { ...known, find },
    );
    expect(facts).toMatchObject({ otherIsTaken: true, other: { clusterId: "job-warm" } });
  });

  test.each<[string, FlinkDeployment["status"], (KubeObject & { kind: string })[], string | undefined]>([
    ["the Deployment of another one has its name", {}, [clusterOf("job-warm", "jobmanager")], "job"],
    ["by its status, another one runs its job there", { clusterId: "job-warm" }, [], "job"],
    ["by its status, another one begins to", { warmUpgrade: { clusterId: "job-warm" } }, [], "job"],
    [
      "it has a Deployment of its own",
      { clusterId: "job-warm" },
      [clusterOf("job-warm", "jobmanager", ofAnother)],
      undefined,
    ],
    ["nobody has it", {}, [], undefined],
  ])("a FlinkDeployment of the name job-warm: %s", (_, status, objects, heldBy) => {
    const find = (name: string) => (name === "job" ? { metadata: { name }, status } : undefined);
    const resource = { metadata: { name: "job-warm", namespace: "ns", uid: "2" }, status: {} };
    const facts = gatherResource(stores(...objects), resource, { ...known, find });
    expect(facts.heldBy).toBe(heldBy);
    expect(facts.jobManager === undefined).toBe(heldBy !== undefined || objects.length === 0);
  });

  test("a Deployment of somebody else is never the second cluster", () => {
    const foreign = clusterOf("job-warm", "jobmanager", { ownerReferences: [] });
    expect(gathered({}, clusterOf("job", "jobmanager"), foreign)).toMatchObject({ otherIsTaken: true });
    expect(gathered({}, clusterOf("job", "jobmanager"), foreign).other).toBeUndefined();
  });
});
