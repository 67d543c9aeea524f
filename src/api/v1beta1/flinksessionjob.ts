/** FlinkSessionJob: one job on the session cluster of a FlinkDeployment in the same namespace. */
import { field, int64, type KindDeclaration, list, object, type Static, string } from "../declaration.ts";
import { type KubeObject, resourceTypes } from "../kubernetes.ts";
import { flinkConfiguration, flinkConfigurationChange, jobSpec, nonce, upgrades } from "./common.ts";
import {
  commonStatusFields,
  condition,
  ownStatusFields,
  reconciliationStatus,
  sqlCheckField,
} from "./commonStatus.ts";
import * as rules from "./flinksessionjobRules.ts";

export const flinkSessionJobSpec = object("FlinkSessionJobSpec", {
  job: field(jobSpec, "The job.", { change: upgrades }),
  restartNonce: field(int64, "Any new value restarts the job the way `job.upgradeMode` says.", {
    change: nonce("upgrade"),
  }),
  flinkConfiguration: field(
    flinkConfiguration,
    "Flink's configuration of this job, over that of its session cluster, nested or with dotted keys. Keys that begin " +
      "with `kubernetes.operator.` or `job.autoscaler.` set options of the operator for this resource.",
    { default: {}, change: flinkConfigurationChange },
  ),
  deploymentName: field(
    string,
    "Name of the FlinkDeployment whose session cluster runs the job. Cannot be changed.",
    { change: upgrades },
  ),
});
export interface FlinkSessionJobSpec extends Static<typeof flinkSessionJobSpec> {}

export const flinkSessionJobStatus = object("FlinkSessionJobStatus", {
  ...commonStatusFields,
  reconciliationStatus: field(reconciliationStatus, "How far the operator is with the spec.", {
    default: {},
  }),
  conditions: field(
    list(condition),
    "Conditions in Kubernetes' own form. Not known to the Java operator, which drops them.",
  ),
  ...ownStatusFields,
  sqlCheck: sqlCheckField,
});
export interface FlinkSessionJobStatus extends Static<typeof flinkSessionJobStatus> {}

export interface FlinkSessionJob extends KubeObject {
  spec: FlinkSessionJobSpec;
  status?: FlinkSessionJobStatus | undefined;
}

/** No field of a FlinkSessionJob is required by its CRD, not even the spec. */
export const asFlinkSessionJob = (object: KubeObject): FlinkSessionJob => ({
  ...object,
  spec: (object.spec ?? {}) as FlinkSessionJobSpec,
});

export const flinkSessionJob: KindDeclaration = {
  ...resourceTypes.flinkSessionJob,
  shortNames: ["sessionjob"],
  doc: "A job on a session cluster: on the FlinkDeployment that `spec.deploymentName` names.",
  spec: { name: "spec", type: flinkSessionJobSpec, doc: "What shall run.", rules: rules.spec },
  status: { name: "status", type: flinkSessionJobStatus, doc: "What runs, and how far the operator is." },
  columns: [
    { name: "Job Status", type: "string", jsonPath: ".status.jobStatus.state" },
    { name: "Lifecycle State", type: "string", jsonPath: ".status.lifecycleState" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
