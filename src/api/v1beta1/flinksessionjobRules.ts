/**
 * What the API server refuses by itself of a FlinkSessionJob (see flinkdeploymentRules.ts). That the cluster stays the same
 * is left to admission and the operator: to compare two texts of any length is more than the API server lets a rule cost.
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
