import { declare, double, integer, oneOf, string } from "../option.ts";
import { ValueError } from "../values/valueError.ts";
import { timeAhead } from "./timeAhead.ts";

const option = declare("resource");

/** The newest failures of a job that the operator asks Flink for. */
const KNOWN_FAILURES = 10;

const wholeNumber = (most: number) => ({
  name: "Integer",
  parse: (text: string): number => {
    const value = integer.parse(text);
    if (value < 0 || value > most) throw new ValueError(`"${text}" is not from 0 to ${most}`);
    return value;
  },
});

const factor = {
  name: "Double",
  parse: (text: string): number => {
    const value = double.parse(text);
    if (value <= 0) throw new ValueError(`"${text}" is not greater than 0`);
    return value;
  },
};

const positiveDuration = {
  name: "Duration",
  parse: (text: string): number => {
    const value = timeAhead.parse(text);
    if (value <= 0) throw new ValueError(`"${text}" is not longer than 0 ms`);
    return value;
  },
};

/**
 * What the new side of a FlinkBlueGreenDeployment must show before it takes the place of the old one, and what is kept of that. Read from its `spec.configuration`.
 * Our own: the Java operator ignores them.
 */
export const blueGreenVerificationOptions = {
  runningTime: option(
    "kubernetes.operator.bluegreen.verification.running-time",
    timeAhead,
    "How long the new deployment must have been ready, without a restart, before it takes the place of the old one.",
    { default: "0 ms" },
  ),
  minCheckpoints: option(
    "kubernetes.operator.bluegreen.verification.min-checkpoints",
    wholeNumber(1_000_000),
    "How many checkpoints the job of the new deployment must have completed before it takes the place of the old one.",
    { default: "0" },
  ),
  maxRestarts: option(
    "kubernetes.operator.bluegreen.verification.max-restarts",
    wholeNumber(KNOWN_FAILURES - 1),
    "How often the new deployment may restart, or be found not ready, while it is verified; with one more the transition is given " +
      "up. Absent: any number.",
  ),
  maxLagFactor: option(
    "kubernetes.operator.bluegreen.verification.max-lag-factor",
    factor,
    "The records that the sources of the new deployment have still to read may be at most so many times those of the old one. " +
      "Absent: they are not compared.",
  ),
  lagTolerance: option(
    "kubernetes.operator.bluegreen.verification.lag-tolerance",
    wholeNumber(2_147_483_647),
    "So many records to read are never too many for `max-lag-factor`.",
    { default: "1000" },
  ),
  maxErrorFactor: option(
    "kubernetes.operator.bluegreen.verification.max-error-factor",
    factor,
    "The new deployment may fail at most so many times as often as the old one in the same time, of which one failure counts in " +
      "any case. Absent: they are not compared.",
  ),
  expression: option(
    "kubernetes.operator.bluegreen.verification.expression",
    string,
    "A CEL expression over the facts of both deployments, `new` and `old`, that must hold. Absent: none.",
  ),
  timeout: option(
    "kubernetes.operator.bluegreen.verification.timeout",
    positiveDuration,
    "How long the verification may take before the transition is given up.",
    { default: "30 min" },
  ),
  promote: option(
    "kubernetes.operator.bluegreen.promote",
    oneOf("auto", "manual"),
    "Who lets the verified deployment take the place of the old one: `auto`: the operator; `manual`: a person, with " +
      "`kubectl flink promote`.",
    { default: "auto" },
  ),
  promotionTimeout: option(
    "kubernetes.operator.bluegreen.promotion.timeout",
    positiveDuration,
    "How long a verified deployment waits for a person before the transition is given up.",
    { default: "1 d" },
  ),
  rollbackTime: option(
    "kubernetes.operator.bluegreen.rollback.time",
    timeAhead,
    "How long `kubectl flink rollback` can go back to the old deployment: its job is stopped with a savepoint before it is deleted, " +
      "and its spec and this savepoint are kept. 0: not at all.",
    { default: "0 ms" },
  ),
} as const;

/** Keys of what compares both sides. */
export const comparisonOptions: ReadonlySet<string> = new Set(
  [
    blueGreenVerificationOptions.maxLagFactor,
    blueGreenVerificationOptions.maxErrorFactor,
    blueGreenVerificationOptions.expression,
  ].map(({ key }) => key),
);
