/** The fields that the statuses of several kinds share: the job, its snapshots, conditions, decisions. */
import { field, int32, int64, list, object, oneOf, type Static, string } from "../declaration.ts";
import { jobStates } from "../flinkFacts.ts";

export const snapshotTriggerTypes = ["MANUAL", "PERIODIC", "UPGRADE", "UNKNOWN"] as const;
export type SnapshotTriggerType = (typeof snapshotTriggerTypes)[number];

export const savepointFormatTypes = ["CANONICAL", "NATIVE", "UNKNOWN"] as const;
export type SavepointFormatType = (typeof savepointFormatTypes)[number];

export const checkpointTypes = ["FULL", "INCREMENTAL", "UNKNOWN"] as const;
export type CheckpointType = (typeof checkpointTypes)[number];

const triggerNonce = field(int64, "The nonce of the spec that asked for it; absent where none did.");

const savepoint = object("Savepoint", {
  timeStamp: field(int64, "When it was triggered, in milliseconds since the epoch."),
  location: field(string, "Its path."),
  triggerType: field(oneOf(snapshotTriggerTypes), "What triggered it."),
  formatType: field(oneOf(savepointFormatTypes), "Its format."),
  triggerNonce,
});
export interface Savepoint extends Static<typeof savepoint> {}

const checkpoint = object("Checkpoint", {
  timeStamp: field(int64, "When it was triggered, in milliseconds since the epoch."),
  triggerType: field(oneOf(snapshotTriggerTypes), "What triggered it."),
  formatType: field(oneOf(checkpointTypes), "Whether it is full or incremental."),
  triggerNonce,
});
export interface Checkpoint extends Static<typeof checkpoint> {}

const pendingSnapshot = {
  triggerId: field(string, "Flink's id of the snapshot that is being taken; absent while there is none."),
  triggerTimestamp: field(int64, "When the pending snapshot was triggered, in milliseconds since the epoch."),
  triggerType: field(oneOf(snapshotTriggerTypes), "What triggered the pending snapshot."),
  firstTriggerTimestamp: field(
    int64,
    "When a snapshot that is retried was first triggered, in milliseconds since the epoch. The grace period counts from " +
      "then. The Java operator does not know this field and drops it.",
  ),
};

export const savepointInfo = object("SavepointInfo", {
  lastSavepoint: field(savepoint, "The newest savepoint that completed."),
  ...pendingSnapshot,
  formatType: field(oneOf(savepointFormatTypes), "Format of the pending savepoint."),
  savepointHistory: field(list(savepoint), "Savepoints that completed and still count, oldest first.", {
    default: [],
  }),
  lastPeriodicSavepointTimestamp: field(
    int64,
    "When the newest periodic savepoint was triggered, in milliseconds since the epoch; 0: never.",
    { default: 0 },
  ),
});
export interface SavepointInfo extends Static<typeof savepointInfo> {}

export const checkpointInfo = object("CheckpointInfo", {
  lastCheckpoint: field(checkpoint, "The newest checkpoint that the operator triggered and that completed."),
  ...pendingSnapshot,
  formatType: field(oneOf(checkpointTypes), "Type of the pending checkpoint."),
  lastPeriodicCheckpointTimestamp: field(
    int64,
    "When the newest periodic checkpoint was triggered, in milliseconds since the epoch; 0: never.",
    { default: 0 },
  ),
});
export interface CheckpointInfo extends Static<typeof checkpointInfo> {}

export const jobStatus = object("JobStatus", {
  jobName: field(string, "Name of the job in Flink."),
  jobId: field(string, "Flink's id of the job: 32 hexadecimal digits."),
  state: field(
    oneOf(jobStates),
    "Flink's state of the job when it was last seen; `RECONCILING` while it cannot be seen.",
  ),
  startTime: field(string, "When the job started, in milliseconds since the epoch, as text."),
  updateTime: field(string, "When the state last changed, in milliseconds since the epoch, as text."),
  upgradeSavepointPath: field(
    string,
    "The savepoint or checkpoint that the next start of the job goes on from.",
  ),
  savepointInfo: field(savepointInfo, "Savepoints triggered by nonce, period or upgrade.", { default: {} }),
  checkpointInfo: field(checkpointInfo, "Checkpoints triggered by nonce or period.", { default: {} }),
});
export interface JobStatus extends Static<typeof jobStatus> {}

