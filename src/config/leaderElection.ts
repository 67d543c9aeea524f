import { BuildError } from "./buildError.ts";
import type { FlinkConfig } from "./flinkConfig.ts";
import { operatorOptions } from "./operatorOptions.ts";

export interface LeaderElectionSettings {
  readonly leaseName: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** The settings of the leader election. Undefined: it is off. Throws BuildError. */
export function leaderElectionSettings(config: FlinkConfig): LeaderElectionSettings | undefined {
  const { leaderElection, leaseName, leaseDuration, leaseRenewDeadline, leaseRetryPeriod } = operatorOptions;
  if (!config.get(leaderElection)) return undefined;
  const name = config.get(leaseName);
  if (name === undefined || name === "") {
    throw new BuildError(
      leaseName.key,
      `${leaseName.key} must be set where ${leaderElection.key} is true: the operators that share a lease name it alike`,
    );
  }
  const settings = {
    leaseName: name,
    leaseDurationMs: config.get(leaseDuration),
    renewDeadlineMs: config.get(leaseRenewDeadline),
    retryPeriodMs: config.get(leaseRetryPeriod),
  };
  mustBeShorter(config, leaseRenewDeadline, leaseDuration);
  mustBeShorter(config, leaseRetryPeriod, leaseRenewDeadline);
  return settings;
}

type DurationOption = (typeof operatorOptions)["leaseDuration" | "leaseRenewDeadline" | "leaseRetryPeriod"];

function mustBeShorter(config: FlinkConfig, shorter: DurationOption, longer: DurationOption): void {
  if (config.get(shorter) > 0 && config.get(shorter) < config.get(longer)) return;
  throw new BuildError(
    shorter.key,
    `${shorter.key} must be above zero and shorter than ${longer.key} (${config.get(longer)} ms)`,
  );
}
