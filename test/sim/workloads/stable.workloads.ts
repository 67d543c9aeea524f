import type { Scenario } from "../scenario.ts";
import { deployWith, healthy, upgrade } from "./steps.ts";

const afterCheckpoint = { "kubernetes.operator.job.stable.after-checkpoint": "true" };

export const workloads: readonly Scenario[] = [
  {
    name: "stable-after-checkpoint",
    steps: [deployWith(afterCheckpoint, "savepoint"), upgrade],
    ...healthy,
  },
];
