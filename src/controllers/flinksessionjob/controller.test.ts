import { beforeEach, describe, expect, it, vi } from "vitest";
import { fakeClock } from "../../../test/support/fakeClock.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import type { FlinkDeploymentSpec, JobStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { flinkSessionJobSpec } from "../../api/v1beta1/flinksessionjob.ts";
import { SESSION_JOB_FINALIZER, SESSION_LABEL } from "../../api/v1beta1/names.ts";
import { type FlinkConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { withSessionJob } from "../../core/flinksessionjob/situation.fixture.ts";
import { aSpec, aStatus, flinkFacts } from "../../core/job/situation.fixture.ts";
import { formatLastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import type { FlinkRest } from "../../flink/api.ts";
import type { Poller } from "../../flink/poller.ts";
import type { Submitter } from "../../flink/submitter.ts";
import type { KubeApi } from "../../kube/api.ts";
import { createStore } from "../../runtime/store.ts";
import { createLogger } from "../../telemetry/log.ts";
import { type ClusterIndex, clusterKey, snapshotsByCluster } from "../flinkdeployment/gather.ts";
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
import { createFlinkSessionJobController } from "./controller.ts";

const labels = { app: "session", component: "jobmanager" };
const metadata = (name: string, more: object = {}) => ({
  name,
  namespace: "ns",
  uid: `uid-${name}`,
  resourceVersion: "1",
  generation: 2,
  ...more,
});
const { job: _, ...clusterSpec } = aSpec;
const cluster: KubeObject = {
  metadata: metadata("session"),
  spec: clusterSpec,
  status: aStatus(clusterSpec),
};
const deployment = { metadata: metadata("session", { uid: "deployment-1", labels }) };
const pod = { metadata: metadata("session-pod", { labels }), status: { podIP: "10.0.0.1" } };

const withNonce = withSessionJob({ savepointTriggerNonce: 7 });
const sessionJob = (spec: FlinkDeploymentSpec, job: Partial<JobStatus>): KubeObject => {
  const recorded = formatLastReconciledSpec(
    withSessionJob({}),
    { firstDeployment: false },
    flinkSessionJobSpec,
  );
  const status = aStatus(withSessionJob({}), { job, observedGeneration: 2 });
  const reconciliationStatus = { ...status.reconciliationStatus, lastReconciledSpec: recorded };
  return {
    metadata: metadata("job", {
      finalizers: [SESSION_JOB_FINALIZER],
      labels: { [SESSION_LABEL]: "session" },
    }),
    spec,
    status: { ...status, reconciliationStatus },
  };
};

let calls: string[];
let written: KubeObject[];
let config: FlinkConfig;

beforeEach(() => {
  calls = [];
  written = [];
  config = flinkConfig({});
});

/** One reconcile of a running session job with the given status. */
async function reconcile(
  job: Partial<JobStatus>,
  spec: FlinkDeploymentSpec = withNonce,
  snapshots: readonly KubeObject[] = [],
): Promise<void> {
  const clock = fakeClock();
  const byCluster = {
    cluster: (object: KubeObject) => [clusterKey("ns", object.metadata.labels?.app ?? "")],
  };
  const stores = {
    deployments: createStore<ProjectedDeployment>({ project: projectDeployment }),
    pods: createStore<ProjectedPod, ClusterIndex>({ project: projectPod, indices: byCluster }),
    configMaps: createStore<ProjectedConfigMap, ClusterIndex>({
      project: projectConfigMap,
      indices: byCluster,
    }),
    snapshots: createStore<ProjectedSnapshot, ClusterIndex>({
      project: projectSnapshot,
      indices: snapshotsByCluster,
    }),
  };
  const resources = createStore<KubeObject>();
  resources.feed().applied(sessionJob(spec, job));
  stores.deployments.feed().applied(deployment);
  stores.pods.feed().applied(pod);
  for (const snapshot of snapshots) stores.snapshots.feed().applied(snapshot);
  const note = (call: string, object: KubeObject): Promise<KubeObject> => {
    calls.push(call);
    written.push(object);
    return Promise.resolve({ ...object, metadata: { ...object.metadata, resourceVersion: "9" } });
  };
  const kube = {
    create: (type: ResourceType, object: KubeObject) => note(`create ${type.kind}`, object),
    delete: (type: ResourceType, __: string, name: string) =>
      note(`delete ${type.kind}`, { metadata: { name } }),
    replaceStatus: (type: ResourceType, object: KubeObject) => note(`status ${type.kind}`, object),
  } as unknown as KubeApi;
  const flink = flinkFacts("RUNNING");
  await createFlinkSessionJobController({
    kube,
    flink: {
      triggerSavepoint: (at: object, id: string, request: object) =>
        note(`trigger ${id} ${JSON.stringify({ at, ...request })}`, { metadata: { name: "" } }),
    } as unknown as FlinkRest,
    poller: {
      plan: vi.fn(),
      pollNow: vi.fn(),
      follow: vi.fn(),
      followed: vi.fn(),
      facts: () => flink,
    } as unknown as Poller,
    recorder: { record: () => Promise.resolve() },
    clock,
    log: createLogger({ level: "silent" }),
    restAccess: "pod",
    ...stores,
    stores,
    resources,
    submitter: { facts: () => undefined } as unknown as Submitter,
    jarFetcher: { facts: () => undefined } as unknown as Submitter<undefined>,
    scriptChecker: { facts: () => undefined } as unknown as Submitter,
    operatorConfig: () => config,
    clusterOf: () => cluster,
    random: () => 0,
  }).reconcile("ns", "job");
}

const statusOf = (object: KubeObject | undefined) => object?.status as { jobStatus?: JobStatus } | undefined;
const triggerType = "MANUAL" as const;

describe("a new nonce of a session job", () => {
  it("is recorded in its own status, without the fields of its session cluster", async () => {
    await reconcile({});
    expect(calls).toEqual(["status FlinkSessionJob"]);
    const status = statusOf(written[0]);
    expect(status?.jobStatus?.savepointInfo).toMatchObject({ triggerType });
    expect(status).not.toHaveProperty("jobManagerDeploymentStatus");
  });

  it("leads to a FlinkStateSnapshot that refers to the session job", async () => {
    await reconcile({ savepointInfo: { triggerType, triggerTimestamp: 5_000 } });
    expect(calls).toEqual(["create FlinkStateSnapshot", "status FlinkSessionJob"]);
    expect(written[0]).toMatchObject({
      metadata: { name: "job-savepoint-manual-5000", namespace: "ns" },
      spec: { jobReference: { kind: "FlinkSessionJob", name: "job" } },
    });
  });

  it("triggers a savepoint at the session cluster if snapshot resources are off", async () => {
    config = flinkConfig({ "kubernetes.operator.snapshot.resource.enabled": "false" });
    const overruled = { "kubernetes.operator.snapshot.resource.enabled": "true" };
    await reconcile({}, { ...withNonce, flinkConfiguration: overruled });
    expect(statusOf(written[0])?.jobStatus?.savepointInfo?.triggerId).toMatch(/^[0-9a-f]{32}$/);
  });
});

it("deletes only its own superfluous snapshots, not those of an application with the same name", async () => {
  const snapshot = (name: string, kind: string, second: number): KubeObject => ({
    metadata: metadata(name, {
      creationTimestamp: `1970-01-01T00:00:0${second}Z`,
      labels: { "snapshot.trigger-type": "PERIODIC" },
    }),
    spec: { jobReference: { kind, name: "job" }, savepoint: {} },
    status: { state: "COMPLETED", path: `file:/savepoints/${name}` },
  });
  config = flinkConfig({ "kubernetes.operator.savepoint.history.max.count": "1" });
  const { flinkSessionJob: own, flinkDeployment: other } = resourceTypes;
  await reconcile({}, withSessionJob({}), [
    snapshot("old", own.kind, 1),
    snapshot("older", other.kind, 0),
    snapshot("new", own.kind, 2),
  ]);
  expect(calls.filter((call) => call.startsWith("delete"))).toEqual(["delete FlinkStateSnapshot"]);
  expect(written[0]?.metadata.name).toBe("old");
});
