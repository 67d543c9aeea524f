import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { deploy, healthy, isRunning, severalCheckpointsMs, upgrade } from "./steps.ts";

const startsOf = ({ journal }: World): number => journal.of("job-started").length;

/** Its container is restarted in the same pod, and the JobManager recovers the job. */
const jobManagerKilled = (time: number): Step => {
  let startsBefore = 0;
  return {
    name: `the JobManager runs out of memory (${time})`,
    act: (world) => {
      startsBefore = startsOf(world);
      const [pod] = world.server.list(resourceTypes.pod, {
        namespace,
        labelSelector: "component=jobmanager",
      });
      world.kubelet.killContainer(pod?.metadata.uid ?? "", "OOMKilled");
    },
    until: (view) => startsOf(view.world) > startsBefore && isRunning("--edition;1")(view),
    thenWaitMs: severalCheckpointsMs,
  };
};

export const workloads: readonly Scenario[] = [
  {
    name: "jobmanager-out-of-memory",
    steps: [deploy("savepoint"), jobManagerKilled(1), jobManagerKilled(2), upgrade],
    ...healthy,
    healthy: false,
  },
];
