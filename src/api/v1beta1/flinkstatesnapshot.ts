/** FlinkStateSnapshot: one savepoint or checkpoint of a job in the same namespace. */
import {
  boolean,
  field,
  freeForm,
  int32,
  type KindDeclaration,
  object,
  oneOf,
  type Static,
  string,
} from "../declaration.ts";
import { type KubeObject, resourceTypes } from "../kubernetes.ts";
import { savepointFormatTypes } from "./commonStatus.ts";
import * as rules from "./flinkstatesnapshotRules.ts";

export const jobKinds = ["FlinkDeployment", "FlinkSessionJob"] as const;

const jobReference = object("JobReference", {
  kind: field(oneOf(jobKinds), "Kind of the resource that the job belongs to."),
  name: field(string, "Its name."),
});

const savepointSpec = object("SavepointSpec", {
  path: field(
    string,
    "Folder for the savepoint; absent: `state.savepoints.dir` of the job. With `alreadyExists`, the savepoint itself.",
  ),
  formatType: field(oneOf(savepointFormatTypes), "Its format.", { default: "CANONICAL" }),
  disposeOnDelete: field(boolean, "Delete the savepoint's data with this resource.", { default: true }),
  alreadyExists: field(boolean, "Nothing is triggered: the savepoint at `path` is there already.", {
    default: false,
  }),
});

export const flinkStateSnapshotSpec = object("FlinkStateSnapshotSpec", {
  jobReference: field(jobReference, "The job to take it of."),
  savepoint: field(savepointSpec, "Take a savepoint. Either this or `checkpoint` is set."),
  checkpoint: field(
    freeForm<Record<string, unknown>>("CheckpointSpec", "own"),
    "Take a full checkpoint: `{}`. Either this or `savepoint` is set.",
  ),
  backoffLimit: field(int32, "So many more attempts where one fails; below 0: without end.", { default: -1 }),
});
export interface FlinkStateSnapshotSpec extends Static<typeof flinkStateSnapshotSpec> {}

export type JobKind = (typeof jobKinds)[number];

export const snapshotStates = ["TRIGGER_PENDING", "IN_PROGRESS", "COMPLETED", "FAILED", "ABANDONED"] as const;
export type SnapshotState = (typeof snapshotStates)[number];

export const flinkStateSnapshotStatus = object("FlinkStateSnapshotStatus", {
  state: field(oneOf(snapshotStates), "How far it is. `ABANDONED`: its job has gone.", {
    default: "TRIGGER_PENDING",
  }),
  triggerId: field(string, "Flink's id of the attempt."),
  triggerTimestamp: field(string, "When it was triggered (RFC 3339)."),
  resultTimestamp: field(string, "When it completed or failed (RFC 3339)."),
  path: field(string, "Where it is, once it is complete."),
  error: field(string, "Why the last attempt failed, as JSON."),
  failures: field(int32, "Attempts that failed.", { default: 0 }),
});
export interface FlinkStateSnapshotStatus extends Static<typeof flinkStateSnapshotStatus> {}

export interface FlinkStateSnapshot extends KubeObject {
  spec: FlinkStateSnapshotSpec;
  status?: FlinkStateSnapshotStatus | undefined;
}

/** No field is required by the CRD, not even the spec. */
export const asFlinkStateSnapshot = (object: KubeObject): FlinkStateSnapshot => ({
  ...object,
  spec: (object.spec ?? {}) as FlinkStateSnapshotSpec,
});

export const flinkStateSnapshot: KindDeclaration = {
  ...resourceTypes.flinkStateSnapshot,
  shortNames: ["flinksnp"],
  doc: "A savepoint or checkpoint of a job: to be taken, or already there. What becomes of it: docs/snapshots.md.",
  spec: { name: "spec", type: flinkStateSnapshotSpec, doc: "What to take.", rules: rules.spec },
  status: { name: "status", type: flinkStateSnapshotStatus, doc: "What came of it." },
  columns: [
    { name: "Path", type: "string", jsonPath: ".status.path" },
    { name: "Result Timestamp", type: "string", jsonPath: ".status.resultTimestamp" },
    { name: "Snapshot State", type: "string", jsonPath: ".status.state" },
  ],
};
