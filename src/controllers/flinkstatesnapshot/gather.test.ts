import { beforeEach, expect, it } from "vitest";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkStateSnapshot } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { DISPOSAL_CLUSTER_ANNOTATION, SESSION_LABEL } from "../../api/v1beta1/names.ts";
import { type FlinkConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { withSessionJob } from "../../core/flinksessionjob/situation.fixture.ts";
import { aSpec, aStatus, withJobSpec } from "../../core/job/situation.fixture.ts";
import { createStore } from "../../runtime/store.ts";
import { type ClusterIndex, gatherSnapshots, snapshotsByCluster } from "../flinkdeployment/gather.ts";
import {
  type ProjectedConfigMap,
  type ProjectedDeployment,
  type ProjectedPod,
  type ProjectedSnapshot,
  projectConfigMap,
  projectDeployment,
  projectPod,
  projectSnapshot,
} from "../flinkdeployment/project.ts";
import {
  blueGreenByPath,
  gatherSnapshot,
  type PathIndex,
  resourcesByPath,
  type SnapshotIndex,
  snapshotIndices,
} from "./gather.ts";
import { deploymentResolver } from "./referredJob.ts";
import { sessionJobResolver } from "./referredSessionJob.ts";

const byApp = {
  cluster: ({ metadata }: KubeObject) => [`${metadata.namespace}/${metadata.labels?.app}`],
};

let resources: ReturnType<typeof createStore<KubeObject, PathIndex>>;
let sessionJobs: ReturnType<typeof createStore<KubeObject, PathIndex>>;
let blueGreen: ReturnType<typeof createStore<KubeObject, PathIndex>>;
let snapshots: ReturnType<typeof createStore<ProjectedSnapshot, SnapshotIndex>>;
let deployments: ReturnType<typeof createStore<ProjectedDeployment>>;
let pods: ReturnType<typeof createStore<ProjectedPod, ClusterIndex>>;
let config: FlinkConfig;

beforeEach(() => {
  config = flinkConfig({});
  resources = createStore({ indices: resourcesByPath });
  sessionJobs = createStore({ indices: resourcesByPath });
  blueGreen = createStore({ indices: blueGreenByPath });
  snapshots = createStore({ project: projectSnapshot, indices: snapshotIndices });
  deployments = createStore({ project: projectDeployment });
  pods = createStore({ project: projectPod, indices: byApp });
});

const applied = (store: { feed(): { applied(object: KubeObject): void } }, ...objects: KubeObject[]) => {
  const feed = store.feed();
  for (const object of objects) feed.applied(object);
};

let version = 0;
const metadata = (name: string, more: object = {}) => ({
  name,
  namespace: "ns",
  uid: `uid-${name}`,
  resourceVersion: String(++version),
  ...more,
});
const aResource = (name: string, job: object = {}, status: object = {}) => ({
  metadata: metadata(name),
  spec: withJobSpec(job),
  status: { ...aStatus(aSpec), ...status },
});
const aSessionJob = (name: string, job: object = {}, status: object = {}) => {
  const spec = { ...withSessionJob(job), deploymentName: "session" };
  return { metadata: metadata(name), spec, status: { ...aStatus(aSpec), ...status } };
};
/** A cluster with its JobManager. */
const aSessionCluster = (name = "session") => {
  const { job: _, ...spec } = aSpec;
  applied(resources, { metadata: metadata(name), spec, status: aStatus(spec) });
  aCluster(name);
};
const ofSessionJob = { jobReference: { kind: "FlinkSessionJob", name: "job" }, savepoint: {} };
const aSnapshot = (name: string, status: object = {}, more: object = {}): KubeObject => ({
  metadata: metadata(name, more),
  spec: { jobReference: { kind: "FlinkDeployment", name: "job" }, savepoint: {} },
  status,
});
const aCluster = (name: string) => {
  const labels = { app: name, component: "jobmanager" };
  applied(deployments, { metadata: metadata(name, { labels }) });
  applied(pods, { metadata: metadata(`${name}-pod`, { labels }), status: { podIP: "10.0.0.1" } });
};

const gathered = (snapshot: KubeObject) => {
  const dependents = {
    FlinkDeployment: resources,
    FlinkSessionJob: sessionJobs,
    FlinkBlueGreenDeployment: blueGreen,
  };
  const sources = {
    resources,
    sessionJobs,
    dependents,
    snapshots,
    stores: {
      deployments,
      pods,
      configMaps: createStore<ProjectedConfigMap, ClusterIndex>({
        project: projectConfigMap,
        indices: byApp,
      }),
      snapshots: createStore<ProjectedSnapshot, ClusterIndex>({
        project: projectSnapshot,
        indices: snapshotsByCluster,
      }),
    },
    poller: { facts: () => undefined, followed: () => undefined },
    restAccess: "pod" as const,
    operatorConfig: () => config,
  };
  return gatherSnapshot(asFlinkStateSnapshot(snapshot), {
    ...sources,
    resolvers: { FlinkDeployment: deploymentResolver(sources), FlinkSessionJob: sessionJobResolver(sources) },
  });
};

const path = "file:/savepoints/one";

it("resolves the job that it refers to", () => {
  applied(resources, aResource("job"));
  aCluster("job");
  expect(gathered(aSnapshot("one")).job).toMatchObject({
    cluster: "ns/job",
    endpoint: { host: "10.0.0.1", port: 8081 },
    toRun: true,
    state: "RUNNING",
    canBeSnapshot: false,
    newestSavepoint: undefined,
  });
});

it("reports a missing job, and a missing reference", () => {
  expect(gathered(aSnapshot("one")).job).toBe("missing");
  expect(gathered({ metadata: metadata("one"), spec: { savepoint: {} } }).job).toBeUndefined();
});

it("a suspended job, and one that is being deleted, is not supposed to run", () => {
  applied(resources, aResource("job", { state: "suspended" }));
  expect(gathered(aSnapshot("one")).job).toMatchObject({ toRun: false });
});

it("a path is claimed by another snapshot or a resource; snapshots in progress are open", () => {
  const facts = () => gathered(aSnapshot("one"));
  expect([facts().isClaimed(path), facts().othersOpen]).toEqual([false, false]);
  applied(snapshots, aSnapshot("one", { state: "IN_PROGRESS" }));
  expect(facts().othersOpen).toBe(false);
  applied(snapshots, aSnapshot("two", { state: "IN_PROGRESS" }));
  applied(snapshots, aSnapshot("three", { state: "COMPLETED", path: "file:///savepoints/one" }));
  expect([facts().isClaimed(path), facts().othersOpen]).toEqual([true, true]);
});

it("is needed by a resource of any namespace that refers to its path, in any spelling", () => {
  const needed = () => gathered(aSnapshot("one")).neededBy(path);
  expect(needed()).toBeUndefined();
  const other = aResource("other", { initialSavepointPath: "file:///savepoints/one/" });
  applied(resources, { ...other, metadata: { ...other.metadata, namespace: "elsewhere" } });
  expect(needed()).toContain("initialSavepointPath of FlinkDeployment elsewhere/other");
});

it("is needed by another snapshot of the same path, unless that is being deleted", () => {
  applied(snapshots, aSnapshot("two", { path }, { deletionTimestamp: "2026-01-01T00:00:00Z" }));
  expect(gathered(aSnapshot("one")).neededBy(path)).toBeUndefined();
  applied(snapshots, aSnapshot("three", { path }));
  expect(gathered(aSnapshot("one")).neededBy(path)).toContain("FlinkStateSnapshot ns/three");
});

it("the cluster for disposals comes from the annotation, else the job, else the operator's configuration", () => {
  aCluster("mine");
  applied(resources, aResource("mine"));
  const disposer = (more?: object) => gathered(aSnapshot("one", {}, more)).disposer;
  expect(disposer()).toBeUndefined();
  config = flinkConfig({ "kubernetes.operator.snapshot.disposal-cluster": "all" });
  expect(disposer()).toEqual({ name: "all", cluster: "ns/all", endpoint: undefined });
  const job = aResource("job");
  const flinkConfiguration = { "kubernetes.operator.snapshot.disposal-cluster": "jobs" };
  applied(resources, { ...job, spec: { ...job.spec, flinkConfiguration } });
  expect(disposer()?.name).toBe("jobs");
  const annotated = disposer({ annotations: { [DISPOSAL_CLUSTER_ANNOTATION]: "mine" } });
  expect(annotated).toMatchObject({ name: "mine", endpoint: { host: "10.0.0.1" } });
});

it("of a session job: its session cluster takes and disposes of it, even if the job no longer exists", () => {
  aSessionCluster();
  const endpoint = { host: "10.0.0.1", port: 8081 };
  const snapshot = { ...aSnapshot("one"), spec: ofSessionJob };
  expect(gathered(snapshot).job).toBe("missing");
  applied(sessionJobs, aSessionJob("job"));
  expect(gathered(snapshot).job).toMatchObject({
    cluster: "ns/session",
    sessionCluster: "session",
    endpoint,
    hasJob: true,
    toRun: true,
    state: "RUNNING",
    flinkVersion: "v2_3",
  });
  applied(sessionJobs, aSessionJob("job", { state: "suspended" }));
  expect(gathered(snapshot).job).toMatchObject({ toRun: false, endpoint });
});

it("of a deleted session job: the session cluster in its label disposes of it", () => {
  aSessionCluster();
  const labels = { [SESSION_LABEL]: "session" };
  const snapshot = { ...aSnapshot("one", {}, { labels }), spec: ofSessionJob };
  expect(gathered(snapshot).disposer).toMatchObject({ name: "session", endpoint: { host: "10.0.0.1" } });
  config = flinkConfig({ "kubernetes.operator.snapshot.disposal-cluster": "all" });
  expect(gathered(snapshot).disposer?.name).toBe("all");
});

it("of a session job whose cluster is missing, or an application: it is not taken", () => {
  applied(sessionJobs, aSessionJob("job"));
  const job = () => gathered({ ...aSnapshot("one"), spec: ofSessionJob }).job;
  expect(job()).toMatchObject({ endpoint: undefined, flinkVersion: undefined });
});

it("is claimed and needed by session jobs, too, also one with the name of a FlinkDeployment", () => {
  aSessionCluster();
  applied(resources, aResource("job"));
  const facts = () => gathered(aSnapshot("one"));
  expect([facts().isClaimed(path), facts().neededBy(path)]).toEqual([false, undefined]);
  applied(
    sessionJobs,
    aSessionJob("job", { state: "suspended" }, { jobStatus: { upgradeSavepointPath: path } }),
  );
  expect(facts().isClaimed(path)).toBe(true);
  expect(facts().neededBy(path)).toContain("FlinkSessionJob ns/job");
});

it.each([
  ["its template", { template: { spec: { job: { initialSavepointPath: path } } } }, {}],
  ["its status", {}, { savepointPath: path }],
  [
    "the template that was last acted on",
    {},
    {
      lastReconciledSpec: JSON.stringify({
        spec: { template: { spec: { job: { initialSavepointPath: path } } } },
      }),
    },
  ],
])("is claimed and needed by a FlinkBlueGreenDeployment that names it in %s", (_, spec, status) => {
  applied(resources, aResource("job"));
  applied(blueGreen, { metadata: metadata("bg"), spec, status });
  const facts = gathered(aSnapshot("one"));
  expect(facts.isClaimed(path)).toBe(true);
  expect(facts.neededBy(path)).toBe("FlinkBlueGreenDeployment ns/bg names it");
  expect(facts.neededBy("file:/savepoints/other")).toBeUndefined();
  const dependents = {
    FlinkDeployment: resources,
    FlinkSessionJob: sessionJobs,
    FlinkBlueGreenDeployment: blueGreen,
  };
  const stores = {
    deployments,
    pods,
    configMaps: createStore<ProjectedConfigMap, ClusterIndex>({ project: projectConfigMap, indices: byApp }),
    snapshots: createStore<ProjectedSnapshot, ClusterIndex>({
      project: projectSnapshot,
      indices: snapshotsByCluster,
    }),
    dependents,
  };
  expect(gatherSnapshots(stores, "FlinkDeployment", "ns", "job").isNamedElsewhere?.(path)).toBe(true);
});

it("is indexed by its job", () => {
  applied(snapshots, aSnapshot("one"));
  expect(snapshots.by("job", `${resourceTypes.flinkDeployment.kind}/ns/job`)).toHaveLength(1);
});
