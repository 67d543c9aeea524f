import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { taskManagerName } from "../../src/api/v1beta1/names.ts";
import { disposedOnce } from "./disposalOracle.ts";
import { eventsNotRepeated } from "./eventOracle.ts";
import { isChild, jobNames } from "./jobNames.ts";
import { actsAtOnce } from "./latencyOracle.ts";
import { forgetsWhatIsGone } from "./memoryOracle.ts";
import type { Pass } from "./operatorProcess.ts";
import { periodicOnGrid } from "./periodicOracle.ts";
import type { PlannedFault } from "./plan.ts";
import { boundedAtRest, boundedRates, pausesAfterRefusal } from "./rateOracle.ts";
import type { Scenario } from "./scenario.ts";
import { keepsNeededSnapshots } from "./snapshotOracle.ts";
import type { Violation } from "./violation.ts";
import { boundedWaves } from "./waveOracle.ts";
import type { JournalEntry } from "./world/journal.ts";
import { dig, listAt, textAt } from "./world/json.ts";
import { sameType } from "./world/kubernetes/store.ts";
import type { World } from "./world/world.ts";

/**
 * What a fault does to the operator: nothing; a JobManager refuses one request at once; or it learns of something late,
 * gets a response late, or dies.
 */
export type Disturbance = "none" | "refusal" | "delay";

const refusals: ReadonlySet<string> = new Set(["rest-refused", "rest-404", "rest-409", "rest-503"]);

export const disturbanceOf = (fault: PlannedFault | undefined): Disturbance => {
  if (fault === undefined) return "none";
  return refusals.has(fault.kind) ? "refusal" : "delay";
};

/** What an oracle knows of a run besides its world. */
export interface RunFacts {
  disturbance: Disturbance;
  /** The reconciles of all incarnations of the operator. */
  passes: readonly Pass[];
  /** Whether each step has reached its condition. */
  converged: boolean;
  /** What the operator keeps at the end, as `OperatorProcess.retained`. */
  retained: Readonly<Record<string, number>>;
}

type Oracle = (world: World, scenario: Scenario, run: RunFacts) => Violation[];

/** Checks what must hold in every run, with faults or without, whatever the fault-free run does. */
export const checkInvariants: Oracle = (world, scenario, run) =>
  oracles.flatMap((oracle) => oracle(world, scenario, run));

const isByOperator = (entry: JournalEntry): boolean => "actor" in entry && entry.actor.startsWith("operator");

/**
 * Invariant 1 of docs/architecture.md: a stateful job never starts from state older than the newest completed snapshot.
 * Where a JobManager restarts by itself, Flink chooses the state. With high availability, the newest snapshot is
 * determined from there on; a run that started without state does not reset it. Flink recovers the jobs of a session
 * cluster whose JobManager died on the next JobManager as it would on the same one.
 */
const neverOlderState: Oracle = ({ journal }, scenario) => {
  if (!scenario.stateful) return [];
  const newestOf = new Map<string, { count: number; path: string }>();
  const nothing = { count: 0, path: "nothing" };
  const names = jobNames(journal);
  const started = new Set<string>();
  /** How the last JobManager of each cluster stopped. */
  const ends = new Map<string, string>();
  const found: Violation[] = [];
  for (const entry of journal.entries) {
    if (entry.event === "checkpoint-completed" || entry.event === "savepoint-completed") {
      const name = names(entry.jobId);
      if (entry.count >= (newestOf.get(name) ?? nothing).count) newestOf.set(name, entry);
    }
    if (entry.event === "jobmanager-stopped") ends.set(entry.cluster, entry.how);
    if (entry.event !== "job-started") continue;
    const name = names(entry.jobId);
    // Jobs can be submitted to a session cluster at any time.
    const byFlink =
      entry.sessionJob === undefined
        ? started.has(entry.pod)
        : entry.recovered && (started.has(entry.pod) || ends.get(entry.cluster) === "crashed");
    if (byFlink) {
      if (scenario.highlyAvailable)
        newestOf.set(name, { count: entry.restored.count, path: entry.restored.from });
      continue;
    }
    started.add(entry.pod);
    const newest = newestOf.get(name) ?? nothing;
    if (!isChild(name) && entry.restored.count < newest.count) {
      const message = `job ${entry.jobId} started from ${entry.restored.from} (${entry.restored.count}), but ${newest.path} (${newest.count}) is newer`;
      found.push({ invariant: "never restored from older state", message, at: entry.index });
    }
  }
  return found;
};

