import { BuildError } from "./buildError.ts";
import type { FlinkConfig } from "./flinkConfig.ts";
import { operatorOptions } from "./operatorOptions.ts";

export interface LeaderElectionSettings {
  readonly leaseName: string;
  /** Among how many operators the namespaces are divided. 1: one acts for all of them. */
  readonly shards: number;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** Each is a lease that every standby reads every other second. */
const maxShards = 16;

/** The settings of the leader election. Undefined: it is off. Throws BuildError. */
export function leaderElectionSettings(config: FlinkConfig): LeaderElectionSettings | undefined {
  const { leaderElection, leaseName, leaseDuration, leaseRenewDeadline, leaseRetryPeriod } = operatorOptions;
  const shards = shardsIn(config);
  if (!config.get(leaderElection)) {
    if (shards === 1) return undefined;
    const { key } = operatorOptions.shards;
    throw new BuildError(key, `${key} above 1 needs leader election: set ${leaderElection.key} to true`);
  }
  const name = config.get(leaseName);
  if (name === undefined || name === "") {
    throw new BuildError(
      leaseName.key,
      `${leaseName.key} must be set where ${leaderElection.key} is true: the operators that share a lease name it alike`,
    );
  }
  const settings = {
    leaseName: name,
    shards,
    leaseDurationMs: config.get(leaseDuration),
    renewDeadlineMs: config.get(leaseRenewDeadline),
    retryPeriodMs: config.get(leaseRetryPeriod),
  };
  mustBeShorter(config, leaseRenewDeadline, leaseDuration);
  mustBeShorter(config, leaseRetryPeriod, leaseRenewDeadline);
  return settings;
}

function shardsIn(config: FlinkConfig): number {
  const { shards } = operatorOptions;
  const count = config.get(shards);
  if (count >= 1 && count <= maxShards) return count;
  throw new BuildError(shards.key, `${shards.key} must be from 1 to ${maxShards}, not ${count}`);
}

type DurationOption = (typeof operatorOptions)["leaseDuration" | "leaseRenewDeadline" | "leaseRetryPeriod"];

function mustBeShorter(config: FlinkConfig, shorter: DurationOption, longer: DurationOption): void {
  if (config.get(shorter) > 0 && config.get(shorter) < config.get(longer)) return;
  throw new BuildError(
    shorter.key,
    `${shorter.key} must be above zero and shorter than ${longer.key} (${config.get(longer)} ms)`,
  );
}
