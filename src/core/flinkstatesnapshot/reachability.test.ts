import { expect, it } from "vitest";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import {
  aSnapshot,
  aSnapshotResource,
  checkpointFacts,
  flinkFacts,
  runningStatus,
  someFacts,
  withJobSpec,
} from "../job/situation.fixture.ts";
import { type Dependent, needOf } from "./reachability.ts";

const path = "file:/savepoints/one";
const spelledOtherwise = "file:///savepoints/one/";

const dependent = (
  job: object,
  status: Partial<FlinkDeploymentStatus> = {},
  facts = someFacts({ haConfigMaps: [] }),
): Dependent => ({
  kind: "FlinkDeployment",
  namespace: "ns",
  name: "job",
  spec: withJobSpec(job),
  status: { ...runningStatus, lifecycleState: "STABLE", ...status },
  facts,
});
const jobStatus = (more: object) => ({ jobStatus: { ...runningStatus.jobStatus, ...more } });
const reported = (snapshots: object) =>
  someFacts({ haConfigMaps: [], flink: flinkFacts("RUNNING", checkpointFacts(snapshots)) });

it.each<[string, Dependent, string]>([
  [
    "an initialSavepointPath, also of a job without state",
    dependent({ upgradeMode: "stateless", initialSavepointPath: spelledOtherwise }),
    "initialSavepointPath of FlinkDeployment ns/job names it",
  ],
  [
    "a suspended job",
    dependent(
      {},
      { ...jobStatus({ state: "FINISHED", upgradeSavepointPath: path }), lifecycleState: "SUSPENDED" },
    ),
    "FlinkDeployment ns/job, which is SUSPENDED, may start from it",
  ],
  [
    "one that is being upgraded",
    dependent(
      {},
      { ...jobStatus({ state: "FINISHED", upgradeSavepointPath: path }), lifecycleState: "UPGRADING" },
    ),
    "which is UPGRADING",
  ],
  [
    "one that runs, but is not stable yet",
    dependent(
      {},
      { ...jobStatus({ upgradeSavepointPath: path }), lifecycleState: "DEPLOYED" },
      reported({ latestCompleted: aSnapshot(8) }),
    ),
    "which is DEPLOYED",
  ],
  [
    "a job whose newest snapshot it is",
    dependent(
      {},
      {},
      reported({
        latestCompleted: aSnapshot(7),
        latestSavepoint: aSnapshot(8, { externalPath: path, isSavepoint: true }),
      }),
    ),
    "it is the newest snapshot known of FlinkDeployment ns/job",
  ],
  [
    "a job that was started from it and has completed nothing since",
    dependent({}, jobStatus({ upgradeSavepointPath: path })),
    "it is the newest snapshot known",
  ],
])("is needed by %s", (_, resource, why) => {
  expect(needOf(path, resource)).toContain(why);
});

it.each<[string, Dependent]>([
  [
    "a job that has a newer checkpoint",
    dependent(
      {},
      jobStatus({ upgradeSavepointPath: path }),
      reported({ latestCompleted: aSnapshot(9), latestRestored: aSnapshot(8, { externalPath: path }) }),
    ),
  ],
  [
    "a job that gives its state up",
    dependent({ upgradeMode: "stateless" }, jobStatus({ upgradeSavepointPath: path })),
  ],
  ["a job that names another", dependent({ initialSavepointPath: `${path}-2` })],
])("is not needed by %s", (_, resource) => {
  expect(needOf(path, resource)).toBeUndefined();
});

it("is needed while it is newer than all snapshots of its job since its JobManager restarted it", () => {
  const snapshots = [
    aSnapshotResource({ path: "file:/savepoints/older", takenAt: 200 }),
    aSnapshotResource({ path, takenAt: 300 }),
    aSnapshotResource({ path: "file:/savepoints/running", takenAt: 350, state: "IN_PROGRESS" }),
  ];
  const restarted = (more: object, launchedAt = 100) =>
    dependent(
      {},
      {
        ...jobStatus({ startTime: "400" }),
        reconciliationStatus: { state: "DEPLOYED", reconciliationTimestamp: launchedAt },
      },
      someFacts({ haConfigMaps: [], snapshots, flink: flinkFacts("RUNNING", checkpointFacts(more)) }),
    );
  expect(needOf(path, restarted({}))).toContain("was started again by its JobManager");
  expect(needOf("file:/savepoints/older", restarted({}))).toBeUndefined();
  const own = { latestCompleted: aSnapshot(1, { timestamp: 450 }) };
  expect(needOf(path, restarted(own))).toBeUndefined();
  // The job was launched since; the snapshot was considered then.
  expect(needOf(path, restarted({}, 390))).toBeUndefined();
});
