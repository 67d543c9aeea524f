import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { jobNames } from "./jobNames.ts";
import type { Scenario } from "./scenario.ts";
import { keepsReachableSnapshots } from "./snapshotOracle.ts";
import type { Violation } from "./violation.ts";
import type { JournalEntry } from "./world/journal.ts";
import { dig, listAt, textAt } from "./world/json.ts";
import { sameType } from "./world/kubernetes/store.ts";
import type { World } from "./world/world.ts";

type Oracle = (world: World, scenario: Scenario) => Violation[];

/** What holds in every run, faulty or not. */
export const checkInvariants: Oracle = (world, scenario) =>
  oracles.flatMap((oracle) => oracle(world, scenario));

const isOperators = (entry: JournalEntry): boolean => "actor" in entry && entry.actor.startsWith("operator");

/**
 * Design, 4.1. A stateful job never starts from less than the newest snapshot that was ever completed. Where a
 * JobManager restarts by itself, Flink chooses. With high availability what comes after it counts from there; a run that
 * began anew excuses nobody else. The jobs of a session cluster whose JobManager died, Flink brings back on the next one
 * as it would have on the same.
 */
const neverOlderState: Oracle = ({ journal }, scenario) => {
  if (!scenario.stateful) return [];
  const newestOf = new Map<string, { count: number; path: string }>();
  const nothing = { count: 0, path: "nothing" };
  const names = jobNames(journal);
  const started = new Set<string>();
  /** How the last JobManager of each cluster ended. */
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
    // To a session cluster, jobs are submitted as long as it runs.
    const bySelf =
      entry.of === undefined
        ? started.has(entry.pod)
        : entry.recovered && (started.has(entry.pod) || ends.get(entry.cluster) === "crashed");
    if (bySelf) {
      if (scenario.surviving) newestOf.set(name, { count: entry.restored.count, path: entry.restored.from });
      continue;
    }
    started.add(entry.pod);
    const newest = newestOf.get(name) ?? nothing;
    if (entry.restored.count < newest.count) {
      const what = `job ${entry.jobId} started from ${entry.restored.from} (${entry.restored.count}), but ${newest.path} (${newest.count}) is newer`;
      found.push({ promise: "never from older state", what, at: entry.index });
    }
  }
  return found;
};

/** Design, 4.2. One job at a time. */
const oneJobAtATime: Oracle = ({ journal }) => {
  const running = new Map<string, { jobId: string; pod: string }>();
  const names = jobNames(journal);
  const found: Violation[] = [];
  for (const entry of journal.entries) {
    if (entry.event === "job-ended" || entry.event === "job-suspended") running.delete(keyOf(entry));
    if (entry.event !== "job-started") continue;
    for (const { jobId, pod } of running.values()) {
      if (names(jobId) !== names(entry.jobId)) continue;
      const what = `job ${entry.jobId} started in ${entry.pod} while ${jobId} still ran in ${pod}`;
      found.push({ promise: "one job at a time", what, at: entry.index });
    }
    running.set(keyOf(entry), entry);
  }
  return found;
};

/** Design, 4.2. A job that is being stopped with a savepoint is not asked under another trigger id. */
const oneStopAtATime: Oracle = ({ journal }) => {
  const stopping = new Map<string, string>();
  const found: Violation[] = [];
  for (const entry of journal.entries) {
    if (entry.event === "savepoint-failed" || entry.event === "job-suspended") stopping.delete(entry.jobId);
    if (entry.event !== "savepoint-requested" || !entry.stop || entry.repeated) continue;
    const under = stopping.get(entry.jobId);
    if (under !== undefined && under !== entry.triggerId) {
      const what = `job ${entry.jobId} is asked to stop under ${entry.triggerId}, but stops under ${under}`;
      found.push({ promise: "each act once", what, at: entry.index });
    }
    stopping.set(entry.jobId, entry.triggerId);
  }
  return found;
};

