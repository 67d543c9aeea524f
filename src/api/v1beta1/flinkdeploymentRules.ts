/**
 * The CEL rules that the API server checks: the rules of REFERENCE 1.23 that need no configuration. The operator checks
 * them again (src/core/validate), for objects that were stored before these rules existed.
 *
 * The rules must accept canaries, which have an empty spec, and all objects of the Java operator. So a rule checks a value
 * only if it is present and never requires one, and an immutable value is compared with the deployed one.
 */
import type { Rule } from "../declaration.ts";

export const flinkVersion: readonly Rule[] = [
  { rule: "!(self in ['v1_13', 'v1_14'])", message: "is not supported: v1_15 is the oldest version that is" },
];

export const ingress: readonly Rule[] = [
  {
    rule: "has(self.template)",
    message: "needs a template such as flink.example.com/{{namespace}}/{{name}}",
  },
  {
    rule: "!has(self.parentRefs) || !(has(self.className) || has(self.tls))",
    message: "takes no className and no tls beside parentRefs: they are an Ingress's, and not an HTTPRoute's",
    fieldPath: ".parentRefs",
  },
];

export const logConfiguration: readonly Rule[] = [
  {
    rule: "self.all(file, file in ['log4j-console.properties', 'logback-console.xml'])",
    message: "has an unknown file: use log4j-console.properties or logback-console.xml",
  },
];

export const spec: readonly Rule[] = [
  {
    rule: "!has(self.job) || has(self.flinkVersion)",
    message: "must be set: the version of Flink in the image, for example v2_2",
    fieldPath: ".flinkVersion",
  },
  {
    rule: "!has(self.job) || has(self.serviceAccount)",
    message: "must be set: the service account of the job's pods",
    fieldPath: ".serviceAccount",
  },
  {
    rule:
      "!has(self.job) || (has(self.taskManager) && has(self.taskManager.replicas)) || " +
      "(has(self.job.parallelism) && self.job.parallelism >= 1)",
    message: "must be 1 or more, unless spec.taskManager.replicas is set",
    fieldPath: ".job.parallelism",
  },
];

const deployed = "oldSelf.status.reconciliationStatus.lastReconciledSpec";
const isDeployed =
  "has(oldSelf.status) && has(oldSelf.status.reconciliationStatus) && " +
  "has(oldSelf.status.reconciliationStatus.lastReconciledSpec)";

/** Allows every update that keeps the value, and every update before the first deployment. */
const mustNotChange = (read: (object: string) => string, changed: string): string =>
  `!(${isDeployed}) || ${read("self")} == ${read("oldSelf")} || !(${changed})`;

const hasJob = (object: string) => `(has(${object}.spec) && has(${object}.spec.job))`;
const isStandalone = (object: string) =>
  `(has(${object}.spec) && has(${object}.spec.mode) && ${object}.spec.mode == 'standalone')`;
const redeploys = (object: string) => `(${hasJob(object)} && has(${object}.spec.job.savepointRedeployNonce))`;

/** These rules read the stored spec as text: its fields have a fixed order, and `mode` is the last (REFERENCE 1.3). */
const deployedMode = (mode: string) => `${deployed}.contains('"mode":${mode}},"resource_metadata"')`;
const deployedJob = (beginning: string) => `${deployed}.startsWith('{"spec":{"job":${beginning}')`;

export const flinkDeployment: readonly Rule[] = [
  {
    rule:
      "has(self.status) || !has(self.spec) || " +
      "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,43}[a-z0-9])?$')",
    message:
      "metadata.name must be at most 45 lower case letters, digits and '-', begin with a letter and not end with '-'",
  },
  {
    rule: mustNotChange(hasJob, `${hasJob("self")} ? ${deployedJob("null")} : ${deployedJob("{")}`),
    message:
      "cannot be added or removed: a session cluster and an application cluster do not become one another; " +
      "create another FlinkDeployment",
    fieldPath: ".spec.job",
  },
  {
    rule: mustNotChange(
      isStandalone,
      `${isStandalone("self")} ? ${deployedMode("null")} || ${deployedMode('"native"')} : ${deployedMode('"standalone"')}`,
    ),
    message: "cannot be changed between native and standalone; create another FlinkDeployment",
    fieldPath: ".spec.mode",
  },
  {
    rule: mustNotChange(
      redeploys,
      `${redeploys("self")} && !has(self.spec.job.initialSavepointPath) && ` +
        `${deployed}.contains('"savepointRedeployNonce":null')`,
    ),
    message: "needs initialSavepointPath: the savepoint to start again from",
    fieldPath: ".spec.job.savepointRedeployNonce",
  },
];
