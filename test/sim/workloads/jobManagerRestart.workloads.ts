import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { edit, type UpgradeMode } from "./resource.ts";
import { deployWith, healthyWithoutHa, isRunning, severalCheckpointsMs, withoutHa } from "./steps.ts";

/** The count in the newest checkpoint, whether Flink has reported it or not. */
const newestCount = ({ journal }: World): number =>
  Math.max(0, ...journal.of("checkpoint-completed").map(({ count }) => count));

let lostCount = 0;

/** Without high availability, Flink starts the job without state in the same pod. */
const startsWithoutState: Step = {
  name: "the JobManager is killed, and its job starts without state",
  act: (world) => {
    lostCount = newestCount(world);
    const [pod] = world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: "component=jobmanager",
    });
    world.kubelet.killContainer(pod?.metadata.uid ?? "", "Error");
  },
  until: ({ job, status }) => job?.working === true && status?.jobStatus?.state === "RUNNING",
};

/** The new run has completed no checkpoint of its own: the job is restored from the state before it. */
const upgradeFromLostState: Step = {
  name: "change the job's arguments",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  until: (view) => isRunning("--edition;2")(view) && isRestored(view),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const isRestored = ({ world }: View): boolean =>
  lostCount > 0 && (world.journal.of("job-started").at(-1)?.restored.count ?? 0) >= lostCount;

/** Rare checkpoints: every delay of a plan ends before the first checkpoint of the new run. */
const deployFor = (mode: UpgradeMode, ms: number): Step => ({
  ...deployWith({ "execution.checkpointing.interval": "2 min" }, mode, withoutHa),
  thenWaitMs: ms,
});

export const workloads: readonly Scenario[] = [
  {
    name: "began-anew-savepoint",
    steps: [deployFor("savepoint", 7 * 60_000), startsWithoutState, upgradeFromLostState],
    ...healthyWithoutHa,
    healthy: false,
  },
  {
    name: "began-anew-last-state",
    steps: [deployFor("last-state", 130_000), startsWithoutState, upgradeFromLostState],
    ...healthyWithoutHa,
    healthy: false,
  },
];
