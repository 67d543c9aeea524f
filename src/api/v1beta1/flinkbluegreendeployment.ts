/** FlinkBlueGreenDeployment: two FlinkDeployments from one template, which replace each other. */
import {
  field,
  freeForm,
  int32,
  int64,
  type KindDeclaration,
  list,
  map,
  object,
  oneOf,
  type Static,
  string,
} from "../declaration.ts";
import { type KubeObject, type ObjectMeta, resourceTypes } from "../kubernetes.ts";
import { condition, decisionRecord, jobStatus, retry } from "./commonStatus.ts";
import { type FlinkDeploymentSpec, flinkDeploymentSpec, ingressSpec } from "./flinkdeployment.ts";
import * as rules from "./flinkdeploymentRules.ts";

const template = object("FlinkDeploymentTemplateSpec", {
  metadata: field(
    freeForm<Partial<ObjectMeta>>("ObjectMeta", "kubernetes"),
    "Labels and annotations of the FlinkDeployments. The Java operator ignores them.",
  ),
  spec: field(flinkDeploymentSpec, "Their spec.", { rules: rules.spec }),
});

export const flinkBlueGreenDeploymentSpec = object("FlinkBlueGreenDeploymentSpec", {
  configuration: field(
    map(string),
    "Options of the transition itself: keys that begin with `kubernetes.operator.bluegreen.`.",
  ),
  ingress: field(ingressSpec, "Ingress to whichever FlinkDeployment is active. Absent: none.", {
    rules: rules.ingress,
  }),
  template: field(template, "What both FlinkDeployments are made from."),
});
export interface FlinkBlueGreenDeploymentSpec extends Static<typeof flinkBlueGreenDeploymentSpec> {}

/** The two FlinkDeployments. */
export const colors = ["BLUE", "GREEN"] as const;
export type Color = (typeof colors)[number];
export const otherColor = (color: Color): Color => (color === "BLUE" ? "GREEN" : "BLUE");

export const blueGreenStates = [
  "ACTIVE_BLUE",
  "ACTIVE_GREEN",
  "INITIALIZING_BLUE",
  "SAVEPOINTING_BLUE",
  "SAVEPOINTING_GREEN",
  "TRANSITIONING_TO_BLUE",
  "TRANSITIONING_TO_GREEN",
] as const;
export type BlueGreenState = (typeof blueGreenStates)[number];

const NOT_KNOWN = "Not known to the Java operator, which drops it.";

const verification = object("BlueGreenVerification", {
  startTime: field(string, "When the new FlinkDeployment was first ready (RFC 3339)."),
  runningSince: field(
    string,
    "Since when it has been ready without a restart (RFC 3339). Absent: it is not ready.",
  ),
  interruptions: field(int32, "How often it was ready and then found not to be. Absent: never."),
  failuresSince: field(
    int64,
    "Later failures of its job count, in milliseconds since the epoch, by Flink's clock. Absent: Flink has not answered yet.",
  ),
  oldFailuresSince: field(
    int64,
    "Later failures of the job of the old FlinkDeployment count as failures in the same time, in milliseconds since the epoch, by Flink's clock.",
  ),
  jobChangedAt: field(
    int64,
    "The last change of its job or tasks that was seen, in milliseconds since the epoch, by Flink's clock.",
  ),
  oldNotReadySince: field(
    string,
    "Since when the old FlinkDeployment is not ready (RFC 3339). After the grace period nothing is compared with it. Absent: it is ready.",
  ),
  verifiedTime: field(string, "Since when it waits for its promotion (RFC 3339). Absent: it does not wait."),
  failed: field(string, "Why it is given up. Absent: it is not."),
});
export interface BlueGreenVerification extends Static<typeof verification> {}

