import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step } from "../scenario.ts";
import type { Program } from "../world/flink/program.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace, type World } from "../world/world.ts";
import { deployWith, healthy, isRunning, launches, severalCheckpointsMs } from "./steps.ts";

const healthChecks = {
  "kubernetes.operator.cluster.health-check.enabled": "true",
  "kubernetes.operator.cluster.health-check.restarts.threshold": "3",
  "execution.checkpointing.timeout": "20 s",
};

/** A problem that lasts until the operator has launched the job again. */
const problemUntilRestart = (name: string, start: (world: World) => () => void): Step[] => {
  let end = (): void => {};
  return [
    {
      name,
      act: (world) => {
        end = start(world);
      },
      until: (view) => launches(view) > 1,
      replacesJob: true,
    },
    {
      name: "the problem is fixed",
      act: () => end(),
      until: isRunning("--edition;1"),
      thenWaitMs: severalCheckpointsMs,
    },
  ];
};

const taskManagersDie = problemUntilRestart("its TaskManagers are OOM-killed repeatedly", (world) => {
  const end = world.podFailures.inject({ component: "taskmanager" }, { kind: "OOMKilled", afterMs: 6_000 });
  for (const { metadata } of world.server.list(resourceTypes.pod, {
    namespace,
    labelSelector: "component=taskmanager",
  }))
    world.kubelet.killContainer(metadata.uid ?? "", "OOMKilled");
  return end;
});

const checkpointsFail = problemUntilRestart("checkpoints fail", (world) => {
  const program = world.program as Program;
  program.checkpointsFail = true;
  return () => {
    program.checkpointsFail = false;
  };
});

const deployWithHealthChecks: Step = {
  ...deployWith(healthChecks, "last-state"),
  act: (world) => {
    world.program = { ...unboundedProgram };
    deployWith(healthChecks, "last-state").act?.(world);
  },
};

const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "unhealthy-restarts", steps: [deployWithHealthChecks, ...taskManagersDie], ...unhealthy },
  { name: "unhealthy-progress", steps: [deployWithHealthChecks, ...checkpointsFail], ...unhealthy },
  { name: "healthy-watched", steps: [deployWithHealthChecks], ...healthy },
];
