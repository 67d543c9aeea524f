import { type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { operatorOptions } from "../../src/config/operatorOptions.ts";
import type { ActionCounts } from "./actionCounts.ts";
import { childClusters, isChild, jobNames } from "./jobNames.ts";
import type { Deletion, Run } from "./run.ts";
import { View } from "./scenario.ts";
import type { Violation } from "./violation.ts";
import { resourceName } from "./workloads/resource.ts";
import type { JournalEntry } from "./world/journal.ts";
import { textAt } from "./world/json.ts";
import { namespace, type World } from "./world/world.ts";

const { flinkDeployment, flinkSessionJob, flinkBlueGreenDeployment, deployment, pod } = resourceTypes;
/** The kinds of the resource of a workload. */
const kinds = [flinkDeployment, flinkBlueGreenDeployment];
const savepointOnDeletion = "kubernetes.operator.job.savepoint-on-deletion";

/** What the user has applied, and not deleted yet, at a revision. */
export const deletableAt = (
  { store }: World,
  revision: number,
): { cluster: boolean; sessionJobs: readonly string[] } => {
  const present = (type: ResourceType): string[] =>
    store
      .asOf(revision, type)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  return {
    cluster: kinds.some((kind) => present(kind).includes(resourceName)),
    sessionJobs: present(flinkSessionJob).sort(),
  };
};

/**
 * "all": the FlinkDeployment and its session jobs, as `kubectl delete -f` does, in one of both orders. "one": a session job, each
 * of them for one of so many writes.
 */
export const deleteAsUser = (world: World, what: "all" | "one", write: number): Deletion => {
  const present = deletableAt(world, world.store.revision).sessionJobs;
  const one = present[write % present.length];
  // What the workload itself is deleting has to end, too.
  const all = world.server.list(flinkSessionJob, { namespace }).map(({ metadata }) => metadata.name);
  const sessionJobs = what === "all" ? all.sort() : one === undefined ? [] : [one];
  const kind = kinds.find((each) => world.server.find(each, namespace, resourceName) !== undefined);
  const cluster = what === "all" && kind !== undefined;
  const applications = cluster ? ["", ...childClusters] : [];
  const savepointAsked = [...applications, ...sessionJobs].filter((name) => asksFor(world, name));
  const withSavepoint = runningJobs(world, savepointAsked);
  // The two of a FlinkBlueGreenDeployment are no more than those that are there.
  const deployed = Math.max(1, world.server.list(flinkDeployment, { namespace }).length);
  releaseForeignFinalizers(world);
  const { journal, server, clock } = world;
  const names = [...(cluster ? [resourceName] : []), ...sessionJobs];
  journal.add({ event: "step", note: `delete ${names.join(", ")}` });
  journal.add({ event: "fault", note: `the user deletes ${names.join(", ")} in the middle of the workload` });
  const deleteCluster = (): void => {
    if (cluster) server.delete("user", kind, namespace, resourceName);
  };
  if (write % 2 === 0) deleteCluster();
  for (const name of sessionJobs) server.delete("user", flinkSessionJob, namespace, name);
  if (write % 2 === 1) deleteCluster();
  const index = journal.entries.length;
  return {
    sessionJobs,
    cluster,
    applications: cluster ? deployed : 0,
    savepointAsked,
    withSavepoint,
    index,
    at: clock.now(),
  };
};

/** A workload's later steps would remove these: whoever holds an object must have an end. */
const releaseForeignFinalizers = ({ server }: World): void => {
  for (const type of [pod, deployment, ...kinds, flinkSessionJob])
    for (const { metadata } of server.list(type, { namespace })) {
      const own = metadata.finalizers?.filter((name) => !name.startsWith("example.com/")) ?? [];
      if (own.length !== (metadata.finalizers?.length ?? 0))
        server.mergePatch("user", type, namespace, metadata.name, { metadata: { finalizers: own } });
    }
};

const asksFor = ({ server }: World, name: string): boolean => {
  if (isChild(name)) {
    const parent = server.find(flinkBlueGreenDeployment, namespace, resourceName);
    return (
      textAt(parent?.spec, "template", "spec", "flinkConfiguration", savepointOnDeletion) === "true" &&
      server.find(flinkDeployment, namespace, name) !== undefined
    );
  }
  const type = name === "" ? flinkDeployment : flinkSessionJob;
  const object = server.find(type, namespace, name === "" ? resourceName : name);
  return textAt(object?.spec, "flinkConfiguration", savepointOnDeletion) === "true";
};

const runningJobs = ({ flink }: World, names: readonly string[]): string[] =>
  [...flink.jobManagers.values()]
    .filter(({ clock, clusterId }) => clock.alive && (clusterId === resourceName || isChild(clusterId)))
    .flatMap(({ jobs, session, clusterId }) => {
      const application = isChild(clusterId) ? clusterId : "";
      return jobs.filter(
        ({ state, settings }) =>
          state === "RUNNING" && names.includes(session === undefined ? application : settings.name),
      );
    })
    .map(({ settings }) => settings.jobId);

/** Everything that was deleted has ended, and a cluster that stays has come to rest. */
export const isDeletionComplete = (world: World, { cluster, sessionJobs }: Deletion): boolean => {
  const view = new View(world, resourceName);
  const jobsGone = sessionJobs.every((name) => view.sessionJob(name) === undefined);
  const isGone = kinds.every((kind) => world.server.list(kind, { namespace }).length === 0);
  if (cluster) return jobsGone && isGone && view.leftovers.length === 0;
  const mayRest = (view.settled || awaitsApproval(view)) && !awaitsWave(view);
  return jobsGone && mayRest && hasNoIdleTaskManager(view);
};

/** Another job has a place, or waits for one, or has not asked for it since the operator's configuration was corrected. */
const awaitsWave = (view: View): boolean =>
  view.world.operatorDefaults[operatorOptions.maxUnavailable.key] !== undefined &&
  view.sessionJobs.some(({ name }) => {
    const { error, disruption, pendingChange } = view.sessionJob(name)?.status ?? {};
    return error !== undefined || disruption !== undefined || pendingChange?.waitsFor === "Wave";
  });

/** The edit of a session cluster that nobody approves any more waits on. */
const awaitsApproval = ({ resource, status }: View): boolean =>
  status?.lifecycleState === "STABLE" &&
  status.pendingChange?.waitsFor === "Approval" &&
  status.pendingChange.generation === resource?.metadata.generation;

/** A session cluster keeps the TaskManagers of a job for some time, and reports later what is left of them. */
const hasNoIdleTaskManager = (view: View): boolean => {
  const { world, resource, status, sessionJobs } = view;
  if (textAt(resource?.spec, "mode") === "standalone") return true;
  const pods = world.server.list(pod, { namespace });
  // Each has one slot.
  const used = sessionJobs.reduce((sum, { name }) => sum + (view.sessionJobParallelism(name) ?? 1), 0);
  const idle = pods.length - 1 - used;
  return idle === 0 && Number(status?.clusterInfo?.["total-cpu"]) === cpuOfEach * pods.length;
};
const cpuOfEach = 0.5;

/** The reconcile that is under way when the user deletes the resource completes: it takes less than this. */
const noticedMs = 1_000;

/**
 * A deletion has no fault-free run to be compared with. Instead: all that belongs to what was deleted is gone, nothing is begun
 * for it any more, each action happens once, and a savepoint that was asked for exists.
 */
export const checkDeletion = (
  faultFree: ActionCounts,
  { world, actionCounts, deletion }: Run,
): Violation[] => {
  if (deletion === undefined) return [];
  const { journal, storage } = world;
  const at = journal.entries.length - 1;
  const view = new View(world, resourceName);
  const names = jobNames(journal);
  const isGone = (name: string): boolean =>
    deletion.sessionJobs.includes(name) || (deletion.cluster && name === "");
  const running = [
    ...(view.job === undefined || view.job.ended ? [] : [""]),
    ...view.sessionJobs.map(({ name }) => name),
  ].filter(isGone);
  const left = [
    ...(deletion.cluster ? view.leftovers.map(({ kind, metadata }) => `${kind} ${metadata.name}`) : []),
    ...running.map((name) => `the running job ${name}`),
  ];
  const late = journal.entries
    .filter((entry) => entry.index >= deletion.index && entry.at > deletion.at + noticedMs)
    .filter((entry) => isBegun(entry, deletion, names));
  const unsaved = deletion.withSavepoint.filter(
    (jobId) =>
      !journal
        .of("savepoint-completed")
        .some(
          (taken) =>
            taken.stop && taken.jobId === jobId && storage.snapshots.some(({ path }) => path === taken.path),
        ),
  );
  return [
    ...left.map((what) => ({ invariant: "deletion leaves nothing", message: `${what} is left`, at })),
    ...late.map(({ event, index }) => ({
      invariant: "deletion begins nothing",
      message: `${event} after the deletion`,
      at: index,
    })),
    ...unsaved.map((jobId) => ({
      invariant: "savepoint on deletion",
      message: `the job ${jobId} ran and ended without the savepoint that was asked for`,
      at,
    })),
    ...compareCounts(faultFree, actionCounts, deletion, at),
  ];
};

/** An action of the operator for what is deleted. */
const isBegun = (
  entry: JournalEntry,
  { cluster, sessionJobs, savepointAsked }: Deletion,
  names: (jobId: string) => string,
): boolean => {
  switch (entry.event) {
    case "kubernetes-write":
      return (
        cluster &&
        entry.actor.startsWith("operator") &&
        ["create", "apply"].includes(entry.verb) &&
        /^(Deployment|ConfigMap|Service|Ingress|HTTPRoute)$/.test(entry.kind) &&
        entry.outcome === "ok"
      );
    case "job-started":
      return entry.sessionJob !== undefined && sessionJobs.includes(entry.sessionJob) && !entry.recovered;
    case "savepoint-requested":
      return (
        !entry.repeated &&
        (cluster || sessionJobs.includes(names(entry.jobId))) &&
        !savepointAsked.includes(names(entry.jobId))
      );
    default:
      return false;
  }
};

/** No action more than without the deletion, except those of the deletion itself. */
const compareCounts = (
  faultFree: ActionCounts,
  counts: ActionCounts,
  { savepointAsked, applications, sessionJobs }: Deletion,
  at: number,
): Violation[] => {
  const most = {
    jobStarts: faultFree.jobStarts,
    deploymentsCreated: faultFree.deploymentsCreated,
    stopsWithSavepoint: faultFree.stopsWithSavepoint + savepointAsked.length,
    cancels: faultFree.cancels + sessionJobs.length + applications,
  };
  return Object.entries(most).flatMap(([action, max]) => {
    const count = counts[action as keyof typeof most];
    if (count <= max) return [];
    return [{ invariant: "each action once", message: `${action}: ${count}, at most ${max}`, at }];
  });
};
