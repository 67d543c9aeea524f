import { type ResourceType, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { mergePatch } from "../world/json.ts";
import { namespace, type World } from "../world/world.ts";
import { edit, resourceName, type } from "./resource.ts";
import {
  deploy,
  healthy,
  isInProgress,
  isRunning,
  launches,
  remove,
  severalCheckpointsMs,
  upgrade,
} from "./steps.ts";

/** Somebody else who writes the same Kubernetes objects: `kubectl edit`, a policy engine, a third controller, a clean-up job. */
export const otherWriter = "somebody-else";

const { configMap, deployment, service } = resourceTypes;

const patch = (world: World, kind: ResourceType, name: string, change: unknown): void => {
  world.server.mergePatch(otherWriter, kind, namespace, name, change);
};

const objectsOf = (world: World, kind: ResourceType) =>
  world.server.list(kind, { namespace }).filter(({ metadata }) => metadata.name.includes(resourceName));

const metadata = { labels: { "example.com/team": "a" }, annotations: { "example.com/reviewed": "true" } };

/** The job of the first launch runs on. */
const stillRuns = (view: View): boolean => isRunning("--edition;1")(view) && launches(view) === 1;

const labelEverything: Step = {
  name: "somebody else labels and annotates the resource and every object of its cluster",
  act: (world) => {
    for (const kind of [type, deployment, configMap, service])
      for (const object of objectsOf(world, kind)) patch(world, kind, object.metadata.name, { metadata });
  },
  until: stillRuns,
  thenWaitMs: severalCheckpointsMs,
};

/** JobManager and job need none of them before the next launch. */
const deleteAccompanyingObjects: Step = {
  name: "somebody else deletes the Services and the ConfigMaps with the configuration",
  act: (world) => {
    for (const kind of [configMap, service])
      for (const { metadata } of objectsOf(world, kind))
        if (metadata.labels?.["configmap-type"] !== "high-availability")
          world.server.delete(otherWriter, kind, namespace, metadata.name);
  },
  until: stillRuns,
  thenWaitMs: severalCheckpointsMs,
};

const upgradeWithServices: Step = {
  ...upgrade,
  until: (view) => isRunning("--edition;2")(view) && objectsOf(view.world, service).length > 0,
};

const deleteDeployment: Step = {
  name: "somebody else deletes the JobManager's Deployment",
  act: (world) =>
    world.server.delete(otherWriter, deployment, namespace, resourceName, { propagation: "Foreground" }),
  until: (view) => isRunning("--edition;1")(view) && launches(view) === 2,
  thenWaitMs: severalCheckpointsMs,
};

const scaleTo = (replicas: number, name: string, until: NonNullable<Step["until"]>): Step => ({
  name: `somebody else scales the JobManager's Deployment ${name}`,
  act: (world) => patch(world, deployment, resourceName, { spec: { replicas } }),
  until,
  thenWaitMs: severalCheckpointsMs,
});

/** The operator starts no other cluster beside a Deployment that somebody has stopped. */
const scaleToZeroAndBack: Step[] = [
  scaleTo(0, "to zero", (view) => view.job === undefined && view.status?.jobStatus?.state !== "RUNNING"),
  scaleTo(1, "back to one", (view) => isRunning("--edition;1")(view) && launches(view) === 2),
];

const overwriteStatus = (name: string, change: Record<string, unknown>): Step => ({
  name,
  act: (world) => {
    const object = world.server.get(type, namespace, resourceName);
    world.server.replaceStatus(otherWriter, type, {
      ...object,
      status: mergePatch(object.status, change),
    });
  },
  until: stillRuns,
  thenWaitMs: severalCheckpointsMs,
});

/** The next reconcile corrects it. `stillRuns` compares the lifecycle state and the job's state. */
const overwritten = {
  "the state of the job": { lifecycleState: "FAILED", jobStatus: { state: "FAILED" } },
  "the error": { error: '{"type":"Overwritten","message":"by somebody else"}' },
};

const startUpgrade: Step = {
  name: "change the job's arguments, without waiting",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  until: isInProgress,
  replacesJob: true,
};

const labelMeanwhile: Step = {
  ...labelEverything,
  until: isRunning("--edition;2"),
};

const foreignFinalizer = "example.com/billing";

const finalizersOf = (world: World, kind: ResourceType): string[] =>
  world.server.find(kind, namespace, resourceName)?.metadata.finalizers ?? [];

const addFinalizer = (what: string, kind: ResourceType): Step => ({
  name: `a third controller adds its finalizer to ${what}`,
  act: (world) =>
    patch(world, kind, resourceName, {
      metadata: { finalizers: [...finalizersOf(world, kind), foreignFinalizer] },
    }),
  thenWaitMs: 1_000,
});

const removeFinalizer = (kind: ResourceType, until: NonNullable<Step["until"]>): Step => ({
  name: "the third controller removes its finalizer",
  act: (world) =>
    patch(world, kind, resourceName, {
      metadata: { finalizers: finalizersOf(world, kind).filter((name) => name !== foreignFinalizer) },
    }),
  until,
  thenWaitMs: severalCheckpointsMs,
});

/** The operator has done what is its own to do, and does not wait for the other one. */
const removeUntilOnlyForeign: Step = {
  ...remove,
  until: (view) => view.leftovers.length === 0 && finalizersOf(view.world, type).join() === foreignFinalizer,
  thenWaitMs: severalCheckpointsMs,
};

/** An upgrade waits for the end of the old Deployment, which the other finalizer delays. */
const upgradeUntilHeld: Step = {
  ...upgrade,
  until: ({ world }) => {
    const held = world.server.find(deployment, namespace, resourceName);
    return held?.metadata.deletionTimestamp !== undefined;
  },
  thenWaitMs: 20_000,
};

const removeOwnFinalizer: Step = {
  name: "somebody else removes the operator's finalizer",
  act: (world) => patch(world, type, resourceName, { metadata: { finalizers: null } }),
  until: (view) => finalizersOf(view.world, type).length === 1 && stillRuns(view),
  thenWaitMs: severalCheckpointsMs,
};

/** The operator reports that a JobManager or its Deployment is lost. */
const reported = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "objects-labelled-elsewhere", steps: [deploy("savepoint"), labelEverything, upgrade], ...healthy },
  {
    name: "objects-labelled-in-the-middle-of-an-upgrade",
    steps: [deploy("savepoint"), startUpgrade, labelMeanwhile],
    ...healthy,
  },
  {
    name: "objects-deleted-elsewhere",
    steps: [deploy("last-state"), deleteAccompanyingObjects, upgradeWithServices],
    ...healthy,
  },
  { name: "deployment-deleted-elsewhere", steps: [deploy("last-state"), deleteDeployment], ...reported },
  {
    name: "deployment-scaled-elsewhere",
    steps: [deploy("last-state"), ...scaleToZeroAndBack, upgrade],
    ...reported,
  },
  ...Object.entries(overwritten).map(([what, change]) => ({
    name: `status-overwritten-${what.split(" ").at(-1)}`,
    steps: [
      deploy("savepoint"),
      overwriteStatus(`somebody else overwrites ${what} in the status`, change),
      upgrade,
    ],
    ...reported,
  })),
  {
    name: "finalizer-of-another",
    steps: [
      deploy("last-state"),
      addFinalizer("the resource", type),
      removeUntilOnlyForeign,
      removeFinalizer(type, (view) => view.resource === undefined),
    ],
    ...healthy,
  },
  {
    name: "finalizer-of-another-on-the-deployment",
    steps: [
      deploy("last-state"),
      addFinalizer("the JobManager's Deployment", deployment),
      upgradeUntilHeld,
      removeFinalizer(deployment, isRunning("--edition;2")),
    ],
    ...healthy,
  },
  {
    name: "finalizer-removed-elsewhere",
    steps: [deploy("last-state"), removeOwnFinalizer, remove],
    ...healthy,
  },
];
