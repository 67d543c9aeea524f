import { deletableAt } from "./deletion.ts";
import {
  type ApiFault,
  apiFaults,
  type Crash,
  type PlannedFault,
  type RestFault,
  restFaults,
  type SimPlan,
} from "./plan.ts";
import type { Run } from "./run.ts";
import { isObject } from "./world/json.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { RestCall } from "./world/network.ts";
import { hash, seededRandom } from "./world/random.ts";

/** One kind of fault, injected at each possible place of a workload. */
export interface PlanKind {
  name: string;
  /** For docs/reliability.md. */
  description: string;
  /** Generates the faults, or pairs of them, from the events of the fault-free run. */
  faults(faultFree: Run): (PlannedFault | Pair)[];
}

/** Two faults of one run. */
interface Pair {
  fault: PlannedFault;
  second: Crash;
}

export const plansOf = (kind: PlanKind, faultFree: Run): SimPlan[] =>
  kind.faults(faultFree).map((fault) => ({ ...faultFree.plan, ...("second" in fault ? fault : { fault }) }));

export const crash: PlanKind = {
  name: "crash",
  description: "the operator dies before or after each single write, to the API server or to a JobManager",
  faults: ({ revisionsBeforeWrites }) =>
    revisionsBeforeWrites.flatMap((_, index): PlannedFault[] => [
      { kind: "crash-before", at: index + 1 },
      { kind: "crash-after", at: index + 1 },
    ]),
};

export const stale: PlanKind = {
  name: "stale",
  description:
    "the operator dies, and its successor's watch of one kind starts at each older revision, as from an API server " +
    "that lags behind for some time",
  faults: ({ watchEvents, revisionsBeforeWrites }) =>
    significantVersions(watchEvents).flatMap(({ type, revision, next }): PlannedFault[] => {
      // Before the next version exists, this one is not stale.
      const first = revisionsBeforeWrites.findIndex((before) => before >= next);
      if (first < 0) return [];
      return [{ kind: "stale", objectKind: type.kind, revision, at: first + 1 }];
    }),
};

export const unobserved: PlanKind = {
  name: "unobserved",
  description: "a watch skips a single version of one object",
  faults: ({ watchEvents }) =>
    significantVersions(watchEvents).map(({ type, revision }) => ({
      kind: "unobserved",
      objectKind: type.kind,
      revision,
    })),
};

const lags = [100, 500, 1_000, 3_000, 7_000, 15_000];

export const lag: PlanKind = {
  name: "lag",
  description: "watch events are delayed: all of them, or those of one kind",
  faults: ({ watchEvents }) => {
    const kinds = [...new Set(watchEvents.map(({ type }) => type.kind))];
    return lags.flatMap((ms): PlannedFault[] => [
      { kind: "lag", ms },
      ...kinds.map((objectKind): PlannedFault => ({ kind: "lag", ms, objectKind })),
    ]);
  },
};

export const rest: PlanKind = {
  name: "rest",
  description:
    "a call to a JobManager is refused, never answered, answered late, answered after the deadline, cut before or in " +
    "the middle of its response, answered with 404, 409 or 503, or the JobManager restarts; at each action, and at each " +
    "read whose response differs from the one before",
  faults: ({ restCalls }) =>
    significantCalls(restCalls).flatMap(({ rest: at }) =>
      restFaults.map((fault): PlannedFault => ({ kind: `rest-${fault}`, at })),
    ),
};

/** A part of the rest plans: they are almost half of all plans, and files are distributed to processes. */
export const restWith = (...faults: readonly RestFault[]): ((fault: PlannedFault) => boolean) => {
  const kinds = new Set<string>(faults.map((fault) => `rest-${fault}`));
  return ({ kind }) => kinds.has(kind);
};

export const late: PlanKind = {
  name: "late",
  description:
    "a destructive write gets no response, and reaches the API server when the next object of that name may already " +
    "exist",
  faults: ({ writeOperations }) =>
    writeOperations.flatMap((operation, index): PlannedFault[] =>
      isDestructive.test(operation) ? [{ kind: "late", at: index + 1 }] : [],
    ),
};

const isDestructive = /^(delete|patch (Deployment|ConfigMap)) /;

export const outage: PlanKind = {
  name: "outage",
  description: "from one write on, the API server is unavailable for some time, and watches break",
  faults: ({ apiCalls }) =>
    apiCalls.flatMap(({ write }): PlannedFault[] =>
      write === undefined ? [] : [{ kind: "outage", at: write }],
    ),
};

export const apiError: PlanKind = {
  name: "api-error",
  description:
    "one call to the API server, a write or a read, is answered with 500, 503 or 429, gets no response (without or with its " +
    "effect), or meets a write of somebody else, and the next call succeeds; one plan for each call, with the faults in turn",
  faults: ({ plan, apiCalls }) => {
    // Workloads begin alike: the same call meets another fault in each.
    const first = hash(plan.workload);
    const counts = { write: 0, read: 0 };
    return apiCalls.map(({ api: at = 0, write }): PlannedFault => {
      const kind = write === undefined ? "read" : "write";
      const faults: readonly ApiFault[] = apiFaults[kind];
      return { kind: `api-${faults[(first + counts[kind]++) % faults.length] ?? 503}`, at };
    });
  },
};

