import type { FlinkBlueGreenDeploymentSpec } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import { emptyConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { blueGreenOptions } from "../../config/operatorOptions/blueGreen.ts";
import { blueGreenVerificationOptions } from "../../config/operatorOptions/blueGreenVerification.ts";
import type { Option } from "../../config/option.ts";

/** The options of a transition, in milliseconds. They are read at each reconcile: an edit of them takes effect at once. */
export interface BlueGreenSettings {
  readonly abortGraceMs: number;
  readonly intervalMs: number;
  readonly deletionDelayMs: number;
  /** How long the old side can be gone back to. 0: not at all. */
  readonly rollbackMs: number;
  /** Undefined: a new side that is ready takes the place of the old one. */
  readonly verification: VerificationSettings | undefined;
}

/** What the new side must show before it takes the place of the old one. Times are in milliseconds. */
export interface VerificationSettings {
  readonly runningMs: number;
  readonly minCheckpoints: number;
  /** Undefined: any number. */
  readonly maxRestarts: number | undefined;
  /** How much worse than the old side it may be. */
  readonly comparison: ComparisonSettings;
  readonly timeoutMs: number;
  readonly isManual: boolean;
  readonly promotionTimeoutMs: number;
}

/** Undefined: that is not compared. */
export interface ComparisonSettings {
  readonly maxLagFactor: number | undefined;
  /** Records that are never too many. */
  readonly lagTolerance: number;
  readonly maxErrorFactor: number | undefined;
  /** In CEL (expression.ts). */
  readonly expression: string | undefined;
}

/** `compares`: false for a way back, since the job that runs may be broken. */
export function readBlueGreenSettings(
  { configuration }: FlinkBlueGreenDeploymentSpec,
  compares = true,
): BlueGreenSettings {
  const config = flinkConfig(configuration ?? {});
  /** A value that cannot be read is refused by the validation. Here it counts as absent. */
  const read = <Value>(option: Option<Value>): Value => {
    try {
      return config.get(option);
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      return emptyConfig.get(option);
    }
  };
  const verification = {
    runningMs: read(blueGreenVerificationOptions.runningTime),
    minCheckpoints: read(blueGreenVerificationOptions.minCheckpoints),
    maxRestarts: read(blueGreenVerificationOptions.maxRestarts),
    comparison: {
      lagTolerance: read(blueGreenVerificationOptions.lagTolerance),
      maxLagFactor: compares ? read(blueGreenVerificationOptions.maxLagFactor) : undefined,
      maxErrorFactor: compares ? read(blueGreenVerificationOptions.maxErrorFactor) : undefined,
      expression: compares ? read(blueGreenVerificationOptions.expression) : undefined,
    },
    timeoutMs: read(blueGreenVerificationOptions.timeout),
    isManual: read(blueGreenVerificationOptions.promote) === "manual",
    promotionTimeoutMs: read(blueGreenVerificationOptions.promotionTimeout),
  };
  const { runningMs, minCheckpoints, maxRestarts, comparison, isManual } = verification;
  const isVerified =
    runningMs > 0 || minCheckpoints > 0 || maxRestarts !== undefined || isCompared(comparison) || isManual;
  return {
    verification: isVerified ? verification : undefined,
    abortGraceMs: read(blueGreenOptions.abortGracePeriod),
    intervalMs: read(blueGreenOptions.rescheduleInterval),
    deletionDelayMs: read(blueGreenOptions.deletionDelay),
    rollbackMs: read(blueGreenVerificationOptions.rollbackTime),
  };
}

const isCompared = ({ maxLagFactor, maxErrorFactor, expression }: ComparisonSettings): boolean =>
  maxLagFactor !== undefined || maxErrorFactor !== undefined || expression !== undefined;

/** Whether it depends on metrics of the sources, which are collected only for that. */
export const readsSources = ({ maxLagFactor, expression }: ComparisonSettings): boolean =>
  maxLagFactor !== undefined || expression !== undefined;