const rollback = object("BlueGreenRollback", {
  uid: field(string, "The uid of the FlinkDeployment that ran before."),
  spec: field(string, "The template that it was made from, as JSON in the form of `lastReconciledSpec`."),
  stopTimestamp: field(
    string,
    "When it is no longer waited for that its job is stopped with a savepoint (RFC 3339).",
  ),
  savepointPath: field(
    string,
    "The savepoint that its job was stopped with. Absent: it is being stopped, or has no state.",
  ),
  expirationTimestamp: field(string, "Until when it can be gone back to (RFC 3339). Absent: not yet."),
  startTime: field(
    string,
    "Since when the transition under way goes back to it, which compares nothing (RFC 3339). Absent: none does.",
  ),
});
export interface BlueGreenRollback extends Static<typeof rollback> {}

export const flinkBlueGreenDeploymentStatus = object("FlinkBlueGreenDeploymentStatus", {
  jobStatus: field(jobStatus, "The job of the active FlinkDeployment."),
  blueGreenState: field(oneOf(blueGreenStates), "Which one is active, and how far a transition is."),
  lastReconciledSpec: field(string, "The spec that was last acted on, as JSON."),
  lastReconciledTimestamp: field(string, "When the status last changed (RFC 3339)."),
  abortTimestamp: field(string, "When the transition under way is given up (RFC 3339)."),
  deploymentReadyTimestamp: field(string, "When the new FlinkDeployment was seen to be ready (RFC 3339)."),
  savepointTriggerId: field(string, "Flink's id of the savepoint that the transition waits for."),
  error: field(string, "Why the last transition failed."),
  observedGeneration: field(int64, `The newest \`metadata.generation\` that was looked at. ${NOT_KNOWN}`),
  savepointPath: field(
    string,
    "The savepoint that the FlinkDeployment under way starts from, or that the one deleted by hand ended with. " +
      `${NOT_KNOWN}`,
  ),
  replacedUid: field(
    string,
    `The uid of a FlinkDeployment that an edit replaces by one that starts from \`savepointPath\`. ${NOT_KNOWN}`,
  ),
  verification: field(
    verification,
    `What the new FlinkDeployment has shown so far. Absent: none is verified. ${NOT_KNOWN}`,
  ),
  rollback: field(rollback, `What ran before, and can be gone back to. Absent: nothing can. ${NOT_KNOWN}`),
  retry: field(
    retry,
    `A savepoint failed and is taken again; \`error\` says why. Absent: none failed last. ${NOT_KNOWN}`,
  ),
  decisions: field(
    list(decisionRecord),
    `Why the operator did what it did, newest first: the last five decisions. ${NOT_KNOWN}`,
  ),
  conditions: field(list(condition), `Conditions in Kubernetes' own form. ${NOT_KNOWN}`),
});
export interface FlinkBlueGreenDeploymentStatus extends Static<typeof flinkBlueGreenDeploymentStatus> {}

export interface FlinkBlueGreenDeployment extends KubeObject {
  spec: FlinkBlueGreenDeploymentSpec;
  status?: FlinkBlueGreenDeploymentStatus | undefined;
}

/** No field of it is required by its CRD, not even the spec. */
export const asFlinkBlueGreenDeployment = (object: KubeObject): FlinkBlueGreenDeployment => ({
  ...object,
  spec: (object.spec ?? {}) as FlinkBlueGreenDeploymentSpec,
});

/** The spec of both FlinkDeployments, as the user writes it. */
export const templateSpecOf = (spec: FlinkBlueGreenDeploymentSpec): FlinkDeploymentSpec =>
  spec.template?.spec ?? {};

export const flinkBlueGreenDeployment: KindDeclaration = {
  ...resourceTypes.flinkBlueGreenDeployment,
  shortNames: ["flinkbgdep"],
  doc: "A job that is upgraded by a second FlinkDeployment, which starts beside the first and takes its place once it runs.",
  spec: { name: "spec", type: flinkBlueGreenDeploymentSpec, doc: "What shall run." },
  status: {
    name: "status",
    type: flinkBlueGreenDeploymentStatus,
    doc: "What runs, and which of the two it is.",
  },
  columns: [
    { name: "Job Status", type: "string", jsonPath: ".status.jobStatus.state" },
    { name: "State", type: "string", jsonPath: ".status.blueGreenState" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