export const deletion: PlanKind = {
  name: "deletion",
  description:
    "just after one write, the user deletes the resource, of a session one of its jobs, or the cluster together with its jobs in " +
    "both orders; what was deleted must end, and nothing of it may be left or begun",
  faults: ({ world, revisionsBeforeWrites }) =>
    revisionsBeforeWrites.flatMap((revision, index): PlannedFault[] => {
      const { cluster, sessionJobs } = deletableAt(world, revision);
      const at = index + 1;
      return [
        ...(cluster ? [{ kind: "deletion", at } as const] : []),
        ...(cluster && sessionJobs.length > 0 ? [{ kind: "deletion-of-job", at } as const] : []),
      ];
    }),
};

export const twoFaults: PlanKind = {
  name: "two-faults",
  description:
    "at one write the operator dies, or the call fails, or the JobManager restarts; and then the operator dies before or after " +
    "one of the next three writes; one pair for each write",
  faults: ({ plan: { workload }, apiCalls, restCalls, writeOperations }) =>
    writeOperations.map((operation, index): Pair => {
      const at = index + 1;
      const left = writeOperations.length - at;
      const choose = chooser(`${workload} ${at}`);
      const crash = (most: number): Crash => ({
        kind: choose(crashes),
        at: 1 + choose([0, 1, 2].slice(0, Math.max(1, most))),
      });
      const api = apiCalls.find(({ write }) => write === at)?.api;
      const rest = restCalls.find(({ write }) => write === at)?.rest;
      if (choose(["crash", "failure"]) === "failure") {
        // What fails is tried again, except Events: there is a next write. What follows a timeout may be less than in the fault-free run.
        const refusal = choose(refusals);
        if (api !== undefined && !operation.startsWith("create Event "))
          return {
            fault: { kind: `api-${refusal}`, at: api },
            second: crash(refusal === "silent" ? 1 : Math.min(2, left)),
          };
        if (rest !== undefined)
          return { fault: { kind: "rest-jobmanager-restart", at: rest }, second: crash(2) };
      }
      // After the last write there is none at which the successor could die: the first crash prevents it.
      return { fault: { kind: left === 0 ? "crash-before" : choose(crashes), at }, second: crash(left) };
    }),
};

const crashes = ["crash-before", "crash-after"] as const;

/** Chooses by the text: equal plans for equal runs. */
const chooser = (text: string): (<T>(from: readonly T[]) => T) => {
  const random = seededRandom(hash(text));
  return (from) => from[random.below(from.length)] as (typeof from)[number];
};

/** Faults of a write that has no effect. */
const refusals = [500, 503, 429, "silent"] as const satisfies readonly ApiFault[];

export const planKinds: readonly PlanKind[] = [
  crash,
  stale,
  unobserved,
  lag,
  rest,
  late,
  outage,
  apiError,
  deletion,
  twoFaults,
];

/** The versions that were followed by another one of the same object with a significant difference. */
const significantVersions = (watchEvents: readonly Change[]): (Change & { next: number })[] => {
  const last = new Map<string, Change>();
  const found: (Change & { next: number })[] = [];
  for (const change of watchEvents) {
    const key = `${change.type.kind}/${change.object.metadata.name}`;
    const before = last.get(key);
    if (before !== undefined && significantContent(before) !== significantContent(change))
      found.push({ ...before, next: change.revision });
    last.set(key, change);
  }
  return found.sort((a, b) => a.revision - b.revision);
};

/** What is compared of a version. Flink renews its leases and its list of checkpoints in ConfigMaps all the time. */
const significantContent = ({ type, change, object }: Change): string => {
  const { metadata, data } = object;
  if (type.kind !== "ConfigMap") return `${change} ${metadata.resourceVersion}`;
  const keys = Object.keys(isObject(data) ? data : {}).map((key) => key.replace(/\d{19}$/, "<n>"));
  return [change, metadata.uid, metadata.deletionTimestamp, ...new Set(keys)].join(" ");
};

const significantCalls = (calls: readonly RestCall[]): RestCall[] => {
  const last = new Map<string, string>();
  return calls.filter((call) => {
    const response = JSON.stringify(call.outcome, withoutNumbers);
    if (call.write === undefined && last.get(call.operation) === response) return false;
    last.set(call.operation, response);
    return true;
  });
};

/** Growing times and counters are no significant difference. */
const withoutNumbers = (_: string, value: unknown): unknown => {
  if (typeof value === "number") return value === 0 ? 0 : "n";
  return typeof value === "string" ? value.replace(/chk-\d+/g, "chk-<n>") : value;
};