/** A JobManager that the operator launches is not kept waiting by the lease of the one before, which is gone. */
const noDeadLeader: Oracle = ({ journal }) => {
  /** Clusters whose newest JobManager comes of a Deployment that the operator created. */
  const launched = new Set<string>();
  const found: Violation[] = [];
  for (const entry of journal.entries) {
    if (entry.event === "kubernetes-write" && entry.kind === "Deployment" && entry.verb === "create")
      if (isOperators(entry) && entry.outcome === "ok") launched.add(entry.name);
    if (entry.event === "jobmanager-stopped") launched.delete(entry.cluster);
    if (entry.event !== "jobmanager-waits" || !launched.delete(entry.cluster)) continue;
    const what = `the JobManager ${entry.pod} waits for a lease that nobody holds any more`;
    found.push({ promise: "waits for no dead leader", what, at: entry.index });
  }
  return found;
};

const keyOf = ({ pod, jobId }: { pod: string; jobId: string }): string => `${pod}/${jobId}`;

/** Design, 4.3. What replaces a running job was judged by the API server before the job was touched. */
const judgedBeforeTouched: Oracle = ({ journal }, scenario) => {
  const found: Violation[] = [];
  let waitsForDryRun = false;
  for (const entry of journal.entries) {
    if (entry.event === "step") {
      waitsForDryRun = scenario.steps.find((step) => step.name === entry.note)?.replacesJob === true;
    }
    if (entry.event === "dry-run" && isOperators(entry)) waitsForDryRun = false;
    if (waitsForDryRun && touchesJob(entry)) {
      found.push({ promise: "judged before touched", what: "no dry run before this", at: entry.index });
      waitsForDryRun = false;
    }
  }
  return found;
};

const touchesJob = (entry: JournalEntry): boolean =>
  (entry.event === "savepoint-requested" && entry.stop) ||
  entry.event === "cancel-accepted" ||
  (entry.event === "kubernetes-write" &&
    isOperators(entry) &&
    entry.verb === "delete" &&
    entry.kind === "Deployment");

/** Design, 4.9. A healthy run shows no Warning and no error at any moment. */
const quietWhenHealthy: Oracle = ({ store, journal }, { healthy }) => {
  if (!healthy) return [];
  const promise = "no Warning, no error when healthy";
  const end = journal.entries.length - 1;
  return store.history.flatMap(({ type, object }) => {
    if (sameType(type, resourceTypes.event) && object.type === "Warning" && object.reason !== "Unhealthy") {
      const about = textAt(object, "involvedObject", "name");
      return [{ promise, what: `Warning ${object.reason} about ${about}: ${object.message}`, at: end }];
    }
    const error = isOurs(type) ? dig(object, "status", "error") : undefined;
    return error === undefined || error === null || error === ""
      ? []
      : [{ promise, what: `status.error: ${String(error)}`, at: end }];
  });
};

const isOurs = (type: ResourceType): boolean =>
  sameType(type, resourceTypes.flinkDeployment) || sameType(type, resourceTypes.flinkSessionJob);

/** Design, 4.7. What is suspended is not said to run, not even out of an answer that was on its way. */
const suspendedStandsStill: Oracle = ({ store, journal }) =>
  store.history
    .filter(({ type, object }) => {
      if (!isOurs(type)) return false;
      const says = [dig(object, "status", "lifecycleState"), dig(object, "status", "jobStatus", "state")];
      return says[0] === "SUSPENDED" && says[1] === "RUNNING";
    })
    .map(() => ({
      promise: "suspended stands still",
      what: "a suspended resource whose job is RUNNING",
      at: journal.entries.length - 1,
    }));

/**
 * Design, 4.6. A job is said to run only once it was started since its cluster was created: what its predecessor's
 * JobManager still tells is not about it.
 */
