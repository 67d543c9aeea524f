import { MAIN_CONTAINER } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { healthy, isRunning, resume, severalCheckpointsMs, suspend } from "./steps.ts";

/** The number of job result directories: each launch whose job has ended leaves one. */
const resultDirectories = ({ world }: View): number =>
  new Set([...world.storage.jobResults.keys()].map((path) => path.slice(0, path.lastIndexOf("/")))).size;

const mounted = {
  podTemplate: {
    spec: {
      containers: [{ name: MAIN_CONTAINER, volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", hostPath: { path: "/data" } }],
    },
  },
};

const upgradeTo = (edition: number): Step => ({
  name: `upgrade to edition ${edition}`,
  act: (world) => edit(world, { job: { args: ["--edition", String(edition)] } }),
  until: (view) => isRunning(`--edition;${edition}`)(view) && resultDirectories(view) === 0,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
});

export const workloads: readonly Scenario[] = [
  {
    name: "results-of-earlier-launches",
    steps: [
      deployWith("savepoint", {}, mounted),
      upgradeTo(2),
      { ...suspend, until: (view) => suspend.until?.(view) === true && resultDirectories(view) <= 1 },
      { ...resume, until: isRunning("--edition;2") },
      upgradeTo(3),
    ],
    ...healthy,
  },
];
