import type { FlinkBlueGreenDeploymentSpec } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import { emptyConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { blueGreenOptions } from "../../config/operatorOptions/blueGreen.ts";
import type { Option } from "../../config/option.ts";

/** The options of a transition, in milliseconds. They are read at each reconcile: an edit of them takes effect at once. */
export interface BlueGreenSettings {
  readonly abortGraceMs: number;
  readonly intervalMs: number;
  readonly deletionDelayMs: number;
}

export function readBlueGreenSettings({ configuration }: FlinkBlueGreenDeploymentSpec): BlueGreenSettings {
  const config = flinkConfig(configuration ?? {});
  /** A value that cannot be read is refused by the validation. Here it counts as absent. */
  const read = (option: Option<number>): number => {
    try {
      return config.get(option);
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      return emptyConfig.get(option);
    }
  };
  return {
    abortGraceMs: read(blueGreenOptions.abortGracePeriod),
    intervalMs: read(blueGreenOptions.rescheduleInterval),
    deletionDelayMs: read(blueGreenOptions.deletionDelay),
  };
}
