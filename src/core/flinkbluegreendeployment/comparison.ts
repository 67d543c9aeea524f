import { evaluateExpression, type SideFacts } from "./expression.ts";
import type { ChildFacts } from "./facts.ts";
import type { ComparisonSettings } from "./settings.ts";

/** One side, as it is compared. */
export interface ComparedSide {
  readonly child: ChildFacts;
  /** How often its job has failed since the verification began. Undefined: not known. */
  readonly failures: number | undefined;
}

/** Both sides. What the sources said before `measuredSince` does not count. */
export interface Compared {
  readonly new: ComparedSide;
  readonly old: ComparedSide;
  readonly measuredSince: number;
}

/**
 * The first way in which the new side is worse than the old one, as a clause. What is not known is neither better nor worse: it is
 * waited for, until the time of the verification is over.
 */
export function whatIsWorse(compared: Compared, wanted: ComparisonSettings): string | undefined {
  const sides = { new: factsOf(compared.new, compared), old: factsOf(compared.old, compared) };
  return worseLag(sides, wanted) ?? worseErrors(sides, wanted) ?? unmet(sides, wanted);
}

type Sides = Readonly<Record<"new" | "old", SideFacts>>;

function factsOf({ child, failures }: ComparedSide, { measuredSince }: Compared): SideFacts {
  const { sources, job, completedCheckpoints } = child;
  const isCurrent = sources?.jobId === job.jobId && (sources?.at ?? 0) >= measuredSince;
  const measured = isCurrent ? sources : undefined;
  return {
    pendingRecords: measured?.pendingRecords,
    recordsPerSecond: measured?.recordsPerSecond,
    failures,
    completedCheckpoints,
    jobState: job.state,
  };
}

function worseLag(sides: Sides, { maxLagFactor, lagTolerance }: ComparisonSettings): string | undefined {
  if (maxLagFactor === undefined) return undefined;
  const [lag, before] = [sides.new.pendingRecords, sides.old.pendingRecords];
  if (lag === undefined) return "Flink does not tell the lag of its sources";
  if (lag <= lagTolerance) return undefined;
  if (before === undefined) return "Flink does not tell the lag of the sources of the old side";
  return lag <= maxLagFactor * before
    ? undefined
    : `its sources have still to read ${Math.round(lag)} records, those of the old side ${Math.round(before)} (at most ${maxLagFactor} times as many)`;
}

/** One failure of the old side counts in any case: two jobs that never fail would not stay the same otherwise. */
function worseErrors({ new: next, old }: Sides, { maxErrorFactor }: ComparisonSettings): string | undefined {
  if (maxErrorFactor === undefined) return undefined;
  if (next.failures === undefined || old.failures === undefined)
    return `the JobManager of ${next.failures === undefined ? "the new" : "the old"} side does not answer`;
  return next.failures <= maxErrorFactor * Math.max(1, old.failures)
    ? undefined
    : `its job has failed ${next.failures} times, that of the old side ${old.failures} times in this time (at most ${maxErrorFactor} times as often)`;
}

function unmet(sides: Sides, { expression }: ComparisonSettings): string | undefined {
  if (expression === undefined) return undefined;
  const result = evaluateExpression(expression, sides);
  if ("missing" in result) return `the expression has no value: ${result.missing}`;
  return result.holds ? undefined : "the expression does not hold";
}
