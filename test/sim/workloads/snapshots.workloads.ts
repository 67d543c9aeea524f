import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkStateSnapshotSpec } from "../../../src/api/v1beta1/flinkstatesnapshot.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName } from "./resource.ts";
import { deploy, healthy, isRunning, severalCheckpointsMs, upgrade } from "./steps.ts";

const type = resourceTypes.flinkStateSnapshot;
type JobReference = NonNullable<FlinkStateSnapshotSpec["jobReference"]>;
const toResource: JobReference = { kind: "FlinkDeployment", name: resourceName };

export const isComplete =
  (name: string) =>
  (view: View): boolean => {
    const snapshot = view.snapshot(name);
    return (
      snapshot?.status?.state === "COMPLETED" && snapshot.metadata.labels?.["snapshot.state"] === "COMPLETED"
    );
  };

export const snapshot = (
  name: string,
  spec: FlinkStateSnapshotSpec,
  jobReference: JobReference = toResource,
): Step => ({
  name: `apply the FlinkStateSnapshot ${name}`,
  act: (world) =>
    world.server.create("user", type, { metadata: { name, namespace }, spec: { jobReference, ...spec } }),
  until: isComplete(name),
});

/** This many savepoints exist. Each JobManager that crashed may leave one more that it has not reported. */
export const savepointsLeft =
  (count: number) =>
  ({ world: { storage, journal } }: View): boolean => {
    const unreported = storage.snapshots.filter(({ kind }) => kind === "savepoint").length - count;
    const crashes = journal.of("jobmanager-stopped").filter(({ how }) => how === "crashed");
    return unreported >= 0 && unreported <= crashes.length;
  };

/** After it, the savepoint is not the newest snapshot. */
export const waitForCheckpoint: Step = { name: "wait for a checkpoint", thenWaitMs: severalCheckpointsMs };

export const removeSnapshot = (name: string, until = savepointsLeft(0)): Step => ({
  name: `delete the FlinkStateSnapshot ${name}`,
  act: (world) => world.server.delete("user", type, namespace, name),
  until: (view) => view.snapshot(name) === undefined && until(view),
  thenWaitMs: severalCheckpointsMs,
});

export const snapshotsInStatus = { "kubernetes.operator.snapshot.resource.enabled": "false" };
export const savepointEveryTwoMinutes = { "kubernetes.operator.periodic.savepoint.interval": "2 min" };
export const savepointEvery = (seconds: number) => ({
  "kubernetes.operator.periodic.savepoint.interval": `${seconds} s`,
});

const triggered = (
  nonce: "savepointTriggerNonce" | "checkpointTriggerNonce",
  until: Step["until"],
): Step => ({
  name: `set ${nonce}`,
  act: (world) => edit(world, { job: { [nonce]: 7 } }),
  ...(until === undefined ? {} : { until }),
  thenWaitMs: severalCheckpointsMs,
});

const recordedNonce =
  (nonce: string) =>
  (view: View): boolean =>
    JSON.parse(view.status?.reconciliationStatus?.lastReconciledSpec ?? "{}").spec?.job?.[nonce] === 7 &&
    view.settled;

/** There are this many snapshots, and all are complete. */
export const allComplete =
  (count: number) =>
  ({ snapshots }: View): boolean =>
    snapshots.length === count &&
    snapshots.every(({ metadata }) => metadata.labels?.["snapshot.state"] === "COMPLETED");

/** Refers to the data of another one, as a user does who takes a savepoint over. */
const referTo = (other: string, name: string): Step => ({
  name: `apply the FlinkStateSnapshot ${name} of the same path as ${other}`,
  act: (world) => {
    const { path } = world.server.get(type, namespace, other).status as { path: string };
    const savepoint = { path, alreadyExists: true, disposeOnDelete: false };
    world.server.create("user", type, {
      metadata: { name, namespace },
      spec: { jobReference: toResource, savepoint },
    });
  },
  until: isComplete(name),
  thenWaitMs: severalCheckpointsMs,
});

/** An upgrade of a job that does not run is another workload. */
const runs: Step = { name: "the job runs", until: isRunning("--edition;1") };

/** The run must be quiet at its end. */
const disablePeriodicSavepoints: Step = {
  name: "switch periodic savepoints off",
  act: (world) =>
    edit(world, { flinkConfiguration: { "kubernetes.operator.periodic.savepoint.interval": "0" } }),
  until: ({ resource, status }) => status?.observedGeneration === resource?.metadata.generation,
  thenWaitMs: severalCheckpointsMs,
};

const periods = (count: number, until: (count: number) => NonNullable<Step["until"]>): Step[] => [
  { name: `wait for ${count} periodic savepoints`, until: until(count) },
  disablePeriodicSavepoints,
];

