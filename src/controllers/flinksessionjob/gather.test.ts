import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob } from "../../api/v1beta1/flinksessionjob.ts";
import { aSessionJobSpec } from "../../core/flinksessionjob/situation.fixture.ts";
import { aJobId, aSpec } from "../../core/job/situation.fixture.ts";
import { createStore } from "../../runtime/store.ts";
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
import { gatherSessionJob } from "./gather.ts";

const byCluster = { cluster: () => [clusterKey("ns", "session")] };
const metadata = (name: string) => ({ name, namespace: "ns", uid: `uid-${name}`, resourceVersion: "1" });
const { job: _, ...clusterSpec } = aSpec;

/** The session of a job, where the cluster's own HA ConfigMap has these keys, and its JobManager told this version. */
function sessionOf(keys: readonly string[], version: string | undefined) {
  const configMaps = createStore<ProjectedConfigMap, ClusterIndex>({
    project: projectConfigMap,
    indices: byCluster,
  });
  const data = Object.fromEntries(keys.map((key) => [key, "x"]));
  for (const map of [
    { metadata: metadata("session-cluster-config-map"), data },
    { metadata: metadata(`session-${aJobId}-config-map`), data: { "checkpointID-0000000000000000001": "x" } },
  ])
    configMaps.feed().applied(map as KubeObject);
  const stores = {
    deployments: createStore<ProjectedDeployment>({ project: projectDeployment }),
    pods: createStore<ProjectedPod, ClusterIndex>({ project: projectPod, indices: byCluster }),
    configMaps,
    snapshots: createStore<ProjectedSnapshot, ClusterIndex>({
      project: projectSnapshot,
      indices: snapshotsByCluster,
    }),
  };
  const clusterInfo = version === undefined ? {} : { "flink-version": version };
  const { session } = gatherSessionJob(
    asFlinkSessionJob({
      metadata: metadata("job"),
      spec: aSessionJobSpec,
      status: { jobStatus: { jobId: aJobId } },
    }),
    {
      stores,
      restAccess: "pod",
      cluster: asFlinkDeployment({
        metadata: metadata("session"),
        spec: clusterSpec,
        status: { clusterInfo },
      }),
      flink: undefined,
      submission: undefined,
      podLog: undefined,
    },
  );
  return session;
}

const of1 = `jobGraph-${aJobId}`;
const of2 = `executionPlan-${aJobId}`;

describe("whether the JobManager of a session cluster recovers a job", () => {
  it.each([
    ["1.20.1", [of1], true],
    ["1.20.1", [of2], false],
    ["2.1.1", [of2], true],
    ["2.1.1", [of1], false],
    ["2.1.1", [of1, of2], true],
    ["2.1.1", [`executionPlan-${"b".repeat(32)}`], false],
    ["1.19-SNAPSHOT", [], false],
  ])("is told by the key that Flink %s reads: %j", (version, keys, recovers) => {
    expect(sessionOf(keys, version)?.recoversJob).toBe(recovers);
  });

  it("is unknown until the JobManager has told its version", () => {
    expect(sessionOf([of1], undefined)?.recoversJob).toBeUndefined();
  });
});
