import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { edit, type UpgradeMode } from "./resource.ts";
import { deployWith, healthyWithoutHa, isRunning, severalCheckpointsMs, withoutHa } from "./steps.ts";

/** What the newest checkpoint holds, whether Flink has told of it or not. */
const newestCount = ({ journal }: World): number =>
  Math.max(0, ...journal.of("checkpoint-completed").map(({ count }) => count));

let lost = 0;

/** Without high availability its job begins anew in the same pod, by Flink's own doing. */
const beginsAnew: Step = {
  name: "the JobManager is killed, and its job begins anew",
  act: (world) => {
    lost = newestCount(world);
    const [pod] = world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: "component=jobmanager",
    });
    world.kubelet.killContainer(pod?.metadata.uid ?? "", "Error");
  },
  until: ({ job, status }) => job?.working === true && status?.jobStatus?.state === "RUNNING",
};

/** The run that began anew has completed nothing of its own: the state before it is gone on from. */
const upgradeAnew: Step = {
  name: "change the job's arguments",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  until: (view) => isRunning("--edition;2")(view) && goesOn(view),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const goesOn = ({ world }: View): boolean =>
  lost > 0 && (world.journal.of("job-started").at(-1)?.restored.count ?? 0) >= lost;

/** Rare checkpoints, so that whatever is late here comes before the first one of the run that began anew. */
const deployFor = (mode: UpgradeMode, ms: number): Step => ({
  ...deployWith({ "execution.checkpointing.interval": "2 min" }, mode, withoutHa),
  thenWaitMs: ms,
});

export const workloads: readonly Scenario[] = [
  {
    name: "began-anew-savepoint",
    steps: [deployFor("savepoint", 7 * 60_000), beginsAnew, upgradeAnew],
    ...healthyWithoutHa,
    healthy: false,
  },
  {
    name: "began-anew-last-state",
    steps: [deployFor("last-state", 130_000), beginsAnew, upgradeAnew],
    ...healthyWithoutHa,
    healthy: false,
  },
];
