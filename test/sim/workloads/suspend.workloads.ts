import type { Scenario } from "../scenario.ts";
import { deploy, healthy, resume, suspend } from "./steps.ts";

export const workloads: readonly Scenario[] = [
  { name: "suspend-savepoint", steps: [deploy("savepoint"), suspend, resume], ...healthy },
  { name: "suspend-last-state", steps: [deploy("last-state"), suspend, resume], ...healthy },
];
