import type { Scenario } from "../scenario.ts";
import { deploy, healthy, mortal, upgrade, withoutAvailability } from "./steps.ts";

export const workloads: readonly Scenario[] = [
  { name: "upgrade-stateless", steps: [deploy("stateless"), upgrade], ...healthy, stateful: false },
  { name: "upgrade-savepoint", steps: [deploy("savepoint"), upgrade], ...healthy },
  {
    name: "upgrade-savepoint-without-ha",
    steps: [deploy("savepoint", withoutAvailability), upgrade],
    ...mortal,
  },
  { name: "upgrade-last-state", steps: [deploy("last-state"), upgrade], ...healthy },
  {
    name: "upgrade-last-state-by-cancel",
    steps: [deploy("last-state", withoutAvailability), upgrade],
    ...mortal,
  },
];
