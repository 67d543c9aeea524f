import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { vertexId } from "../world/flink/adaptive.ts";
import { namespace, type World } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { healthy, isRunning, launches, severalCheckpointsMs, upgrade } from "./steps.ts";

const adaptive = { "jobmanager.scheduler": "adaptive" };
const flink2 = { image: "flink:2.3", flinkVersion: "v2_3" } as const;

const taskManagers = ({ world }: View): number =>
  world.server.list(resourceTypes.pod, { namespace, labelSelector: "component=taskmanager" }).length;

/** The tasks, the requirements and the recorded spec agree, and no process was started anew. */
const runsWith =
  (parallelism: number, starts = 1) =>
  (view: View): boolean =>
    isRunning("--edition;1")(view) &&
    view.job?.parallelism === parallelism &&
    view.job.bounds?.upperBound === parallelism &&
    view.job.bounds.lowerBound === 1 &&
    view.status?.rescale === undefined &&
    launches(view) === starts;

const change = (parallelism: number): Step => ({
  name: `change the parallelism to ${parallelism}`,
  act: (world) => edit(world, { job: { parallelism } }),
  until: runsWith(parallelism),
  thenWaitMs: severalCheckpointsMs,
});

/** Until Flink has noted the change; the tasks follow later. */
const begin = (parallelism: number): Step => ({
  name: `change the parallelism to ${parallelism}, without waiting`,
  act: (world) => edit(world, { job: { parallelism } }),
  until: ({ world }) =>
    world.journal.of("rescale-noted").some(({ upperBound }) => upperBound === parallelism) ||
    world.journal.of("parallelism-changed").some((entry) => entry.parallelism === parallelism),
});

const changeOverride = (parallelism: number): Step => ({
  name: `override the parallelism of the vertex with ${parallelism}`,
  act: (world) =>
    edit(world, {
      flinkConfiguration: { "pipeline.jobvertex-parallelism-overrides": `${vertexId}:${parallelism}` },
    }),
  until: runsWith(parallelism),
  thenWaitMs: severalCheckpointsMs,
});

const givesBack = (count: number): Step => ({
  name: "idle TaskManagers are given back",
  until: (view) => taskManagers(view) === count,
});

const killJobManager: Step = {
  name: "the JobManager is killed",
  act: (world) => {
    const [pod] = world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: "component=jobmanager",
    });
    world.kubelet.killContainer(pod?.metadata.uid ?? "", "Error");
  },
  until: runsWith(4),
  thenWaitMs: severalCheckpointsMs,
};

/** No node has room for more TaskManagers. */
const withoutRoom = new WeakMap<World, () => void>();
const fillNodes: Step = {
  name: "all nodes are full",
  act: (world) =>
    withoutRoom.set(world, world.podFailures.inject({ component: "taskmanager" }, { kind: "Unschedulable" })),
};
const makeRoom: Step = {
  name: "a node is added",
  act: (world) => withoutRoom.get(world)?.(),
  until: runsWith(4),
  thenWaitMs: severalCheckpointsMs,
};

const isGivenUp = ({ status, job }: View): boolean =>
  status?.rescale?.givenUpTime !== undefined &&
  status.error?.includes("have not come within") === true &&
  job?.working === true &&
  job.parallelism === 2 &&
  job.bounds?.upperBound === 2;

/** A task fails while the slots are waited for: the job must run again with those that it has. */
const failTask: Step = {
  name: "a TaskManager is lost while slots are missing",
  act: (world) => {
    const [pod] = world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: "component=taskmanager",
    });
    world.server.delete("user", resourceTypes.pod, namespace, pod?.metadata.name ?? "");
  },
  until: ({ job, status }) => job?.working === true && job.parallelism === 1 && status?.rescale !== undefined,
};

const interval = "kubernetes.operator.periodic.savepoint.interval";
const refuse: Step = {
  name: "the edit becomes one that is refused",
  act: (world) => edit(world, { flinkConfiguration: { [interval]: "often" } }),
  until: ({ job, status }) =>
    job?.working === true &&
    job.parallelism === 4 &&
    job.bounds?.lowerBound === 1 &&
    status?.error?.includes(interval) === true,
  thenWaitMs: severalCheckpointsMs,
};
const withdraw: Step = {
  name: "all is taken back",
  act: (world) => edit(world, { job: { parallelism: 2 }, flinkConfiguration: { [interval]: null } }),
  until: runsWith(2),
  thenWaitMs: severalCheckpointsMs,
};

const switchOff: Step = {
  name: "the change is taken back, and changes in place are switched off",
  act: (world) =>
    edit(world, {
      job: { parallelism: 2 },
      flinkConfiguration: { "kubernetes.operator.job.upgrade.inplace-scaling.enabled": "false" },
    }),
  until: runsWith(2),
  thenWaitMs: severalCheckpointsMs,
};

export const workloads: readonly Scenario[] = [
  {
    name: "rescale",
    steps: [deployWith("savepoint", adaptive), change(4), change(1), givesBack(1)],
    ...healthy,
  },
  {
    name: "rescale-flink-2",
    steps: [deployWith("last-state", adaptive, flink2), change(4), change(2)],
    ...healthy,
  },
  {
    name: "rescale-overrides",
    steps: [deployWith("savepoint", adaptive), changeOverride(3), changeOverride(1)],
    ...healthy,
  },
  {
    name: "rescale-jobmanager-restart",
    steps: [deployWith("savepoint", adaptive), begin(4), killJobManager],
    ...healthy,
    healthy: false,
  },
  {
    name: "rescale-edited-again",
    steps: [deployWith("savepoint", adaptive), begin(4), change(3)],
    ...healthy,
  },
  {
    name: "rescale-taken-back",
    steps: [deployWith("savepoint", adaptive), begin(4), change(2)],
    ...healthy,
  },
  {
    name: "rescale-then-upgrade",
    steps: [deployWith("savepoint", adaptive), change(4), upgrade],
    ...healthy,
  },
  {
    name: "rescale-without-slots",
    steps: [
      deployWith("savepoint", adaptive),
      fillNodes,
      { ...begin(4), name: "change the parallelism to 4, for which there is no room", until: isGivenUp },
      makeRoom,
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "rescale-waits-for-checkpoint",
    steps: [
      deployWith(
        "savepoint",
        {
          ...adaptive,
          "jobmanager.adaptive-scheduler.rescale-trigger.max-delay": "1 h",
          "execution.checkpointing.interval": "2 h",
        },
        flink2,
      ),
      change(4),
    ],
    ...healthy,
  },
  {
    name: "rescale-refused",
    steps: [deployWith("savepoint", adaptive), begin(4), refuse, withdraw],
    ...healthy,
    healthy: false,
  },
  {
    name: "rescale-taken-back-and-switched-off",
    steps: [deployWith("savepoint", adaptive), begin(4), switchOff],
    ...healthy,
  },
  {
    name: "rescale-task-failure",
    steps: [
      deployWith("savepoint", adaptive),
      fillNodes,
      { ...begin(4), name: "change the parallelism to 4, for which there is no room" },
      failTask,
      makeRoom,
    ],
    ...healthy,
    healthy: false,
  },
];
