import { type FleetRow, type Health, healths } from "../../src/dashboard/contract.ts";

/** Argo CD's words, which platform teams know from there, for those of kstatus. */
export const healthWords: Readonly<Record<Health, string>> = {
  Stalled: "Degraded",
  Unknown: "Unknown",
  Deleting: "Deleting",
  InProgress: "Progressing",
  Suspended: "Suspended",
  Ready: "Healthy",
};

export const healthMeanings: Readonly<Record<Health, string>> = {
  Stalled: "Something failed or was refused, and does not get better on its own (kstatus: Stalled)",
  Unknown: "The operator has not looked at it yet, or its state cannot be read (kstatus: Unknown)",
  Deleting: "It is being deleted (kstatus: Terminating)",
  InProgress: "The operator is at work, or waits for something (kstatus: InProgress)",
  Suspended: "It is suspended, as its spec asks (kstatus: Current)",
  Ready: "It runs as its spec asks (kstatus: Current)",
};

export type HealthCounts = Readonly<Record<Health, number>>;

export function countHealths(rows: Iterable<FleetRow>): HealthCounts {
  const counts = Object.fromEntries(healths.map((each) => [each, 0])) as Record<Health, number>;
  for (const { health } of rows) counts[health] += 1;
  return counts;
}