/**
 * Invariant 1, for two FlinkDeployments: the one that starts has at least the newest savepoint of either. Where a JobManager restarts by
 * itself, Flink chooses the state, and not from savepoints: the newest one is determined from there on.
 */
const neverOlderThanOtherSide: Oracle = ({ journal }, { stateful }) => {
  if (!stateful) return [];
  let newest = { count: 0, path: "nothing" };
  const started = new Set<string>();
  return journal.entries.flatMap((entry): Violation[] => {
    if (entry.event === "savepoint-completed" && entry.count >= newest.count) newest = entry;
    if (entry.event !== "job-started" || !isChild(entry.cluster)) return [];
    if (started.has(entry.pod)) {
      newest = { count: entry.restored.count, path: entry.restored.from };
      return [];
    }
    started.add(entry.pod);
    if (entry.restored.count >= newest.count) return [];
    const message = `the job of ${entry.cluster} started from ${entry.restored.from} (${entry.restored.count}), but ${newest.path} (${newest.count}) is newer`;
    return [{ invariant: "never restored from older state", message, at: entry.index }];
  });
};

/** Invariant 2: one job at a time. */
const oneJobAtATime: Oracle = ({ journal }) => {
  const running = new Map<string, { jobId: string; pod: string }>();
  const names = jobNames(journal);
  const found: Violation[] = [];
  for (const entry of journal.entries) {
    if (entry.event === "job-ended" || entry.event === "job-suspended") running.delete(keyOf(entry));
    if (entry.event !== "job-started") continue;
    for (const { jobId, pod } of running.values()) {
      if (names(jobId) !== names(entry.jobId)) continue;
      const message = `job ${entry.jobId} started in ${entry.pod} while ${jobId} still ran in ${pod}`;
      found.push({ invariant: "one job at a time", message, at: entry.index });
    }
    running.set(keyOf(entry), entry);
  }
  return found;
};

/** Invariant 2: a job that is being stopped with a savepoint is not stopped again under another trigger id. */
const oneStopAtATime: Oracle = ({ journal }) => {
  const stopping = new Map<string, string>();
  const found: Violation[] = [];
  for (const entry of journal.entries) {
    if (entry.event === "savepoint-failed" || entry.event === "job-suspended") stopping.delete(entry.jobId);
    if (entry.event !== "savepoint-requested" || !entry.stop || entry.repeated) continue;
    const current = stopping.get(entry.jobId);
    if (current !== undefined && current !== entry.triggerId) {
      const message = `job ${entry.jobId} is stopped under ${entry.triggerId}, but already stops under ${current}`;
      found.push({ invariant: "each action once", message, at: entry.index });
    }
    stopping.set(entry.jobId, entry.triggerId);
  }
  return found;
};

/** A JobManager that the operator launches is not kept waiting by the lease of the one before, which is gone. */
const noDeadLeader: Oracle = ({ journal }, { name }) => {
  // The operator has no client for ZooKeeper: the lease of a JobManager that has crashed there expires with its session.
  const crashed = journal.of("jobmanager-stopped").some(({ how }) => how === "crashed");
  if (crashed && name.startsWith("zookeeper-")) return [];
  /** Clusters whose newest JobManager comes of a Deployment that the operator created. */
  const launched = new Set<string>();
  /** The cluster of each JobManager that runs, by pod. */
  const running = new Map<string, string>();
  const found: Violation[] = [];
  for (const entry of journal.entries) {
    if (entry.event === "kubernetes-write" && entry.kind === "Deployment" && entry.verb === "create")
      if (isByOperator(entry) && entry.outcome === "ok") launched.add(entry.name);
    if (entry.event === "jobmanager-started") running.set(entry.pod, entry.cluster);
    if (entry.event === "jobmanager-stopped") {
      launched.delete(entry.cluster);
      running.delete(entry.pod);
    }
    // Another replica leads.
    if (
      entry.event === "jobmanager-waits" &&
      [...running].some(([pod, cluster]) => pod !== entry.pod && cluster === entry.cluster)
    )
      continue;
    if (entry.event !== "jobmanager-waits" || !launched.delete(entry.cluster)) continue;
    const message = `the JobManager ${entry.pod} waits for a lease that nobody holds any more`;
    found.push({ invariant: "waits for no dead leader", message, at: entry.index });
  }
  return found;
};

