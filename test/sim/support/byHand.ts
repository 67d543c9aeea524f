import { checkInvariants, type RunFacts } from "../oracles.ts";
import type { Scenario } from "../scenario.ts";
import type { JournalEvent } from "../world/journal.ts";
import { World } from "../world/world.ts";

/** For tests that violate an invariant by hand. */
export const scenario: Scenario = {
  name: "by hand",
  steps: [{ name: "upgrade", replacesJob: true }],
  stateful: true,
  highlyAvailable: true,
  healthy: true,
};

export const worldWith = (...events: JournalEvent[]): World => {
  const world = new World({ seed: 1 });
  for (const event of events) world.journal.add(event);
  return world;
};

/** The invariants that a world violates. */
export const violated = (
  world: World,
  overrides: Partial<Scenario> = {},
  facts: Partial<RunFacts> = {},
): string[] =>
  checkInvariants(
    world,
    { ...scenario, ...overrides },
    { disturbance: "none", passes: [], converged: true, retained: {}, ...facts },
  ).map(({ invariant }) => invariant);

export const jobStarted = (pod: string, count: number): JournalEvent => ({
  event: "job-started",
  cluster: "sample",
  pod,
  jobId: "1",
  program: "",
  recovered: false,
  restored: { count, from: "somewhere", by: "savepoint-path" },
});
