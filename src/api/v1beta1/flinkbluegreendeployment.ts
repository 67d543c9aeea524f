/** FlinkBlueGreenDeployment: two FlinkDeployments from one template, which replace each other. */
import {
  field,
  freeForm,
  type KindDeclaration,
  list,
  map,
  object,
  oneOf,
  type Static,
  string,
} from "../declaration.ts";
import { type ObjectMeta, resourceTypes } from "../kubernetes.ts";
import { condition, jobStatus } from "./commonStatus.ts";
import { flinkDeploymentSpec, ingressSpec } from "./flinkdeployment.ts";
import * as rules from "./flinkdeploymentRules.ts";

const template = object("FlinkDeploymentTemplateSpec", {
  metadata: field(
    freeForm<Partial<ObjectMeta>>("ObjectMeta", "kubernetes"),
    "Labels and annotations of the FlinkDeployments.",
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

export const blueGreenStates = [
  "ACTIVE_BLUE",
  "ACTIVE_GREEN",
  "INITIALIZING_BLUE",
  "SAVEPOINTING_BLUE",
  "SAVEPOINTING_GREEN",
  "TRANSITIONING_TO_BLUE",
  "TRANSITIONING_TO_GREEN",
] as const;

export const flinkBlueGreenDeploymentStatus = object("FlinkBlueGreenDeploymentStatus", {
  jobStatus: field(jobStatus, "The job of the active FlinkDeployment."),
  blueGreenState: field(oneOf(blueGreenStates), "Which one is active, and how far a transition is."),
  lastReconciledSpec: field(string, "The spec that was last acted on, as JSON."),
  lastReconciledTimestamp: field(string, "When it was last looked at (RFC 3339)."),
  abortTimestamp: field(string, "When the transition under way is given up (RFC 3339)."),
  deploymentReadyTimestamp: field(string, "When the new FlinkDeployment was seen to be ready (RFC 3339)."),
  savepointTriggerId: field(string, "Flink's id of the savepoint that the transition waits for."),
  error: field(string, "Why the last transition failed."),
  conditions: field(
    list(condition),
    "`Effective` is False: this version of the operator does not deploy it. Not known to the Java operator, which drops it.",
  ),
});
export interface FlinkBlueGreenDeploymentStatus extends Static<typeof flinkBlueGreenDeploymentStatus> {}

export const flinkBlueGreenDeployment: KindDeclaration = {
  ...resourceTypes.flinkBlueGreenDeployment,
  shortNames: ["flinkbgdep"],
  doc:
    "A job that is upgraded by a second FlinkDeployment beside the first. This version of the operator checks such " +
    "resources at admission and does nothing else for them yet.",
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
