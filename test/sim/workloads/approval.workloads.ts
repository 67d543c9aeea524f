import { type KubeObject, type ResourceType, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { PendingChange } from "../../../src/api/v1beta1/commonStatus.ts";
import type { FlinkDeploymentStatus } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { APPROVED_GENERATION_ANNOTATION } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName, type } from "./resource.ts";
import {
  deployCluster,
  editJob,
  jobsRunOnJobManager,
  sessionJobsRun,
  submitJobs,
  upgradeCluster,
  upgradeJob,
} from "./session.ts";
import {
  healthy,
  isInProgress,
  isRunning,
  isSuspended,
  launches,
  resume,
  severalCheckpointsMs,
  suspend,
  upgrade,
} from "./steps.ts";

/** Changes that wait for approval or for a disruption window (docs/adr/0032). */

const approval = "kubernetes.operator.upgrade.approval";
const manual = { [approval]: "manual" };
const { deployment, flinkSessionJob } = resourceTypes;

const awaits = (
  object: { readonly metadata: KubeObject["metadata"]; readonly status?: unknown } | undefined,
  waitsFor: PendingChange["waitsFor"],
): boolean => {
  const pending = (object?.status as FlinkDeploymentStatus | undefined)?.pendingChange;
  return pending?.waitsFor === waitsFor && pending?.generation === object?.metadata.generation;
};

/** The job of this edition runs, on its nth launch. */
const runsOn =
  (edition: string, count: number) =>
  (view: View): boolean =>
    view.status?.lifecycleState === "STABLE" &&
    view.status.jobStatus?.state === "RUNNING" &&
    view.job?.working === true &&
    view.program?.includes(`--edition;${edition}`) === true &&
    launches(view) === count;

const waitsOn =
  (edition: string, count: number, waitsFor: PendingChange["waitsFor"] = "Approval") =>
  (view: View): boolean =>
    awaits(view.resource, waitsFor) && runsOn(edition, count)(view);

const editArguments = (edition: string, until: Step["until"]): Step => ({
  name: `change the job's arguments (${edition}), without approval`,
  act: (world) => edit(world, { job: { args: ["--edition", edition] } }),
  ...(until && { until }),
  thenWaitMs: severalCheckpointsMs,
});

function approve(world: World, generation?: number, of: ResourceType = type, name = resourceName): void {
  const found = world.server.find(of, namespace, name);
  const approved = generation ?? found?.metadata.generation;
  const annotations = { [APPROVED_GENERATION_ANNOTATION]: `${approved}` };
  world.server.mergePatch("user", of, namespace, name, { metadata: { annotations } });
}

const approveEdit = (edition: string): Step => ({
  name: "approve it",
  act: (world) => approve(world),
  until: isRunning(`--edition;${edition}`),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
});

const editAndApproveEarlier: Step = {
  name: "change them again, and approve the generation before",
  act(world) {
    edit(world, { job: { args: ["--edition", "3"] } });
    approve(world, 2);
  },
  until: waitsOn("1", 1),
  thenWaitMs: severalCheckpointsMs,
};

const approveWithoutWaiting: Step = {
  name: "approve it, without waiting",
  act: (world) => approve(world),
  until: isInProgress,
  replacesJob: true,
};

const loseDeployment: Step = {
  name: "delete the JobManager's Deployment by hand",
  act: (world) => world.server.delete("user", deployment, namespace, resourceName),
  until: waitsOn("1", 2),
  thenWaitMs: severalCheckpointsMs,
};

const resumeEdited: Step = { ...resume, until: isRunning("--edition;2") };

const jobWaits: Step = {
  name: "change the arguments of one, without approval",
  act: (world) => editJob(world, "one", { job: { args: ["--edition", "2"] } }),
  until: (view) =>
    awaits(view.sessionJob("one"), "Approval") &&
    view.sessionJobs.length === 1 &&
    view.sessionJobs[0]?.program.includes("--edition;1") === true,
  thenWaitMs: severalCheckpointsMs,
};

const deployConfiguredCluster: Step = {
  ...deployCluster(),
  act(world) {
    deployCluster().act?.(world);
    edit(world, { flinkConfiguration: manual });
  },
};