const keyOf = ({ pod, jobId }: { pod: string; jobId: string }): string => `${pod}/${jobId}`;

/** Invariant 3: the API server accepts the objects of the successor in a dry run before the job is stopped. */
const dryRunBeforeStop: Oracle = ({ journal }, scenario) => {
  const found: Violation[] = [];
  let requiresDryRun = false;
  for (const entry of journal.entries) {
    if (entry.event === "step") {
      requiresDryRun = scenario.steps.find((step) => step.name === entry.note)?.replacesJob === true;
    }
    if (entry.event === "dry-run" && isByOperator(entry)) requiresDryRun = false;
    if (requiresDryRun && stopsJob(entry)) {
      found.push({ invariant: "dry run before stop", message: "no dry run before this", at: entry.index });
      requiresDryRun = false;
    }
  }
  return found;
};

const stopsJob = (entry: JournalEntry): boolean =>
  (entry.event === "savepoint-requested" && entry.stop) ||
  entry.event === "cancel-accepted" ||
  (entry.event === "kubernetes-write" &&
    isByOperator(entry) &&
    entry.verb === "delete" &&
    entry.kind === "Deployment");

/** Invariant 9: a healthy run shows no Warning and no error at any moment. */
const noProblemsWhenHealthy: Oracle = ({ store, journal }, { healthy }) => {
  if (!healthy) return [];
  const invariant = "no Warning, no error when healthy";
  const end = journal.entries.length - 1;
  return store.history.flatMap(({ type, object }) => {
    if (sameType(type, resourceTypes.event) && object.type === "Warning" && object.reason !== "Unhealthy") {
      const about = textAt(object, "involvedObject", "name");
      return [{ invariant, message: `Warning ${object.reason} about ${about}: ${object.message}`, at: end }];
    }
    const error = isFlinkResource(type) ? dig(object, "status", "error") : undefined;
    return error === undefined || error === null || error === ""
      ? []
      : [{ invariant, message: `status.error: ${String(error)}`, at: end }];
  });
};

const { flinkDeployment, flinkSessionJob, flinkBlueGreenDeployment } = resourceTypes;

const isFlinkResource = (type: ResourceType): boolean =>
  [flinkDeployment, flinkSessionJob, flinkBlueGreenDeployment].some((each) => sameType(type, each));

/** A suspended job is not reported as running, not even by a response that was still in flight. */
const suspendedNotRunning: Oracle = ({ store, journal }) =>
  store.history
    .filter(({ type, object }) => {
      if (!isFlinkResource(type)) return false;
      const reported = [dig(object, "status", "lifecycleState"), dig(object, "status", "jobStatus", "state")];
      return reported[0] === "SUSPENDED" && reported[1] === "RUNNING";
    })
    .map(() => ({
      invariant: "suspended not reported as running",
      message: "a suspended resource whose job is RUNNING",
      at: journal.entries.length - 1,
    }));

/** The TaskManagers of a standalone cluster are a Deployment, too. The job continues to run with a new one. */
const createsJobManager = ({ kind, verb, name }: { kind: string; verb: string; name: string }): boolean =>
  kind === "Deployment" && verb === "create" && !name.endsWith(taskManagerName(""));

/**
 * Invariant 6: a job is reported as running only if it was started after its cluster was created. What the predecessor's
 * JobManager still reports is not about it.
 */
const reportedJobRuns: Oracle = ({ store, journal }) => {
  const statuses = new Map(
    store.history
      .filter(({ type }) => sameType(type, resourceTypes.flinkDeployment))
      .map(({ revision, object }) => [
        revision,
        {
          reported: dig(object, "status", "jobStatus", "state"),
          // A job that was upgraded warm may be in the second cluster.
          cluster: textAt(object, "status", "clusterId") ?? object.metadata.name,
        },
      ]),
  );
  const found: Violation[] = [];
  /** Clusters whose present JobManager has started its job. */
  const started = new Set<string>();
  const lastReported = new Map<string, unknown>();
  for (const entry of journal.entries) {
    if (entry.event === "job-started") started.add(entry.cluster);
    if (entry.event !== "kubernetes-write" || entry.outcome !== "ok") continue;
    if (createsJobManager(entry)) started.delete(entry.name);
    if (entry.verb !== "replace-status" || entry.kind !== "FlinkDeployment") continue;
    const { reported, cluster = entry.name } = statuses.get(entry.revision ?? -1) ?? {};
    if (reported === "RUNNING" && lastReported.get(entry.name) !== "RUNNING" && !started.has(cluster)) {
      const message = "the job is reported as RUNNING, but its new JobManager has not started it";
      found.push({ invariant: "status matches the job", message, at: entry.index });
    }
    lastReported.set(entry.name, reported);
  }
  return found;
};

