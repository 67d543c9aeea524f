import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace } from "../world/world.ts";
import { edit, resourceName } from "./resource.ts";
import {
  deployWith,
  healthy,
  isRunning,
  isSuspended,
  resume,
  severalCheckpointsMs,
  suspend,
  upgrade,
} from "./steps.ts";

const ttl = { "kubernetes.operator.jm-deployment.shutdown-ttl": "2 min" };

const isGone = ({ world }: View): boolean =>
  world.server.find(resourceTypes.deployment, namespace, resourceName) === undefined;

const hasFinished = ({ status }: View): boolean =>
  status?.jobStatus?.state === "FINISHED" && status.lifecycleState === "STABLE";

const deployBounded = (configuration: Record<string, string>): Step => {
  const step = deployWith(configuration, "last-state");
  return {
    ...step,
    name: "apply the resource of a job that ends by itself",
    act: (world) => {
      world.program = { ...unboundedProgram, finishesAfterMs: 50_000 };
      step.act?.(world);
    },
  };
};

const finish: Step = { name: "the job finishes", until: hasFinished, thenWaitMs: severalCheckpointsMs };

const runOn: Step = {
  name: "change the arguments of the finished job",
  act: (world) => {
    world.program = unboundedProgram;
    edit(world, { job: { args: ["--edition", "2"] } });
  },
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
};

const jobManagerGoes: Step = {
  name: "the time of its JobManager passes",
  until: (view) => isGone(view) && view.status?.jobManagerDeploymentStatus === "MISSING",
  thenWaitMs: severalCheckpointsMs,
};

/** A job that has finished has no state to go on with. */
const stateless = { ...healthy, stateful: false };

export const workloads: readonly Scenario[] = [
  { name: "finish-edit", steps: [deployBounded({}), finish, runOn], ...stateless },
  { name: "finish-shutdown", steps: [deployBounded(ttl), finish, jobManagerGoes, runOn], ...stateless },
  {
    name: "suspend-shutdown",
    steps: [
      deployWith(ttl, "savepoint"),
      suspend,
      { ...jobManagerGoes, until: (view) => isGone(view) && isSuspended(view) },
      resume,
      upgrade,
    ],
    ...healthy,
  },
];