export const lifecycleStates = [
  "CREATED",
  "SUSPENDED",
  "UPGRADING",
  "DEPLOYED",
  "STABLE",
  "ROLLING_BACK",
  "ROLLED_BACK",
  "FAILED",
  "DELETING",
  "DELETED",
] as const;
export type LifecycleState = (typeof lifecycleStates)[number];

export const reconciliationStates = ["DEPLOYED", "UPGRADING", "ROLLING_BACK", "ROLLED_BACK"] as const;
export type ReconciliationState = (typeof reconciliationStates)[number];

export const reconciliationStatus = object("ReconciliationStatus", {
  reconciliationTimestamp: field(
    int64,
    "When the spec was last acted on, in milliseconds since the epoch; 0: never.",
    { default: 0 },
  ),
  lastReconciledSpec: field(
    string,
    "The spec that was last acted on, as JSON. It is what a change is compared with.",
  ),
  lastStableSpec: field(
    string,
    "The newest spec that was seen to work, as JSON. A rollback goes back to it.",
  ),
  state: field(oneOf(reconciliationStates), "How far the operator is with it.", { default: "UPGRADING" }),
});
export interface ReconciliationStatus extends Static<typeof reconciliationStatus> {}

export const snapshotKinds = ["checkpoint", "savepoint"] as const;
export type SnapshotKind = (typeof snapshotKinds)[number];

export const rememberedSnapshot = object("RememberedSnapshot", {
  path: field(string, "Where it is."),
  kind: field(oneOf(snapshotKinds), "What it is."),
  jobId: field(string, "Flink's id of the job that it is of."),
  checkpointId: field(int64, "Its number within one run of the job: a higher one is newer."),
  takenAt: field(int64, "When it was triggered, in milliseconds since the epoch."),
});
export interface RememberedSnapshot extends Static<typeof rememberedSnapshot> {}

export const condition = object("Condition", {
  type: field(string, "What the condition is about, for example `Running`."),
  status: field(string, "`True`, `False` or `Unknown`."),
  observedGeneration: field(int64, "The `metadata.generation` that it was judged on."),
  lastTransitionTime: field(string, "When the status last changed (RFC 3339)."),
  reason: field(string, "One word in CamelCase for why."),
  message: field(string, "The same in a sentence."),
});
export interface Condition extends Static<typeof condition> {}

export const decisionActs = [
  "Launch",
  "Upgrade",
  "Suspend",
  "Resume",
  "Restart",
  "Recover",
  "Rollback",
  "Redeploy",
  "Rescale",
  "Delete",
] as const;
export type DecisionAct = (typeof decisionActs)[number];

const refusedSnapshot = object("RefusedSnapshot", {
  snapshot: field(string, "The snapshot."),
  why: field(string, "Why it was not taken."),
});

export const decisionRecord = object("DecisionRecord", {
  time: field(string, "When it was decided (RFC 3339)."),
  generation: field(int64, "The `metadata.generation` that it was decided for."),
  act: field(oneOf(decisionActs), "What was decided."),
  reason: field(string, "Why, in one sentence."),
  facts: field(list(string), "What it was decided on."),
  restoresFrom: field(string, "What the job goes on from."),
  refused: field(list(refusedSnapshot), "Snapshots that were not taken, and why."),
  launchedAt: field(
    string,
    "When the cluster that it led to was created (RFC 3339); absent: not yet, or none was needed.",
  ),
  stoppedAt: field(string, "When what ran before was stopped, or was to be, for that launch (RFC 3339)."),
  runningAt: field(
    string,
    "When the tasks of the launched job were first seen at work (RFC 3339); absent: not yet. From `stoppedAt` to then the job " +
      "was down.",
  ),
});
export interface DecisionRecord extends Static<typeof decisionRecord> {}

export const retry = object("Retry", {
  failures: field(int32, "How often in a row it failed."),
  nextTime: field(
    string,
    "When it is tried again at the latest (RFC 3339); a change of the resource comes first.",
  ),
});
export interface Retry extends Static<typeof retry> {}

