import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkStateSnapshotSpec } from "../../../src/api/v1beta1/flinkstatesnapshot.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName } from "./resource.ts";
import { deploy, healthy, isRunning, severalCheckpointsMs, upgrade } from "./steps.ts";

const type = resourceTypes.flinkStateSnapshot;
type JobReference = NonNullable<FlinkStateSnapshotSpec["jobReference"]>;
const ofResource: JobReference = { kind: "FlinkDeployment", name: resourceName };

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
  jobReference: JobReference = ofResource,
): Step => ({
  name: `apply the FlinkStateSnapshot ${name}`,
  act: (world) =>
    world.server.create("user", type, { metadata: { name, namespace }, spec: { jobReference, ...spec } }),
  until: isComplete(name),
});

/** So many savepoints are there; a JobManager that dies may leave one more, of which it has told nobody. */
export const savepointsLeft =
  (count: number) =>
  ({ world: { storage, journal } }: View): boolean => {
    const untold = storage.snapshots.filter(({ kind }) => kind === "savepoint").length - count;
    const ends = journal.of("jobmanager-stopped").filter(({ how }) => how === "crashed");
    return untold >= 0 && untold <= ends.length;
  };

/** So that the savepoint is not the newest snapshot any more. */
export const aCheckpoint: Step = { name: "a checkpoint", thenWaitMs: severalCheckpointsMs };

export const removeSnapshot = (name: string, until = savepointsLeft(0)): Step => ({
  name: `delete the FlinkStateSnapshot ${name}`,
  act: (world) => world.server.delete("user", type, namespace, name),
  until: (view) => view.snapshot(name) === undefined && until(view),
  thenWaitMs: severalCheckpointsMs,
});

export const legacy = { "kubernetes.operator.snapshot.resource.enabled": "false" };
export const everyTwoMinutes = { "kubernetes.operator.periodic.savepoint.interval": "2 min" };
export const every = (seconds: number) => ({
  "kubernetes.operator.periodic.savepoint.interval": `${seconds} s`,
});

const triggered = (
  nonce: "savepointTriggerNonce" | "checkpointTriggerNonce",
  until: Step["until"],
): Step => ({
  name: `a new ${nonce}`,
  act: (world) => edit(world, { job: { [nonce]: 7 } }),
  ...(until === undefined ? {} : { until }),
  thenWaitMs: severalCheckpointsMs,
});

const recordedNonce =
  (nonce: string) =>
  (view: View): boolean =>
    JSON.parse(view.status?.reconciliationStatus?.lastReconciledSpec ?? "{}").spec?.job?.[nonce] === 7 &&
    view.settled;

/** All that were triggered are complete, and there are so many. */
export const complete =
  (count: number) =>
  ({ snapshots }: View): boolean =>
    snapshots.length === count &&
    snapshots.every(({ metadata }) => metadata.labels?.["snapshot.state"] === "COMPLETED");

/** An upgrade of one that does not, at the moment, is another story. */
const runs: Step = { name: "the job runs", until: isRunning("--edition;1") };

/** What goes on would make itself heard when all is to be still. */
const switchOff: Step = {
  name: "no more periods",
  act: (world) =>
    edit(world, { flinkConfiguration: { "kubernetes.operator.periodic.savepoint.interval": "0" } }),
  until: ({ resource, status }) => status?.observedGeneration === resource?.metadata.generation,
  thenWaitMs: severalCheckpointsMs,
};

const periods = (count: number, until: (count: number) => NonNullable<Step["until"]>): Step[] => [
  { name: `${count} periods`, until: until(count) },
  switchOff,
];

/** Of each period one, by when it was due, which is in its name: none is doubled. */
const ofEachPeriod =
  (count: number) =>
  (view: View): boolean => {
    const due = view.snapshots.map(({ metadata }) => Number(metadata.name.split("-").at(-1))).sort();
    return complete(count)(view) && due.every((at, n) => n === 0 || at - (due[n - 1] ?? 0) >= 120_000);
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
      aCheckpoint,
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
        name: "delete it while the job has no newer one",
        until: (view) => view.snapshot("first")?.status?.error?.includes("is still needed") === true,
      },
      snapshot("second", { savepoint: {} }),
      {
        name: "then it goes",
        until: (view) => view.snapshot("first") === undefined && savepointsLeft(1)(view),
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
      triggered("savepointTriggerNonce", complete(1)),
      triggered("checkpointTriggerNonce", complete(2)),
      runs,
      upgrade,
    ],
    ...healthy,
  },
  {
    name: "snapshot-nonces-legacy",
    steps: [
      deployWith("savepoint", legacy),
      triggered("savepointTriggerNonce", recordedNonce("savepointTriggerNonce")),
      triggered("checkpointTriggerNonce", recordedNonce("checkpointTriggerNonce")),
      runs,
      upgrade,
    ],
    ...healthy,
  },
  {
    name: "snapshot-periodic",
    steps: [deployWith("last-state", everyTwoMinutes), ...periods(3, ofEachPeriod)],
    ...healthy,
  },
  {
    name: "snapshot-periodic-legacy",
    steps: [deployWith("last-state", { ...everyTwoMinutes, ...legacy }), ...periods(3, inHistory)],
    ...healthy,
  },
  {
    name: "snapshot-clean-up",
    steps: [
      deployWith("last-state", {
        ...every(60),
        "kubernetes.operator.savepoint.history.max.count": "2",
        "kubernetes.operator.savepoint.dispose-on-delete": "true",
      }),
      { name: "five periods", until: ({ world }) => world.journal.of("savepoint-completed").length === 5 },
      switchOff,
      { name: "two are left", until: complete(2) },
    ],
    ...healthy,
  },
  {
    name: "snapshot-clean-up-legacy",
    steps: [
      deployWith("last-state", {
        ...every(60),
        ...legacy,
        "kubernetes.operator.savepoint.history.max.count": "2",
      }),
      { name: "five periods", until: ({ world }) => world.journal.of("savepoint-completed").length === 5 },
      switchOff,
      { name: "two are left", until: inHistory(2) },
    ],
    ...healthy,
  },
];
