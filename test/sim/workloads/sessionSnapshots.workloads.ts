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
  aCheckpoint,
  complete,
  every,
  everyTwoMinutes,
  legacy,
  removeSnapshot,
  savepointsLeft,
  snapshot,
} from "./snapshots.workloads.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

const { flinkStateSnapshot } = resourceTypes;

/** What snapshots.workloads.ts has of applications, of a session job. */

const ofOne = { kind: "FlinkSessionJob", name: "one" } as const;
const snapshotOfOne = (name: string, spec: FlinkStateSnapshotSpec): Step => snapshot(name, spec, ofOne);

const statusOf = (view: View) => view.sessionJob("one")?.status;
const seen = (view: View): boolean =>
  statusOf(view)?.observedGeneration === view.sessionJob("one")?.metadata.generation;

const triggered = (
  nonce: "savepointTriggerNonce" | "checkpointTriggerNonce",
  until: NonNullable<Step["until"]>,
): Step => ({
  name: `a new ${nonce} of one`,
  act: (world) => editJob(world, "one", { job: { [nonce]: 7 } }),
  until,
  thenWaitMs: severalCheckpointsMs,
});

const isTaken = ({ snapshots }: View): boolean =>
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

/** What goes on would make itself heard when all is to be still. */
const switchOff: Step = {
  name: "no more periods",
  act: (world) =>
    editJob(world, "one", { flinkConfiguration: { "kubernetes.operator.periodic.savepoint.interval": "0" } }),
  until: seen,
  thenWaitMs: severalCheckpointsMs,
};

const twoOfFive = (options: Record<string, string>, areLeft: NonNullable<Step["until"]>): Step[] => [
  deployCluster(),
  submitJobs(
    { one: "last-state" },
    { ...every(60), "kubernetes.operator.savepoint.history.max.count": "2", ...options },
  ),
  { name: "five periods", until: ({ world }) => world.journal.of("savepoint-completed").length === 5 },
  switchOff,
  { name: "two are left", until: (view) => areLeft(view) && savepointsLeft(2)(view) },
];

/** Of which the operator made a resource, the only one. */
const theOnly = ({ snapshots }: View): string => snapshots[0]?.metadata.name ?? "";

export const workloads: readonly Scenario[] = [
  {
    name: "session-snapshot-savepoint",
    steps: [
      deployCluster(),
      submitJobs({ one: "last-state", two: "last-state" }),
      snapshotOfOne("by-hand", { savepoint: {} }),
      aCheckpoint,
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
      triggered("savepointTriggerNonce", complete(1)),
      triggered("checkpointTriggerNonce", complete(2)),
      upgradeJob(),
      { name: "the savepoint of the upgrade has its resource too", until: complete(3) },
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-nonces-legacy",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }, legacy),
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
      submitJobs({ one: "last-state" }, everyTwoMinutes),
      { name: "3 periods", until: complete(3) },
      switchOff,
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-periodic-legacy",
    steps: [
      deployCluster(),
      submitJobs({ one: "last-state" }, { ...everyTwoMinutes, ...legacy }),
      { name: "3 periods", until: inHistory(3) },
      switchOff,
    ],
    ...healthy,
  },
  {
    name: "session-snapshot-clean-up",
    steps: twoOfFive({ "kubernetes.operator.savepoint.dispose-on-delete": "true" }, complete(2)),
    ...healthy,
  },
  {
    name: "session-snapshot-clean-up-legacy",
    steps: twoOfFive(legacy, inHistory(2)),
    ...healthy,
  },
  {
    name: "session-snapshot-cluster-upgrade",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }),
      { ...triggered("savepointTriggerNonce", isTaken), thenWaitMs: 0 },
      upgradeCluster("one"),
      { name: "all its savepoints are complete", until: (view) => complete(view.snapshots.length)(view) },
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
      aCheckpoint,
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
      { name: "its savepoint has a resource", until: complete(1) },
      {
        name: "delete it while the job is to start from it",
        act: (world) => {
          const [name = ""] = world.server
            .list(flinkStateSnapshot, { namespace })
            .map(({ metadata }) => metadata.name);
          world.server.delete("user", flinkStateSnapshot, namespace, name);
        },
        until: (view) => view.snapshot(theOnly(view))?.status?.error?.includes("is still needed") === true,
        thenWaitMs: severalCheckpointsMs,
      },
      resumeJob,
      {
        name: "then it goes",
        until: ({ snapshots }) => snapshots.length === 0,
        thenWaitMs: severalCheckpointsMs,
      },
    ],
    ...healthy,
    healthy: false,
  },
];