export const sessionReplacement = object("SessionReplacement", {
  generation: field(int64, "The `metadata.generation` that it is replaced for."),
  since: field(string, "Since when its jobs are asked to save their state (RFC 3339)."),
  until: field(string, "When it is replaced at the latest, whatever has become of them (RFC 3339)."),
});
export interface SessionReplacement extends Static<typeof sessionReplacement> {}

const run = object("Run", {
  startedFrom: field(
    string,
    "The savepoint or checkpoint that it was started from; absent: from none, or from HA metadata.",
  ),
  checkpointId: field(
    int64,
    "Of a run that was started from HA metadata: the number of the newest checkpoint in it.",
  ),
  stateSince: field(
    int64,
    "When its tasks were first seen at work, in milliseconds since the epoch: since then it has state of its own. Absent: it has " +
      "none (yet).",
  ),
  sqlTexts: field(
    string,
    "Of a session job: a hash of the ConfigMaps' texts that its SQL script was submitted with. Absent: it refers to none, or they are " +
      "not known.",
  ),
});

/** What a change of a spec waits for before it may stop what runs. */
export const awaitedBeforeDisruption = ["Approval", "DisruptionWindow", "Wave"] as const;
export type AwaitedBeforeDisruption = (typeof awaitedBeforeDisruption)[number];

export const pendingChange = object("PendingChange", {
  generation: field(int64, "The `metadata.generation` that waits. To approve it is to name this number."),
  waitsFor: field(oneOf(awaitedBeforeDisruption), "What it waits for."),
  since: field(string, "Since when it waits (RFC 3339)."),
  until: field(
    string,
    "When the next disruption window opens (RFC 3339); absent: it waits for something else.",
  ),
  effect: field(
    string,
    "What its plan comes to: `restart`; `waits` or `refused` where something else is in its way.",
  ),
  changes: field(list(string), "The fields of the spec that differ from what is deployed, at most ten."),
  steps: field(
    list(string),
    "What is done then, in order, at most ten steps, as it was foreseen when it began to wait.",
  ),
  restoresFrom: field(string, "What the job then goes on from, as it was foreseen."),
  downtimeMs: field(
    int64,
    "How long the job was down in its last upgrade, in milliseconds; absent: unknown.",
  ),
});
export interface PendingChange extends Static<typeof pendingChange> {}

/** A change of the parallelism in place, from its intent to its end (docs/adr/0030). */
const rescale = object("Rescale", {
  startTime: field(int64, "When it was begun, in milliseconds since the epoch."),
  before: field(
    string,
    "The parallelism of the vertices that it changes, before it: `id:parallelism`, with commas.",
  ),
  after: field(string, "The same, after it."),
  triggerId: field(string, "The trigger id of the checkpoint that is taken before it."),
  triggerTimestamp: field(int64, "When that checkpoint was intended, in milliseconds since the epoch."),
  givenUpTime: field(
    int64,
    "When it was given up because of missing slots, in milliseconds since the epoch: until it is tried again, the job has the " +
      "parallelism that it had. Absent: it was not.",
  ),
});
export interface Rescale extends Static<typeof rescale> {}

const explainedVertex = object("ExplainedVertex", {
  id: field(string, "The id of the vertex in Flink's job graph."),
  name: field(string, "Its name, at most 80 characters; absent: Flink does not say."),
  parallelism: field(int32, "The parallelism that it had."),
  target: field(int32, "The parallelism that it gets, or is recommended; absent: the one that it had."),
  outcome: field(string, "What became of it, in one word, as Scaled, Kept, Limited or Waits."),
  chain: field(
    list(string),
    "From what was measured to what was decided, or what stopped it, one step each.",
  ),
});

/** The last decision of the autoscaler (docs/adr/0035). */
const autoscalerStatus = object("AutoscalerStatus", {
  time: field(string, "When it first came out like this (RFC 3339). The numbers are those of this time."),
  outcome: field(string, "How it ended, in one word, as Scaled, Balanced, Blocked or Failed."),
  message: field(string, "Why, in one sentence."),
  vertices: field(
    list(explainedVertex),
    "The vertices that change, then those with the most load: at most ten.",
  ),
  moreVertices: field(int32, "How many vertices are not among them; absent: none."),
});
export interface AutoscalerStatus extends Static<typeof autoscalerStatus> {}

