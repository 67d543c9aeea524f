/**
 * The CEL rules for a FlinkSessionJob (see flinkdeploymentRules.ts). Only admission and the operator check that the cluster
 * stays the same: a comparison of two texts of any length exceeds the cost limit of rules.
 */
import type { Rule } from "../declaration.ts";

export const spec: readonly Rule[] = [
  {
    rule: "has(self.deploymentName)",
    message: "must be set: the FlinkDeployment whose session cluster runs the job",
    fieldPath: ".deploymentName",
  },
  { rule: "has(self.job)", message: "must be set: the job to run", fieldPath: ".job" },
  {
    rule: "!has(self.job) || (has(self.job.parallelism) && self.job.parallelism >= 1)",
    message: "must be 1 or more",
    fieldPath: ".job.parallelism",
  },
];
