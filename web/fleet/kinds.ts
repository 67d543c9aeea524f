import type { Plural } from "../../src/dashboard/contract.ts";

export const kindNames: Readonly<Record<Plural, string>> = {
  flinkdeployments: "FlinkDeployment",
  flinksessionjobs: "FlinkSessionJob",
  flinkbluegreendeployments: "FlinkBlueGreenDeployment",
};

/** For tables, where the whole name of the kind has no room. */
export const shortKinds: Readonly<Record<Plural, string>> = {
  flinkdeployments: "Deployment",
  flinksessionjobs: "Session job",
  flinkbluegreendeployments: "Blue/green",
};