/** A change that is no edit restarts what runs, and takes a place of its wave (docs/adr/0038). */
const disruption = object("Disruption", {
  startedAt: field(string, "When it began (RFC 3339)."),
  stableSince: field(string, "Since when the resource is stable (RFC 3339); absent: it is not."),
  failedAt: field(string, "When the resource failed (RFC 3339); absent: it has not."),
});
export interface Disruption extends Static<typeof disruption> {}

const sqlCheck = object("SqlCheck", {
  name: field(
    string,
    "The pod that checks it, and its ConfigMap. Absent: its session cluster has checked it.",
  ),
  generation: field(int64, "The `metadata.generation` whose script is checked."),
  specHash: field(
    string,
    "A hash of the spec whose script is checked, with the parallelism that the autoscaler decided on.",
  ),
  startedAt: field(int64, "When the pod was requested, in milliseconds since the epoch."),
  endedAt: field(
    int64,
    "When its result was there, or could not be had any more, in milliseconds since the epoch; absent: not yet.",
  ),
  problem: field(string, "What is wrong with the script; absent: nothing."),
  stateLosses: field(
    list(string),
    "What becomes of state that the new script does not go on from; absent: all is kept.",
  ),
  uncompared: field(
    string,
    "Why the state of both scripts was not compared; absent: it was, or is of no interest.",
  ),
  failure: field(string, "Why the check has no result. It is repeated."),
});
export interface SqlCheckStatus extends Static<typeof sqlCheck> {}

/** Of kinds whose running job is stopped for a new script. */
export const sqlCheckField = field(
  sqlCheck,
  "The check of the SQL script of a spec for which the running job is to be stopped. Absent: there is no such spec. Not known to " +
    "the Java operator, which drops it.",
);

/** The status fields of every kind with a job that the Java operator does not have. */
export const ownStatusFields = {
  retry: field(
    retry,
    "What was to be done failed and is tried again; `error` says why. Absent: nothing failed last. Not known to the " +
      "Java operator, which drops it.",
  ),
  decisions: field(
    list(decisionRecord),
    "Why the operator did what disturbed the job, newest first: the last five decisions. Not known to the Java " +
      "operator, which drops them.",
  ),
  run: field(
    run,
    "The job's present, or last, run: what it was started from, and whether it has had state of its own, which nothing older is " +
      "put in the place of. Not known to the Java operator, which drops it.",
  ),
  pendingChange: field(
    pendingChange,
    "A change of the spec that would stop or restart what runs, and waits for its approval, a disruption window or its wave. " +
      "Absent: none waits. Not known to the Java operator, which drops it.",
  ),
  disruption: field(
    disruption,
    "The resource is restarted by a change that is no edit, and counts for `kubernetes.operator.disruption.max-unavailable` until " +
      "it is stable. Not known to the Java operator, which drops it.",
  ),
  refusedGeneration: field(
    int64,
    "The generation of an edit that was refused where edits need approval: it needs that too if the operator's configuration " +
      "allows it later. Absent: no edit was. Not known to the Java operator, which drops it.",
  ),
  rescale: field(
    rescale,
    "The parallelism of the running job is being changed in place. Not known to the Java operator, which drops it.",
  ),
  autoscaler: field(
    autoscalerStatus,
    "The autoscaler's last decision, written anew when something else comes out. Absent: it has made none, or is off. " +
      "Not known to the Java operator, which drops it.",
  ),
  newestSnapshot: field(
    rememberedSnapshot,
    "The newest snapshot that was known when the job could not be seen any more, until the job is seen to go on from it. " +
      "Not known to the Java operator, which drops it.",
  ),
};

/** The first status fields of every kind with a job, in the Java operator's order. */
export const commonStatusFields = {
  jobStatus: field(jobStatus, "The job as Flink last reported it.", { default: {} }),
  error: field(string, "What keeps the operator from what the spec asks for, as JSON; absent: nothing does."),
  observedGeneration: field(int64, "The newest `metadata.generation` that was acted on."),
  lifecycleState: field(oneOf(lifecycleStates), "The whole resource in one word.", { default: "CREATED" }),
};
