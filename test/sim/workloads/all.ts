import { readdirSync } from "node:fs";
import type { Scenario } from "../scenario.ts";

const ending = ".workloads.ts";

const families = await Promise.all(
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(ending))
    .sort()
    .map(async (file) => {
      const { workloads } = (await import(/* @vite-ignore */ `./${file}`)) as {
        workloads: readonly Scenario[];
      };
      return { name: file.slice(0, -ending.length), workloads };
    }),
);

/**
 * Every workload of every file FAMILY.workloads.ts of this folder: whoever adds one there has it killed, lagged and
 * lied to like the others.
 */
export const workloads: readonly Scenario[] = families.flatMap((family) => family.workloads);

export const workloadNamed = (name: string): Scenario => {
  const found = workloads.find((workload) => workload.name === name);
  if (found === undefined) {
    throw new Error(`no workload "${name}"; there are: ${workloads.map((each) => each.name).join(", ")}`);
  }
  return found;
};
