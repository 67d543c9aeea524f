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
  /** Undefined: a new side that is ready takes the place of the old one. */
  readonly verification: VerificationSettings | undefined;
}

/** What the new side must show before it takes the place of the old one. Times are in milliseconds. */
export interface VerificationSettings {
  readonly runningMs: number;
  readonly minCheckpoints: number;
  /** Undefined: any number. */
  readonly maxRestarts: number | undefined;
  readonly timeoutMs: number;
  readonly isManual: boolean;
  readonly promotionTimeoutMs: number;
}

export function readBlueGreenSettings({ configuration }: FlinkBlueGreenDeploymentSpec): BlueGreenSettings {
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
    timeoutMs: read(blueGreenVerificationOptions.timeout),
    isManual: read(blueGreenVerificationOptions.promote) === "manual",
    promotionTimeoutMs: read(blueGreenVerificationOptions.promotionTimeout),
  };
  const { runningMs, minCheckpoints, maxRestarts, isManual } = verification;
  const isVerified = runningMs > 0 || minCheckpoints > 0 || maxRestarts !== undefined || isManual;
  return {
    verification: isVerified ? verification : undefined,
    abortGraceMs: read(blueGreenOptions.abortGracePeriod),
    intervalMs: read(blueGreenOptions.rescheduleInterval),
    deletionDelayMs: read(blueGreenOptions.deletionDelay),
  };
}
