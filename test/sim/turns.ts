import { everything, isTurn } from "../support/turn.ts";
import type { MutantRecord } from "./mutants/record.ts";
import { printPlan, type SimPlan } from "./plan.ts";
import type { PlanKind } from "./planKinds.ts";
import mutants from "./results/mutants.json" with { type: "json" };
import openPlans from "./results/open.json" with { type: "json" };
import totals from "./results/plans.json" with { type: "json" };
import { core } from "./workloads/core.ts";
import { hash } from "./world/random.ts";

/** How often a plan runs: on one of so many commits. */
export const turns = { always: 1, crashOfCore: 4, core: 8, edits: 8, variation: 32 } as const;

/** Kinds whose plans of core workloads run more often than the others: most mutants and most bugs were found by them. */
export const crashes: ReadonlySet<string> = new Set(["crash", "late"]);

/** Plans that have killed a mutant. */
const killers: ReadonlySet<string> = new Set(
  (mutants as readonly MutantRecord[]).flatMap(({ plan }) => plan ?? []),
);

/**
 * Until a whole run without a failure is recorded (`make reliability`), a commit must not meet plans of the variations that never
 * ran: only one of sixteen of them takes turns.
 */
export const onlyKnown: boolean = !totals.everything || totals.failedPlans.length > 0;
const known = 16;

/** Plans that are known to fail, as docs/reliability.md says: commits leave them to `make sim-all`, where they fail. */
const open: ReadonlySet<string> = new Set(openPlans.map(({ plan }) => plan));

/** SIM_SAMPLE=n: of the plans of this turn one of n, always the same ones. */
export const sample = Number(process.env.SIM_SAMPLE ?? 1);

/** The plan runs on one of so many commits. */
export const turnsOf = (plan: SimPlan, kind: Pick<PlanKind, "name">): number => {
  if (killers.has(printPlan(plan))) return turns.always;
  if (!core.has(plan.workload)) return turns.variation;
  return crashes.has(kind.name) ? turns.crashOfCore : turns.core;
};

/** Whether the edits of a field of the configuration or of a pod template are tested on this commit. */
export const isEdited = (field: string): boolean => everything || isTurn(hash(field), turns.edits);

/** Whether the plan runs on this commit. */
export const runsNow = (plan: SimPlan, kind: Pick<PlanKind, "name">): boolean => {
  const part = hash(printPlan(plan));
  // Not the remainder that decides on the turn: a sample is one of each part.
  if (Math.floor(part / turns.variation) % sample !== 0) return false;
  if (everything) return true;
  if (open.has(printPlan(plan))) return false;
  const parts = turnsOf(plan, kind);
  if (parts !== turns.variation || !onlyKnown) return isTurn(part, parts);
  return part % known === 0 && isTurn(part / known, parts / known);
};
