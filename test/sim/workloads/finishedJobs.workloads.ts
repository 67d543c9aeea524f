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

const isJobManagerDeleted = ({ world }: View): boolean =>
  world.server.find(resourceTypes.deployment, namespace, resourceName) === undefined;

const hasFinished = ({ status }: View): boolean =>
  status?.jobStatus?.state === "FINISHED" && status.lifecycleState === "STABLE";

const deployBounded = (configuration: Record<string, string>): Step => {
  const step = deployWith(configuration, "last-state");
  return {
    ...step,
    name: "apply the resource of a bounded job",
    act: (world) => {
      world.program = { ...unboundedProgram, finishesAfterMs: 50_000 };
      step.act?.(world);
    },
  };
};

const finish: Step = { name: "the job finishes", until: hasFinished, thenWaitMs: severalCheckpointsMs };

const upgradeFinished: Step = {
  name: "change the arguments of the finished job",
  act: (world) => {
    world.program = unboundedProgram;
    edit(world, { job: { args: ["--edition", "2"] } });
  },
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
};

/** The TTL counts from the end of the job. */
const wasKept = ({ world: { journal } }: View): boolean => {
  const ended = journal.of("job-ended")[0];
  const deleted = journal
    .of("kubernetes-write")
    .find(
      ({ kind, verb, index }) => kind === "Deployment" && verb === "delete" && index > (ended?.index ?? 0),
    );
  return ended !== undefined && deleted !== undefined && deleted.at - ended.at >= 120_000;
};

const jobManagerExpires: Step = {
  name: "the shutdown TTL of its JobManager expires",
  until: (view) => isJobManagerDeleted(view) && view.status?.jobManagerDeploymentStatus === "MISSING",
  thenWaitMs: severalCheckpointsMs,
};

/** A finished job has no state to continue from. */
const withoutState = { ...healthy, stateful: false };

export const workloads: readonly Scenario[] = [
  { name: "finish-edit", steps: [deployBounded({}), finish, upgradeFinished], ...withoutState },
  {
    name: "finish-shutdown",
    steps: [
      deployBounded(ttl),
      finish,
      { ...jobManagerExpires, until: (view) => jobManagerExpires.until?.(view) === true && wasKept(view) },
      upgradeFinished,
    ],
    ...withoutState,
  },
  {
    name: "suspend-shutdown",
    steps: [
      deployWith(ttl, "savepoint"),
      suspend,
      { ...jobManagerExpires, until: (view) => isJobManagerDeleted(view) && isSuspended(view) },
      resume,
      upgrade,
    ],
    ...healthy,
  },
];
