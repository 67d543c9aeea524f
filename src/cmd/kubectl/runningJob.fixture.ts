/** A job that runs, as the cluster and Flink show it to kubectl, and edits of it in files. For tests. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { KubeObject } from "../../api/kubernetes.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { aJobId, aSpec, aStatus } from "../../core/job/situation.fixture.ts";
import { type FakeAnswer, holding, list } from "./fakeKubectl.fixture.ts";

export const folder = mkdtempSync(join(tmpdir(), "plan-"));

/** A file with these documents. */
export function file(...documents: readonly object[]): string {
  const path = join(folder, `${documents.length}-${Math.floor(performance.now() * 1000)}.yaml`);
  writeFileSync(path, documents.map((each) => dump(each)).join("---\n"));
  return path;
}

export const spec = {
  ...aSpec,
  flinkConfiguration: { "state.checkpoints.dir": "file:///c", "state.savepoints.dir": "file:///s" },
  jobManager: { resource: { cpu: 1, memory: "1024m" } },
  taskManager: { resource: { cpu: 1, memory: "1024m" } },
};

export const metadata = {
  name: "job",
  namespace: "ns",
  uid: "uid-1",
  generation: 1,
  finalizers: [FINALIZER],
};
export const live: KubeObject = {
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata,
  spec,
  status: aStatus(spec, { job: { startTime: "500" } }),
};
export const manifest = (more: object = {}) => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: "job", namespace: "ns" },
  spec: { ...spec, ...more },
});

export const image = { image: "flink:9" };

const labels = { app: "job", component: "jobmanager", type: "flink-native-kubernetes" };
const checkpoint = {
  id: 3,
  external_path: "file:/c/chk-3",
  is_savepoint: false,
  discarded: false,
  trigger_timestamp: 900,
};

/** What the cluster and Flink answer of the running job, except its resource. */
export const cluster: readonly FakeAnswer[] = [
  {
    when: "/apis/apps/v1/",
    stdout: list({
      metadata: { name: "job", namespace: "ns", uid: "deployment-1", labels },
      spec: { replicas: 1 },
      status: { availableReplicas: 1 },
    }),
  },
  {
    when: "/pods?",
    stdout: list({
      metadata: { name: "job-x", namespace: "ns", labels },
      status: { podIP: "10.0.0.1", conditions: [{ type: "Ready", status: "True" }] },
    }),
  },
  {
    when: "job-rest:rest/proxy/jobs/overview",
    stdout: {
      jobs: [
        { jid: aJobId, name: "job", state: "RUNNING", "start-time": 500, tasks: { running: 1, total: 1 } },
      ],
    },
  },
  { when: "proxy/config", stdout: { "flink-version": "2.3.0", "flink-revision": "abc" } },
  { when: "proxy/taskmanagers", stdout: { taskmanagers: [{ id: "tm", slotsNumber: 1, freeSlots: 0 }] } },
  {
    when: "/checkpoints",
    stdout: { counts: { completed: 3, in_progress: 0 }, latest: { completed: checkpoint }, history: [] },
  },
  { when: "/exceptions", stdout: { exceptionHistory: { entries: [] } } },
];

export const running: readonly FakeAnswer[] = [...cluster, ...holding(live)];

/** The dry run of the API server stores the spec as it is. */
export const stored = (more: object = {}): FakeAnswer => ({
  when: "apply ",
  stdout: { ...live, spec: { ...spec, ...more } },
});