/** One snapshot for each period, by the due time in its name: none is doubled. */
const ofEachPeriod =
  (count: number) =>
  (view: View): boolean => {
    const due = view.snapshots.map(({ metadata }) => Number(metadata.name.split("-").at(-1))).sort();
    return allComplete(count)(view) && due.every((at, n) => n === 0 || at - (due[n - 1] ?? 0) >= 120_000);
  };

const inHistory =
  (count: number) =>
  ({ status }: View): boolean =>
    status?.jobStatus?.savepointInfo?.savepointHistory?.length === count &&
    status.jobStatus.savepointInfo.triggerId === undefined;

export const workloads: readonly Scenario[] = [
  {
    name: "snapshot-savepoint",
    steps: [
      deploy("last-state"),
      snapshot("by-hand", { savepoint: {} }),
      waitForCheckpoint,
      removeSnapshot("by-hand"),
    ],
    ...healthy,
  },
  {
    name: "snapshot-of-the-newest",
    steps: [
      deployWith("last-state", { "execution.checkpointing.interval": "1 h" }),
      snapshot("first", { savepoint: {} }),
      {
        ...removeSnapshot("first"),
        name: "delete it while it is the newest snapshot",
        until: (view) => view.snapshot("first")?.status?.error?.includes("is still needed") === true,
      },
      snapshot("second", { savepoint: {} }),
      {
        name: "wait until it is deleted",
        until: (view) => view.snapshot("first") === undefined && savepointsLeft(1)(view),
      },
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "snapshot-kept",
    steps: [
      deploy("last-state"),
      snapshot("by-hand", { savepoint: { disposeOnDelete: false } }),
      waitForCheckpoint,
      removeSnapshot("by-hand", savepointsLeft(1)),
    ],
    ...healthy,
  },
  {
    name: "snapshot-of-one-path",
    steps: [
      deploy("last-state"),
      snapshot("first", { savepoint: {} }),
      waitForCheckpoint,
      referTo("first", "second"),
      {
        ...removeSnapshot("first"),
        name: "delete it while another one is of the same path",
        until: (view) => view.snapshot("first")?.status?.error?.includes("is of the same path") === true,
      },
      removeSnapshot("second", savepointsLeft(1)),
      {
        name: "wait until the first is deleted",
        until: (view) => view.snapshot("first") === undefined && savepointsLeft(0)(view),
      },
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "snapshot-checkpoint",
    steps: [deploy("last-state"), snapshot("by-hand", { checkpoint: {} })],
    ...healthy,
  },
  {
    name: "snapshot-nonces",
    steps: [
      deploy("savepoint"),
      triggered("savepointTriggerNonce", allComplete(1)),
      triggered("checkpointTriggerNonce", allComplete(2)),
      runs,
      upgrade,
    ],
    ...healthy,
  },
  {
    name: "snapshot-nonces-legacy",
    steps: [
      deployWith("savepoint", snapshotsInStatus),
      triggered("savepointTriggerNonce", recordedNonce("savepointTriggerNonce")),
      triggered("checkpointTriggerNonce", recordedNonce("checkpointTriggerNonce")),
      runs,
      upgrade,
    ],
    ...healthy,
  },
  {
    name: "snapshot-periodic",
    steps: [deployWith("last-state", savepointEveryTwoMinutes), ...periods(3, ofEachPeriod)],
    ...healthy,
  },
  {
    name: "snapshot-periodic-legacy",
    steps: [
      deployWith("last-state", { ...savepointEveryTwoMinutes, ...snapshotsInStatus }),
      ...periods(3, inHistory),
    ],
    ...healthy,
  },
  {
    name: "snapshot-clean-up",
    steps: [
      deployWith("last-state", {
        ...savepointEvery(60),
        "kubernetes.operator.savepoint.history.max.count": "2",
        "kubernetes.operator.savepoint.dispose-on-delete": "true",
      }),
      {
        name: "wait for five periodic savepoints",
        until: ({ world }) => world.journal.of("savepoint-completed").length === 5,
      },
      disablePeriodicSavepoints,
      { name: "wait until two savepoints are left", until: allComplete(2) },
    ],
    ...healthy,
  },
  {
    name: "snapshot-clean-up-legacy",
    steps: [
      deployWith("last-state", {
        ...savepointEvery(60),
        ...snapshotsInStatus,
        "kubernetes.operator.savepoint.history.max.count": "2",
      }),
      {
        name: "wait for five periodic savepoints",
        until: ({ world }) => world.journal.of("savepoint-completed").length === 5,
      },
      disablePeriodicSavepoints,
      { name: "wait until two savepoints are left", until: inHistory(2) },
    ],
    ...healthy,
  },
];
