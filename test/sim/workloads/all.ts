import { readdirSync } from "node:fs";
import type { Scenario } from "../scenario.ts";

const suffix = ".workloads.ts";

const families = await Promise.all(
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(suffix))
    .sort()
    .map(async (file) => {
      const { workloads } = (await import(/* @vite-ignore */ `./${file}`)) as {
        workloads: readonly Scenario[];
      };
      return { name: file.slice(0, -suffix.length), workloads };
    }),
);

/** Every workload of every file FAMILY.workloads.ts of this folder. A new workload gets the plans of all kinds of faults. */
export const workloads: readonly Scenario[] = families.flatMap((family) => family.workloads);

export const workloadNamed = (name: string): Scenario => {
  const found = workloads.find((workload) => workload.name === name);
  if (found === undefined) {
    throw new Error(`no workload "${name}"; there are: ${workloads.map((each) => each.name).join(", ")}`);
  }
  return found;
};
