import type { ResourceType } from "../../src/api/kubernetes.ts";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world/world.ts";

const { flinkDeployment, flinkSessionJob, flinkStateSnapshot, flinkBlueGreenDeployment } = resourceTypes;

/** The types that the operator reconciles. */
export const ownTypes: readonly ResourceType[] = [
  flinkSessionJob,
  flinkStateSnapshot,
  flinkBlueGreenDeployment,
  flinkDeployment,
];

/** Where all resources have gone, with their clusters, the operator keeps nothing for them. */
export const forgetsWhatIsGone = (
  { server, journal }: World,
  retained: Readonly<Record<string, number>>,
): Violation[] => {
  const { deployment, pod } = resourceTypes;
  if ([...ownTypes, deployment, pod].some((type) => server.list(type).length > 0)) return [];
  return Object.entries(retained).map(([part, entries]) => ({
    invariant: "forgets what is gone",
    message: `${part}: ${entries} entries, although no resource is left`,
    at: journal.entries.length - 1,
  }));
};
