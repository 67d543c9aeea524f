import type { Scenario } from "../scenario.ts";
import { deploy, healthy, healthyWithoutHa, withoutHa } from "./steps.ts";

export const workloads: readonly Scenario[] = [
  { name: "first-deploy", steps: [deploy("stateless", withoutHa)], ...healthyWithoutHa },
  { name: "first-deploy-ha", steps: [deploy("last-state")], ...healthy },
];