/**
 * Where a generation is reported as observed, the same status records that its spec is deployed, that a change is in
 * progress, or why there is none.
 */
const observedGenerationActedOn: Oracle = ({ store, journal }) => {
  const specs = new Map<string, KubeObject>();
  const lastReported = new Map<string, unknown>();
  return store.history
    .filter(({ type }) => sameType(type, resourceTypes.flinkDeployment))
    .flatMap(({ object }) => {
      const { generation, name, uid } = object.metadata;
      specs.set(`${name} ${uid} ${generation}`, object);
      const reported = dig(object, "status", "observedGeneration");
      const isNew = reported !== lastReported.get(name) && reported !== undefined;
      lastReported.set(name, reported);
      const spec = specs.get(`${name} ${uid} ${String(reported)}`);
      if (!isNew || spec === undefined || isInProgress(object) || recordsSameJob(object, spec)) return [];
      const message = `observedGeneration is ${reported}, of which nothing is deployed or in progress`;
      return [{ invariant: "status matches the job", message, at: journal.entries.length - 1 }];
    });
};

const isInProgress = (object: KubeObject): boolean => {
  const at = (...path: string[]) => dig(object, "status", ...path);
  return (
    Boolean(at("error")) ||
    ["UPGRADING", "ROLLING_BACK"].includes(String(at("reconciliationStatus", "state"))) ||
    at("jobStatus", "savepointInfo", "triggerType") === "UPGRADE" ||
    object.metadata.deletionTimestamp !== undefined
  );
};

/** Compares the fields that the workloads change. */
const recordsSameJob = (object: KubeObject, { spec }: KubeObject): boolean => {
  const recorded = textAt(object, "status", "reconciliationStatus", "lastReconciledSpec");
  const deployed = (JSON.parse(recorded ?? "{}") as { spec?: unknown }).spec;
  return [["job", "args"], ["job", "state"], ["image"], ["restartNonce"]].every((path) =>
    sameUnlessOmitted(dig(deployed, ...path), dig(spec, ...path)),
  );
};

/** A field that the user omits is recorded with its default. */
const sameUnlessOmitted = (recorded: unknown, requested: unknown): boolean =>
  requested === undefined || JSON.stringify(recorded) === JSON.stringify(requested);

/** No object has an owner reference to an object that never existed. */
const ownersExist: Oracle = ({ store, journal }) => {
  const uids = new Set(store.history.map(({ object }) => object.metadata.uid));
  return store.all().flatMap(({ object }) =>
    listAt(object, "metadata", "ownerReferences")
      .filter((owner) => !uids.has(String(owner.uid)))
      .map((owner) => ({
        invariant: "owners exist",
        message: `${object.kind} ${object.metadata.name} is owned by ${owner.kind} ${owner.uid}, which never existed`,
        at: journal.entries.length - 1,
      })),
  );
};

const oracles: readonly Oracle[] = [
  neverOlderState,
  neverOlderThanOtherSide,
  oneJobAtATime,
  oneStopAtATime,
  noDeadLeader,
  dryRunBeforeStop,
  keepsNeededSnapshots,
  noProblemsWhenHealthy,
  suspendedNotRunning,
  reportedJobRuns,
  observedGenerationActedOn,
  ownersExist,
  eventsNotRepeated,
  (world, _, { passes }) => boundedRates(world, passes),
  pausesAfterRefusal,
  (world, { healthy }, { passes, converged }) => boundedAtRest(world, passes, healthy && converged),
  (world, _, { disturbance }) => (disturbance === "delay" ? [] : actsAtOnce(world)),
  (world, _, { disturbance }) => periodicOnGrid(world, disturbance === "none"),
  disposedOnce,
  boundedWaves,
  (world, _, { retained }) => forgetsWhatIsGone(world, retained),
];
