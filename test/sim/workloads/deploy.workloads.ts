import type { Scenario } from "../scenario.ts";
import { deploy, healthy, mortal, withoutAvailability } from "./steps.ts";

export const workloads: readonly Scenario[] = [
  { name: "first-deploy", steps: [deploy("stateless", withoutAvailability)], ...mortal },
  { name: "first-deploy-ha", steps: [deploy("last-state")], ...healthy },
];
