/** The CEL rules for a FlinkStateSnapshot (see flinkdeploymentRules.ts). */
import type { Rule } from "../declaration.ts";

const isThere = "(has(self.savepoint) && has(self.savepoint.alreadyExists) && self.savepoint.alreadyExists)";

export const spec: readonly Rule[] = [
  {
    rule: "has(self.savepoint) ? !has(self.checkpoint) : has(self.checkpoint)",
    message: "must have exactly one of savepoint and checkpoint",
  },
  {
    rule: `${isThere} || has(self.jobReference)`,
    message: "must be set: kind and name of the resource whose job it is taken of",
    fieldPath: ".jobReference",
  },
  {
    rule: `!${isThere} || has(self.savepoint.path)`,
    message: "must be set: with alreadyExists it says where the savepoint is",
    fieldPath: ".savepoint.path",
  },
];