const clusterWaits: Step = {
  ...upgradeCluster("one", "two"),
  name: "give the session cluster's JobManager more memory, without approval",
  until: (view) =>
    awaits(view.resource, "Approval") &&
    sessionJobsRun({ name: "one", edition: "1" }, { name: "two", edition: "1" })(view),
  replacesJob: false,
};

const windows = {
  "kubernetes.operator.disruption.windows": '[{schedule: "10,25,40,55 * * * *", duration: 3 min}]',
};
/** Together, the operator refuses every resource. */
const contradiction = {
  "kubernetes.operator.cluster.health-check.enabled": "true",
  "kubernetes.operator.jm-deployment-recovery.enabled": "false",
};

const contradictDefaults: Step = {
  name: "contradict oneself in the operator's configuration",
  act: (world) => {
    world.operatorDefaults = contradiction;
  },
};

const editRefused: Step = {
  name: "change the job's arguments, which is refused",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  until: (view) => view.status?.error?.includes("health-check") === true && runsOn("1", 1)(view),
};

const correctDefaults = (waitsFor: PendingChange["waitsFor"]): Step => ({
  name: "correct the operator's configuration",
  act: (world) => {
    world.operatorDefaults = {};
  },
  until: waitsOn("1", 1, waitsFor),
});

const editMeanwhile: Step = {
  name: "change what needs no restart, outside of the windows",
  act: (world) => edit(world, { job: { allowNonRestoredState: true } }),
  until: waitsOn("1", 1, "DisruptionWindow"),
};

const windowOpens: Step = {
  name: "the window opens",
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

export const workloads: readonly Scenario[] = [
  {
    name: "approval-savepoint",
    steps: [deployWith("savepoint", manual), editArguments("2", waitsOn("1", 1)), approveEdit("2")],
    ...healthy,
  },
  {
    name: "approval-last-state-edited-again",
    steps: [
      deployWith("last-state", manual),
      editArguments("2", waitsOn("1", 1)),
      editAndApproveEarlier,
      approveEdit("3"),
    ],
    ...healthy,
  },
  {
    name: "approval-edited-midway",
    steps: [
      deployWith("last-state", manual),
      editArguments("2", waitsOn("1", 1)),
      approveWithoutWaiting,
      editArguments("3", waitsOn("2", 2)),
      approveEdit("3"),
    ],
    ...healthy,
  },
  {
    name: "approval-jobmanager-lost",
    steps: [
      deployWith("last-state", manual),
      editArguments("2", waitsOn("1", 1)),
      loseDeployment,
      approveEdit("2"),
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "approval-suspended-instead",
    steps: [
      deployWith("savepoint", manual),
      editArguments("2", waitsOn("1", 1)),
      { ...suspend, until: isSuspended },
      resumeEdited,
    ],
    ...healthy,
  },
  {
    name: "approval-session-job",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }, manual),
      jobWaits,
      {
        ...upgradeJob(),
        name: "approve it",
        act: (world) => approve(world, undefined, flinkSessionJob, "one"),
      },
    ],
    ...healthy,
  },
  {
    name: "approval-session-cluster",
    steps: [
      deployConfiguredCluster,
      submitJobs({ one: "savepoint", two: "last-state" }),
      clusterWaits,
      {
        ...upgradeCluster("one", "two"),
        name: "approve it",
        act: (world) => approve(world),
        until: jobsRunOnJobManager(2),
      },
    ],
    ...healthy,
  },
  {
    name: "disruption-window",
    steps: [
      deployWith("savepoint", windows),
      contradictDefaults,
      editRefused,
      correctDefaults("DisruptionWindow"),
      windowOpens,
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "disruption-window-edited-meanwhile",
    steps: [
      deployWith("savepoint", windows),
      contradictDefaults,
      editRefused,
      correctDefaults("DisruptionWindow"),
      editMeanwhile,
      windowOpens,
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "approval-refused-before",
    steps: [
      deployWith("savepoint", { ...manual, ...windows }),
      contradictDefaults,
      editRefused,
      correctDefaults("Approval"),
      approveEdit("2"),
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "disruption-window-edit",
    steps: [deployWith("savepoint", windows), upgrade],
    ...healthy,
  },
];
