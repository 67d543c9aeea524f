import type {
  CheckpointStatistics,
  CompletedSnapshot,
  FlinkFacts,
  JobOverview,
} from "../../api/flinkFacts.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import {
  GENERATION_ANNOTATION,
  jobManagerName,
  LAUNCH_ID_ANNOTATION,
  taskManagerName,
} from "../../api/v1beta1/names.ts";
import type { ClusterObjects } from "../build/cluster.ts";
import type { Action } from "../job/model/decision.ts";
import type { Facts, JobManagerDeployment, OtherCluster, TaskManagerDeployment } from "../job/model/facts.ts";
import type { FlinkResource, FlinkResourceStatus } from "../job/model/flinkResource.ts";
import { isTerminal } from "../job/observe/observeJob.ts";
import { SCRIPT_IS_RIGHT } from "../sql/checkMessage.ts";

/** Stands for the path of a savepoint that does not exist yet. */
export const FUTURE_SAVEPOINT = "<the savepoint>";

/** What the effect of an action depends on. */
export interface Moment {
  /** The resource, with the status that was decided together with the action. */
  readonly resource: FlinkResource;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The facts once an action has succeeded, and everything that Kubernetes and Flink do because of it. */
export function factsAfter(facts: Facts, action: Action, moment: Moment): Facts {
  const { resource } = moment;
  switch (action.kind) {
    case "add-finalizer":
    case "remove-finalizer":
    case "dry-run":
    case "release-ha-lease":
      return facts;
    case "start-sql-check": {
      const check = pod(action.objects.pod.metadata.name, moment.now);
      const ended = { message: SCRIPT_IS_RIGHT, reason: "" };
      return { ...facts, sqlChecks: [{ ...check, check: { uid: `future-${check.name}`, ended } }] };
    }
    case "delete-sql-check":
      return { ...facts, sqlChecks: (facts.sqlChecks ?? []).filter(({ name }) => name !== action.name) };
    case "launch":
      return launched(facts, action.objects, moment);
    case "launch-standby":
      return { ...facts, other: standby(facts, action.objects, moment) };
    case "open-gate":
      return withFlink(facts, (flink) => ({
        ...flink,
        ...runs(flink, resource.status?.jobStatus?.jobId ?? "", moment),
      }));
    case "expose":
      return withTaskManagers(facts, action.objects);
    case "stop-job-manager":
      return {
        ...facts,
        ...(facts.jobManager && { jobManager: { ...facts.jobManager, replicas: 0 } }),
        jobManagerPods: [],
        taskManagerPods: facts.taskManagers === undefined ? [] : facts.taskManagerPods,
      };
    case "scale-deployment":
      return facts.taskManagers?.uid === action.uid
        ? { ...facts, taskManagers: { ...facts.taskManagers, replicas: action.replicas } }
        : facts;
    case "delete-deployment":
      return withoutDeployment(facts, action.name, moment);
    case "delete-config-maps":
      return facts.other?.clusterId === action.clusterId
        ? { ...facts, other: undefined }
        : { ...facts, haConfigMaps: [] };
    case "prepare-ha-restore":
      return facts;
    case "apply-route":
      return withRoute(facts, action, moment);
    case "delete-route":
      return withoutRoute(facts, action);
    case "create-snapshot":
      return withSnapshot(facts, action.object, moment);
    case "delete-snapshot":
      return { ...facts, snapshots: facts.snapshots.filter(({ uid }) => uid !== action.uid) };
    case "dispose-savepoint":
      return facts;
    case "rescale":
      return withFlink(facts, (flink) => withRequirements(flink, action));
    case "trigger-savepoint":
      return withFlink(facts, (flink) => ({
        ...flink,
        savepoint: completedSavepoint(action, moment),
        ...withNewSavepoint(flink, action.jobId, moment),
      }));
    case "trigger-checkpoint":
      return {
        ...facts,
        operations: {
          ...facts.operations,
          [resourceTriggerOf(moment) === action.triggerId ? "rescale" : "checkpoint"]: {
            operation: { kind: "checkpoint", jobId: action.jobId, triggerId: action.triggerId },
            answer: {
              at: moment.now,
              since: moment.now,
              status: { state: "completed", location: undefined },
            },
          },
        },
      };
    case "cancel":
      return jobEnded(facts, action.jobId, "CANCELED", moment);
    case "stop-with-savepoint":
      return withFlink(jobEnded(facts, action.jobId, "FINISHED", moment), (flink) => ({
        ...flink,
        savepoint: completedSavepoint(action, moment),
        ...withNewSavepoint(flink, action.jobId, moment),
      }));
    case "fetch-jar":
      return {
        ...facts,
        jarFetch: { jobId: action.submission.run.jobId, state: "accepted", at: moment.now },
      };
    case "check-script":
      return {
        ...facts,
        scriptCheck: {
          jobId: action.submission.run.jobId,
          state: "accepted",
          at: moment.now,
          answer: SCRIPT_IS_RIGHT,
        },
      };
    case "submit": {
      const { jobId } = action.submission.run;
      return withFlink({ ...facts, submission: { jobId, state: "accepted", at: moment.now } }, (flink) => ({
        ...flink,
        ...runs(flink, jobId, moment),
      }));
    }
  }
}

const resourceTriggerOf = ({ resource }: Moment): string | undefined => resource.status?.rescale?.triggerId;

/** All slots are there. */
function withRequirements(
  flink: FlinkFacts,
  { jobId, requirements }: Action & { kind: "rescale" },
): FlinkFacts {
  const upper = (id: string) => requirements[id]?.parallelism.upperBound ?? 1;
  const total = Object.keys(requirements).reduce((sum, id) => sum + upper(id), 0);
  const vertices = (flink.parallelism?.vertices ?? []).map((vertex) => ({
    ...vertex,
    parallelism: upper(vertex.id),
    running: upper(vertex.id),
  }));
  return {
    ...flink,
    jobs: (flink.jobs ?? []).map((job) =>
      job.id === jobId ? { ...job, tasks: { running: total, total } } : job,
    ),
    parallelism: { jobId, at: flink.observedAt, requirements, vertices },
  };
}

/** The facts when everything is asked again: each answer is fresh. */
export const asOf = (facts: Facts, now: number): Facts =>
  withFlink(facts, (flink) => ({
    ...flink,
    observedAt: now,
    jobsAt: now,
    ...(flink.checkpoints && { checkpoints: { ...flink.checkpoints, at: now, asOf: now } }),
    ...(flink.taskManagers && { taskManagers: { ...flink.taskManagers, at: now } }),
  }));

const withFlink = (facts: Facts, change: (flink: FlinkFacts) => FlinkFacts): Facts =>
  facts.flink === undefined ? facts : { ...facts, flink: change(facts.flink) };

/** A stopped job leaves no HA metadata: Flink removes it when the job has ended. */
function jobEnded(facts: Facts, jobId: string, state: "CANCELED" | "FINISHED", { now }: Moment): Facts {
  const ended = (job: JobOverview): JobOverview =>
    job.id === jobId && !isTerminal(job.state)
      ? { ...job, state, endTime: now, lastModification: now, tasks: {} }
      : job;
  return withFlink(
    { ...facts, haConfigMaps: facts.haConfigMaps.filter(({ name }) => !name.includes(jobId)) },
    (flink) => ({ ...flink, jobs: (flink.jobs ?? []).map(ended) }),
  );
}

const completedSavepoint = (
  { jobId, triggerId }: { readonly jobId: string; readonly triggerId: string },
  { now }: Moment,
): FlinkFacts["savepoint"] => ({
  jobId,
  triggerId,
  at: now,
  status: { state: "completed", location: FUTURE_SAVEPOINT },
});

function withNewSavepoint(
  { checkpoints }: FlinkFacts,
  jobId: string,
  { now }: Moment,
): Pick<FlinkFacts, "checkpoints"> {
  const known = checkpoints?.jobId === jobId ? checkpoints.statistics : undefined;
  const ids = [known?.latestCompleted, known?.latestSavepoint, known?.latestRestored].map(
    (each) => each?.id ?? 0,
  );
  const savepoint: CompletedSnapshot = {
    id: Math.max(...ids) + 1,
    externalPath: FUTURE_SAVEPOINT,
    isSavepoint: true,
    discarded: false,
    timestamp: now,
    stateSize: undefined,
  };
  const statistics: CheckpointStatistics = {
    completedCount: (known?.completedCount ?? 0) + 1,
    inProgressCount: 0,
    latestCompleted: known?.latestCompleted,
    latestSavepoint: savepoint,
    latestRestored: known?.latestRestored,
  };
  return { checkpoints: { jobId, at: now, asOf: now, statistics } };
}

/** A job that has just started, with all its tasks at work and its first checkpoint. */
function runs(
  { jobs = [] }: Pick<FlinkFacts, "jobs">,
  jobId: string,
  { now }: Moment,
): Pick<FlinkFacts, "jobs" | "checkpoints"> {
  const job: JobOverview = {
    id: jobId,
    name: "",
    state: "RUNNING",
    startTime: now,
    endTime: -1,
    lastModification: now,
    tasks: { running: 1, total: 1 },
  };
  const first: CompletedSnapshot = {
    id: 1,
    externalPath: "<its first checkpoint>",
    isSavepoint: false,
    discarded: false,
    timestamp: now,
    stateSize: undefined,
  };
  return {
    jobs: [...jobs.filter(({ id }) => id !== jobId), job],
    checkpoints: {
      jobId,
      at: now,
      asOf: now,
      statistics: {
        completedCount: 1,
        inProgressCount: 0,
        latestCompleted: first,
        latestSavepoint: undefined,
        latestRestored: undefined,
      },
    },
  };
}

function launched(facts: Facts, objects: ClusterObjects, moment: Moment): Facts {
  const { resource, now } = moment;
  const { annotations } = objects.deployment.metadata;
  const jobManager: JobManagerDeployment = {
    uid: `future-${now}`,
    creationTimestamp: new Date(now).toISOString(),
    deleting: false,
    generation: annotations?.[GENERATION_ANNOTATION],
    launchId: annotations?.[LAUNCH_ID_ANNOTATION],
    replicas: 1,
    availableReplicas: 1,
    conditions: [],
  };
  const { jobId } = resource.status?.jobStatus ?? {};
  const started = withTaskManagers({ ...facts, jobManager }, objects);
  const workers = started.taskManagers?.replicas ?? 1;
  const flink: FlinkFacts = {
    deploymentUid: jobManager.uid,
    observedAt: now,
    reachability: "ok",
    answeringSince: now,
    consecutiveFailures: 0,
    config: { flinkVersion: flinkVersionOf(resource), flinkRevision: "" },
    jobsAt: now,
    jobs: [],
    taskManagers: {
      at: now,
      list: Array.from({ length: workers }, (_, at) => ({ id: `future-${at}`, slots: 1, freeSlots: 0 })),
    },
  };
  return {
    ...started,
    jobManagerPods: [pod("future-jobmanager", now)],
    flink:
      resource.spec.job === undefined || jobId === undefined
        ? flink
        : { ...flink, ...runs(flink, jobId, moment) },
    restHost: "127.0.0.1",
  };
}

/** With all the TaskManagers that its job needs, which it does not have. */
function standby(facts: Facts, objects: ClusterObjects, moment: Moment): OtherCluster {
  const clusterId = objects.deployment.metadata.name;
  const { flink, ...started } = launched(facts, objects, moment);
  const slots = objects.gate?.slots ?? 1;
  const list = [{ id: "future-standby", slots, freeSlots: slots }];
  const waiting = flink && { ...flink, jobs: [], taskManagers: { at: moment.now, list } };
  const { jobManager, jobManagerPods, restHost } = started;
  return {
    clusterId,
    standby: true,
    jobManager,
    jobManagerPods,
    restHost,
    taskManagerPods: [],
    haConfigMaps: [],
    flink: waiting,
  };
}

/** Flink leaves the HA metadata of a cluster when its Deployment is deleted. */
const leftOf = (other: OtherCluster): OtherCluster | undefined =>
  other.haConfigMaps.length === 0
    ? undefined
    : {
        ...other,
        jobManager: undefined,
        jobManagerPods: [],
        taskManagerPods: [],
        flink: undefined,
        restHost: undefined,
      };

const nothingOf = (clusterId: string): OtherCluster => ({
  clusterId,
  standby: false,
  jobManager: undefined,
  jobManagerPods: [],
  taskManagerPods: [],
  haConfigMaps: [],
  flink: undefined,
  restHost: undefined,
});

/** A job has moved to the other cluster: each takes the place of the other (docs/adr/0034). */
export function afterHandOver(
  facts: Facts,
  before: FlinkResourceStatus,
  { resource }: Pick<Moment, "resource">,
): Facts {
  const { name } = resource.metadata;
  const next = resource.status?.clusterId ?? name;
  if ((before.clusterId ?? name) === next) return facts;
  // Without one, the job returns to a cluster of which nothing is there.
  const { clusterId, standby: _, ...cluster } = facts.other ?? nothingOf(next);
  const { jobManager, jobManagerPods, taskManagerPods, haConfigMaps, flink, restHost } = facts;
  return {
    ...facts,
    ...cluster,
    clusterId: clusterId === name ? undefined : clusterId,
    other: {
      clusterId: facts.clusterId ?? name,
      standby: false,
      ...{ jobManager, jobManagerPods, taskManagerPods, haConfigMaps, flink, restHost },
    },
  };
}

const flinkVersionOf = ({ spec: { flinkVersion } }: FlinkResource): string =>
  `${flinkVersion?.replace(/^v/, "").replaceAll("_", ".")}.0`;

const pod = (name: string, now: number) => ({
  name,
  ip: "127.0.0.1",
  ready: true,
  deleting: false,
  problem: undefined,
  runningSince: now,
});

/** Only a standalone cluster has a Deployment of TaskManagers. */
function withTaskManagers(facts: Facts, { taskManagers }: ClusterObjects): Facts {
  if (taskManagers === undefined) return facts;
  const { replicas = 1 } = (taskManagers.spec ?? {}) as { replicas?: number };
  const deployment: TaskManagerDeployment = {
    uid: facts.taskManagers?.uid ?? "future-taskmanagers",
    deleting: false,
    replicas,
    scaledDirectly: false,
    conditions: [],
  };
  return { ...facts, taskManagers: deployment };
}

/** The TaskManagers of a native cluster belong to its JobManager. */
function withoutDeployment(facts: Facts, name: string, { resource }: Moment): Facts {
  if (facts.other?.clusterId === name) return { ...facts, other: leftOf(facts.other) };
  const { clusterId = resource.metadata.name } = facts;
  if (name === taskManagerName(clusterId)) return { ...facts, taskManagers: undefined, taskManagerPods: [] };
  if (name !== jobManagerName(clusterId)) return facts;
  return {
    ...facts,
    jobManager: undefined,
    jobManagerPods: [],
    taskManagerPods: facts.taskManagers === undefined ? [] : facts.taskManagerPods,
    flink: undefined,
    restHost: undefined,
  };
}

type WithRoutes = Pick<Facts, "routes">;

export function withoutRoute<Of extends WithRoutes>(facts: Of, { route }: Pick<RouteAction, "route">): Of {
  return facts.routes === undefined
    ? facts
    : { ...facts, routes: { ...facts.routes, [route]: { ...facts.routes[route], found: undefined } } };
}

type RouteAction = Extract<Action, { readonly kind: "apply-route" }>;

export function withRoute<Of extends WithRoutes>(
  facts: Of,
  { route, object }: Omit<RouteAction, "kind">,
  { resource }: { readonly resource: KubeObject },
): Of {
  if (facts.routes === undefined) return facts;
  const { labels = {}, annotations = {}, ownerReferences } = object.metadata;
  const owner = ownerReferences?.[0];
  const found = {
    uid: `future-${route}`,
    deleting: false,
    controller: owner && { kind: owner.kind, name: owner.name, uid: owner.uid },
    labels,
    annotations,
    spec: object.spec,
  };
  const known = facts.routes[route];
  return resource.metadata.deletionTimestamp === undefined
    ? { ...facts, routes: { ...facts.routes, [route]: { ...known, found } } }
    : facts;
}

/** Its own controller takes it. */
function withSnapshot(facts: Facts, { metadata, spec }: KubeObject, { now }: Moment): Facts {
  const { savepoint } = (spec ?? {}) as { savepoint?: object };
  return {
    ...facts,
    snapshots: [
      ...facts.snapshots.filter(({ name }) => name !== metadata.name),
      {
        name: metadata.name,
        uid: `future-${metadata.name}`,
        kind: savepoint === undefined ? "checkpoint" : "savepoint",
        state: "COMPLETED",
        triggerType: "MANUAL",
        createdAt: now,
        deleting: false,
        path: "",
        takenAt: now,
      },
    ],
  };
}

/** A session cluster announces that it is replaced: its jobs save their state and leave it. */
export function afterSessionJobsLeft(facts: Facts, { replacement }: FlinkResourceStatus): Facts {
  if (replacement === undefined || facts.sessionJobs === undefined) return facts;
  return withFlink(
    { ...facts, sessionJobs: facts.sessionJobs.map((job) => ({ ...job, needsCluster: false })) },
    (flink) => ({ ...flink, jobs: [] }),
  );
}
