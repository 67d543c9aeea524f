import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkStateSnapshotSpec } from "../../../src/api/v1beta1/flinkstatesnapshot.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import {
  deleteJob,
  deployCluster,
  editJob,
  resumeJob,
  submitJobs,
  suspendJob,
  upgradeCluster,
  upgradeJob,
} from "./session.ts";
import {
  allComplete,
  removeSnapshot,
  savepointEvery,
  savepointEveryTwoMinutes,
  savepointsLeft,
  snapshot,
  snapshotsInStatus,
  waitForCheckpoint,
} from "./snapshots.workloads.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

const { flinkStateSnapshot } = resourceTypes;

/** For a session job, what snapshots.workloads.ts has for applications. */

const ofOne = { kind: "FlinkSessionJob", name: "one" } as const;
const snapshotOfOne = (name: string, spec: FlinkStateSnapshotSpec): Step => snapshot(name, spec, ofOne);

const statusOf = (view: View) => view.sessionJob("one")?.status;
const isObserved = (view: View): boolean =>
  statusOf(view)?.observedGeneration === view.sessionJob("one")?.metadata.generation;

const triggered = (
  nonce: "savepointTriggerNonce" | "checkpointTriggerNonce",
  until: NonNullable<Step["until"]>,
): Step => ({
  name: `set ${nonce} of one`,
  act: (world) => editJob(world, "one", { job: { [nonce]: 7 } }),
  until,
  thenWaitMs: severalCheckpointsMs,
});

const isSnapshotInProgress = ({ snapshots }: View): boolean =>
  snapshots.some(({ status }) => status?.state === "IN_PROGRESS");

const recordedNonce =
  (nonce: string) =>
  (view: View): boolean =>
    JSON.parse(statusOf(view)?.reconciliationStatus?.lastReconciledSpec ?? "{}").spec?.job?.[nonce] === 7;

const inHistory =
  (count: number) =>
  (view: View): boolean => {
    const info = statusOf(view)?.jobStatus?.savepointInfo;
    return info?.savepointHistory?.length === count && info.triggerId === undefined;
  };

/** The run must be quiet at its end. */
const disablePeriodicSavepoints: Step = {
  name: "switch periodic savepoints off",
  act: (world) =>
    editJob(world, "one", { flinkConfiguration: { "kubernetes.operator.periodic.savepoint.interval": "0" } }),
  until: isObserved,
  thenWaitMs: severalCheckpointsMs,
};

const keepTwoOfFive = (options: Record<string, string>, twoLeft: NonNullable<Step["until"]>): Step[] => [
  deployCluster(),
  submitJobs(
    { one: "last-state" },
    { ...savepointEvery(60), "kubernetes.operator.savepoint.history.max.count": "2", ...options },
  ),
  {
    name: "wait for five periodic savepoints",
    until: ({ world }) => world.journal.of("savepoint-completed").length === 5,
  },
  disablePeriodicSavepoints,
  { name: "wait until two savepoints are left", until: (view) => twoLeft(view) && savepointsLeft(2)(view) },
];

/** The name of the only FlinkStateSnapshot, which the operator created. */
const onlySnapshotName = ({ snapshots }: View): string => snapshots[0]?.metadata.name ?? "";

export const workloads: readonly Scenario[] = [
  {
    name: "session-snapshot-savepoint",
    steps: [
      deployCluster(),
      submitJobs({ one: "last-state", two: "last-state" }),
      snapshotOfOne("by-hand", { savepoint: {} }),
      waitForCheckpoint,
      removeSnapshot("by-hand"),
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-checkpoint",
    steps: [deployCluster(), submitJobs({ one: "last-state" }), snapshotOfOne("by-hand", { checkpoint: {} })],
    ...healthy,
  },
  {
    name: "session-snapshot-nonces",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }),
      triggered("savepointTriggerNonce", allComplete(1)),
      triggered("checkpointTriggerNonce", allComplete(2)),
      upgradeJob(),
      { name: "the savepoint of the upgrade has a FlinkStateSnapshot", until: allComplete(3) },
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-nonces-legacy",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }, snapshotsInStatus),
      triggered("savepointTriggerNonce", recordedNonce("savepointTriggerNonce")),
      triggered("checkpointTriggerNonce", recordedNonce("checkpointTriggerNonce")),
      upgradeJob(),
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-periodic",
    steps: [
      deployCluster(),
      submitJobs({ one: "last-state" }, savepointEveryTwoMinutes),
      { name: "wait for 3 periodic savepoints", until: allComplete(3) },
      disablePeriodicSavepoints,
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-periodic-legacy",
    steps: [
      deployCluster(),
      submitJobs({ one: "last-state" }, { ...savepointEveryTwoMinutes, ...snapshotsInStatus }),
      { name: "wait for 3 periodic savepoints", until: inHistory(3) },
      disablePeriodicSavepoints,
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-clean-up",
    steps: keepTwoOfFive({ "kubernetes.operator.savepoint.dispose-on-delete": "true" }, allComplete(2)),
    ...healthy,
  },
  {
    name: "session-snapshot-clean-up-legacy",
    steps: keepTwoOfFive(snapshotsInStatus, inHistory(2)),
    ...healthy,
  },
  {
    name: "session-snapshot-cluster-upgrade",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }),
      { ...triggered("savepointTriggerNonce", isSnapshotInProgress), thenWaitMs: 0 },
      upgradeCluster("one"),
      { name: "all its savepoints are complete", until: (view) => allComplete(view.snapshots.length)(view) },
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "session-snapshot-of-deleted",
    steps: [
      deployCluster(),
      submitJobs({ one: "last-state" }),
      snapshotOfOne("by-hand", { savepoint: {} }),
      waitForCheckpoint,
      { ...deleteJob("one"), thenWaitMs: severalCheckpointsMs },
      removeSnapshot("by-hand"),
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-of-suspended",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }, { "kubernetes.operator.savepoint.dispose-on-delete": "true" }),
      suspendJob,
      { name: "its savepoint has a FlinkStateSnapshot", until: allComplete(1) },
      {
        name: "delete it while the suspended job needs it",
        act: (world) => {
          const [name = ""] = world.server
            .list(flinkStateSnapshot, { namespace })
            .map(({ metadata }) => metadata.name);
          world.server.delete("user", flinkStateSnapshot, namespace, name);
        },
        until: (view) =>
          view.snapshot(onlySnapshotName(view))?.status?.error?.includes("is still needed") === true,
        thenWaitMs: severalCheckpointsMs,
      },
      resumeJob,
      {
        name: "wait until it is deleted",
        until: ({ snapshots }) => snapshots.length === 0,
        thenWaitMs: severalCheckpointsMs,
      },
    ],
    ...healthy,
    healthy: false,
  },
];
