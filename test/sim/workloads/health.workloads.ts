import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step } from "../scenario.ts";
import type { Program } from "../world/flink/program.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace, type World } from "../world/world.ts";
import { deployWith, healthy, isRunning, launches, severalCheckpointsMs } from "./steps.ts";

const watched = {
  "kubernetes.operator.cluster.health-check.enabled": "true",
  "kubernetes.operator.cluster.health-check.restarts.threshold": "3",
  "execution.checkpointing.timeout": "20 s",
};

/** A problem that lasts until the operator has launched the job again. */
const until = (name: string, begin: (world: World) => () => void): Step[] => {
  let end = (): void => {};
  return [
    {
      name,
      act: (world) => {
        end = begin(world);
      },
      until: (view) => launches(view) > 1,
    },
    {
      name: "the problem is over",
      act: () => end(),
      until: isRunning("--edition;1"),
      thenWaitMs: severalCheckpointsMs,
    },
  ];
};

const taskManagersDie = until("its TaskManagers run out of memory again and again", (world) => {
  const end = world.podFailures.inject({ component: "taskmanager" }, { kind: "OOMKilled", afterMs: 6_000 });
  for (const { metadata } of world.server.list(resourceTypes.pod, {
    namespace,
    labelSelector: "component=taskmanager",
  }))
    world.kubelet.killContainer(metadata.uid ?? "", "OOMKilled");
  return end;
});

const checkpointsFail = until("no checkpoint completes any more", (world) => {
  const program = world.program as Program;
  program.checkpointsFail = true;
  return () => {
    program.checkpointsFail = false;
  };
});

const deployWatched: Step = {
  ...deployWith(watched, "last-state"),
  act: (world) => {
    world.program = { ...unboundedProgram };
    deployWith(watched, "last-state").act?.(world);
  },
};

const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "unhealthy-restarts", steps: [deployWatched, ...taskManagersDie], ...unhealthy },
  { name: "unhealthy-progress", steps: [deployWatched, ...checkpointsFail], ...unhealthy },
  { name: "healthy-watched", steps: [deployWatched], ...healthy },
];