const saysWhatRuns: Oracle = ({ store, journal }) => {
  const states = new Map(
    store.history
      .filter(({ type }) => sameType(type, resourceTypes.flinkDeployment))
      .map(({ revision, object }) => [revision, dig(object, "status", "jobStatus", "state")]),
  );
  const found: Violation[] = [];
  let started = false;
  let said: unknown;
  for (const entry of journal.entries) {
    if (entry.event === "job-started") started = true;
    if (entry.event !== "kubernetes-write" || entry.outcome !== "ok") continue;
    if (entry.kind === "Deployment" && entry.verb === "create") started = false;
    if (entry.verb !== "replace-status" || entry.kind !== "FlinkDeployment") continue;
    const says = states.get(entry.revision ?? -1);
    if (says === "RUNNING" && said !== "RUNNING" && !started) {
      const what = "the job is said to be RUNNING, but its new JobManager has not started it";
      found.push({ promise: "says what runs", what, at: entry.index });
    }
    said = says;
  }
  return found;
};

/**
 * Where a generation is said to have been acted on, it is: what is recorded as deployed is of it, or what is begun (or
 * why nothing is) stands in the same status.
 */
const actedOnWhatIsSaid: Oracle = ({ store, journal }) => {
  const specs = new Map<unknown, KubeObject>();
  let said: unknown;
  return store.history
    .filter(({ type }) => sameType(type, resourceTypes.flinkDeployment))
    .flatMap(({ object }) => {
      const { generation } = object.metadata;
      specs.set(generation, object);
      const says = dig(object, "status", "observedGeneration");
      const isNews = says !== said && says !== undefined;
      said = says;
      const spec = specs.get(says);
      if (!isNews || spec === undefined || isBegun(object) || recordsTheSameJob(object, spec)) return [];
      const what = `observedGeneration is ${says}, of which nothing is deployed or begun`;
      return [{ promise: "says what runs", what, at: journal.entries.length - 1 }];
    });
};

const isBegun = (object: KubeObject): boolean => {
  const at = (...path: string[]) => dig(object, "status", ...path);
  return (
    Boolean(at("error")) ||
    ["UPGRADING", "ROLLING_BACK"].includes(String(at("reconciliationStatus", "state"))) ||
    at("jobStatus", "savepointInfo", "triggerType") === "UPGRADE" ||
    object.metadata.deletionTimestamp !== undefined
  );
};

/** As far as the workloads change a spec. */
const recordsTheSameJob = (object: KubeObject, { spec }: KubeObject): boolean => {
  const recorded = textAt(object, "status", "reconciliationStatus", "lastReconciledSpec");
  const deployed = (JSON.parse(recorded ?? "{}") as { spec?: unknown }).spec;
  return [["job", "args"], ["job", "state"], ["image"], ["restartNonce"]].every((path) =>
    sameUnless(dig(deployed, ...path), dig(spec, ...path)),
  );
};

/** What a user leaves away is recorded with its default. */
const sameUnless = (recorded: unknown, asked: unknown): boolean =>
  asked === undefined || JSON.stringify(recorded) === JSON.stringify(asked);

/** A deleted resource leaves nothing behind, and no owner reference to anything that never was. */
const nothingOwnedByGhosts: Oracle = ({ store, journal }) => {
  const uids = new Set(store.history.map(({ object }) => object.metadata.uid));
  return store.all().flatMap(({ object }) =>
    listAt(object, "metadata", "ownerReferences")
      .filter((owner) => !uids.has(String(owner.uid)))
      .map((owner) => ({
        promise: "owners exist",
        what: `${object.kind} ${object.metadata.name} is owned by ${owner.kind} ${owner.uid}, which never existed`,
        at: journal.entries.length - 1,
      })),
  );
};

const oracles: readonly Oracle[] = [
  neverOlderState,
  oneJobAtATime,
  oneStopAtATime,
  noDeadLeader,
  judgedBeforeTouched,
  keepsReachableSnapshots,
  quietWhenHealthy,
  suspendedStandsStill,
  saysWhatRuns,
  actedOnWhatIsSaid,
  nothingOwnedByGhosts,
];
