import { beforeEach, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fakeClock.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { buildChild } from "../../core/flinkbluegreendeployment/child.ts";
import { formatStoredSpec } from "../../core/flinkbluegreendeployment/storedSpec.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { Poller } from "../../flink/poller.ts";
import type { KubeApi } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { createStore, type Store } from "../../runtime/store.ts";
import { createLogger } from "../../telemetry/log.ts";
import type { Routes } from "../flinkdeployment/ingressRoutes.ts";
import type { JobView } from "../flinkstatesnapshot/referredJob.ts";
import type { Reconciler } from "../reconciler.ts";
import { createFlinkBlueGreenDeploymentController } from "./controller.ts";
import { childrenByParent, type ParentIndex } from "./gather.ts";

let calls: string[];
let statuses: FlinkBlueGreenDeploymentStatus[];
let trigger: () => Promise<void>;
let blueGreen: Store<KubeObject>;
let resources: Store<KubeObject, ParentIndex>;
let routes: ReturnType<Routes["of"]>;
let controller: Reconciler;

const spec = (image: string) => ({
  image,
  flinkVersion: "v2_3" as const,
  serviceAccount: "flink",
  flinkConfiguration: {
    "execution.checkpointing.dir": "s3://cp",
    "execution.checkpointing.savepoint-dir": "s3://sp",
    "execution.checkpointing.interval": "10 s",
  },
  jobManager: { resource: { cpu: 1, memory: "1g" } },
  taskManager: { resource: { cpu: 1, memory: "1g" } },
  job: { jarURI: "local:///a.jar", parallelism: 1, upgradeMode: "savepoint" as const },
});

beforeEach(() => {
  calls = [];
  statuses = [];
  trigger = async () => undefined;
  routes = undefined;
  blueGreen = createStore<KubeObject>({ now: () => 0 });
  resources = createStore<KubeObject, ParentIndex>({ indices: childrenByParent, now: () => 0 });
  const metadata = { name: "app", namespace: "ns", uid: "u", resourceVersion: "1", generation: 2 };
  const ran = { template: { spec: spec("flink:1") } };
  const child = buildChild({ metadata, spec: ran }, "BLUE", undefined);
  resources.feed().applied({
    ...child,
    metadata: { ...child.metadata, uid: "b", resourceVersion: "1" },
    status: { lifecycleState: "STABLE", jobStatus: { state: "RUNNING" } },
  });
  blueGreen.feed().applied({
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkBlueGreenDeployment",
    metadata,
    spec: { template: { spec: spec("flink:2") } },
    status: {
      blueGreenState: "ACTIVE_BLUE",
      jobStatus: { state: "RUNNING" },
      lastReconciledSpec: formatStoredSpec(ran),
    },
  });
  const job = {
    cluster: "ns/app-blue",
    endpoint: { host: "h", port: 1 },
    jobId: "j",
    canBeSnapshot: true,
    savepointDirectory: "s3://sp",
    savepointFormat: "CANONICAL",
  };
  controller = createFlinkBlueGreenDeploymentController({
    blueGreen,
    resources,
    resolver: () => ({ job }) as JobView,
    routes: { of: () => routes, applied() {}, deleted() {}, remove() {}, size: 0 },
    operatorConfig: () => emptyConfig,
    poller: {
      facts: () => undefined,
      followed: () => undefined,
      pollNow: (cluster: string, part?: string) => {
        if (part !== undefined) calls.push(`${part} of ${cluster}`);
      },
      follow: (_: string, __: string, operation: unknown) => void calls.push(operation ? "follow" : "-"),
    } as unknown as Poller,
    kube: {
      async apply() {
        calls.push("apply");
        throw new KubeError(422, "Invalid", "host is taken");
      },
      async replaceStatus(_: unknown, object: KubeObject) {
        calls.push("status");
        statuses.push(object.status as FlinkBlueGreenDeploymentStatus);
        const version = String(statuses.length + 1);
        return { ...object, metadata: { ...object.metadata, resourceVersion: version } };
      },
    } as unknown as KubeApi,
    flink: {
      triggerSavepoint() {
        calls.push("trigger");
        return trigger();
      },
    } as unknown as FlinkRest,
    recorder: { record: async () => undefined },
    clock: fakeClock(),
    log: createLogger({ level: "silent" }),
  });
});

test("a savepoint is triggered once its id is in the status, and followed once it is sent", async () => {
  await controller.reconcile("ns", "app");
  expect(calls).toEqual(["status", "trigger", "follow"]);
  expect(statuses[0]?.blueGreenState).toBe("SAVEPOINTING_BLUE");
  await controller.reconcile("ns", "app");
  expect(calls).toEqual(["status", "trigger", "follow", "follow"]);
});

test("of a trigger that may have arrived, Flink is asked before it is sent again", async () => {
  trigger = () => Promise.reject(new FlinkRestError(0, "timeout", "no answer"));
  await expect(controller.reconcile("ns", "app")).rejects.toThrow();
  expect(statuses).toHaveLength(1);
  await controller.reconcile("ns", "app");
  expect(calls).toEqual(["status", "trigger", "follow"]);
});

test("a trigger that is refused at once leads back, and says why", async () => {
  trigger = () => Promise.reject(new FlinkRestError(400, "answered", "not all tasks run"));
  await controller.reconcile("ns", "app");
  expect(statuses.map(({ blueGreenState }) => blueGreenState)).toEqual(["SAVEPOINTING_BLUE", "ACTIVE_BLUE"]);
  expect(statuses.at(-1)?.error).toMatch(/not all tasks run/);
});

test("a first deployment whose Ingress is refused becomes active, with the reason", async () => {
  const unread = { unknown: undefined, found: undefined, answered: undefined };
  routes = { Ingress: unread, HTTPRoute: unread };
  const ran = { template: { spec: spec("flink:1") }, ingress: { template: "{{name}}.example.com" } };
  blueGreen.feed().applied({
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkBlueGreenDeployment",
    metadata: { name: "app", namespace: "ns", uid: "u", resourceVersion: "2", generation: 3 },
    spec: ran,
    status: { blueGreenState: "TRANSITIONING_TO_BLUE", lastReconciledSpec: formatStoredSpec(ran) },
  });
  await controller.reconcile("ns", "app");
  expect(calls).toEqual(["apply", "status", "-"]);
  expect(statuses).toMatchObject([
    { blueGreenState: "ACTIVE_BLUE", error: "spec.ingress: the Ingress was refused: host is taken" },
  ]);
});

test("the checkpoints of a new side that is verified are asked for once that is in the status", async () => {
  const ran = { template: { spec: spec("flink:1") } };
  const configuration = { "kubernetes.operator.bluegreen.verification.min-checkpoints": "1" };
  const metadata = { name: "app", namespace: "ns", uid: "u", resourceVersion: "2", generation: 2 };
  const green = buildChild({ metadata, spec: ran }, "GREEN", undefined);
  resources.feed().applied({
    ...green,
    metadata: { ...green.metadata, uid: "g", resourceVersion: "2" },
    status: { lifecycleState: "STABLE", jobStatus: { state: "RUNNING" } },
  });
  blueGreen.feed().applied({
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkBlueGreenDeployment",
    metadata,
    spec: { ...ran, configuration },
    status: {
      blueGreenState: "TRANSITIONING_TO_GREEN",
      deploymentReadyTimestamp: "1970-01-01T00:00:00Z",
      lastReconciledSpec: formatStoredSpec(ran),
    },
  });
  await controller.reconcile("ns", "app");
  expect(calls).toEqual(["status", "-", "checkpoints of ns/app-blue"]);
  expect(statuses[0]?.verification).toBeDefined();
});
