import { type PlannedFault, type RestFault, restFaults, type SimPlan } from "./plan.ts";
import type { Run } from "./run.ts";
import { isObject } from "./world/json.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { RestCall } from "./world/network.ts";

/** One way in which things go wrong, applied to each place of a workload where it can. */
export interface PlanKind {
  name: string;
  /** For docs/reliability.md. */
  meaning: string;
  /** From what happened in the fault-free run: nobody writes a plan. */
  faults(faultFree: Run): PlannedFault[];
}

export const plansOf = (kind: PlanKind, faultFree: Run): SimPlan[] =>
  kind.faults(faultFree).map((fault) => ({ ...faultFree.plan, fault }));

export const crash: PlanKind = {
  name: "crash",
  meaning: "the operator dies before or after each single write, to the API server or to a JobManager",
  faults: ({ writes }) =>
    writes.flatMap((_, index): PlannedFault[] => [
      { kind: "crash-before", at: index + 1 },
      { kind: "crash-after", at: index + 1 },
    ]),
};

export const stale: PlanKind = {
  name: "stale",
  meaning:
    "the operator dies, and its successor is shown one kind of object as it was at each older revision, by an API " +
    "server that lags behind for a while",
  faults: ({ shown, writes }) =>
    telling(shown).flatMap(({ type, revision, next }): PlannedFault[] => {
      // Until the next version comes, this one is no older view.
      const first = writes.findIndex((before) => before >= next);
      if (first < 0) return [];
      return [{ kind: "stale", of: type.kind, revision, at: first + 1 }];
    }),
};

export const unobserved: PlanKind = {
  name: "unobserved",
  meaning: "a watch passes over one single version of one object",
  faults: ({ shown }) =>
    telling(shown).map(({ type, revision }) => ({ kind: "unobserved", of: type.kind, revision })),
};

const lags = [100, 500, 1_000, 3_000, 7_000, 15_000];

export const lag: PlanKind = {
  name: "lag",
  meaning: "watch events come late: all of them, or those of one kind",
  faults: ({ shown }) => {
    const kinds = [...new Set(shown.map(({ type }) => type.kind))];
    return lags.flatMap((ms): PlannedFault[] => [
      { kind: "lag", ms },
      ...kinds.map((of): PlannedFault => ({ kind: "lag", ms, of })),
    ]);
  },
};

export const rest: PlanKind = {
  name: "rest",
  meaning:
    "a call to a JobManager is refused, never answered, answered late, answered after the deadline, cut before or in " +
    "the middle of its answer, answered with 404, 409 or 503, or the JobManager restarts; each act, and each " +
    "question whose answer differs from the one before",
  faults: ({ heard }) =>
    tellingCalls(heard).flatMap(({ rest: at }) =>
      restFaults.map((fault): PlannedFault => ({ kind: `rest-${fault}`, at })),
    ),
};

/** A part of them: they are almost half of all plans, and files are what is shared out among processes. */
export const restWith = (...faults: readonly RestFault[]): ((fault: PlannedFault) => boolean) => {
  const kinds = new Set<string>(faults.map((fault) => `rest-${fault}`));
  return ({ kind }) => kinds.has(kind);
};

export const late: PlanKind = {
  name: "late",
  meaning:
    "what is to take something down gets no answer, and reaches the API server when the next object of that name may " +
    "be there",
  faults: ({ asked }) =>
    asked.flatMap((what, index): PlannedFault[] =>
      takesDown.test(what) ? [{ kind: "late", at: index + 1 }] : [],
    ),
};

const takesDown = /^(delete|patch (Deployment|ConfigMap)) /;

export const outage: PlanKind = {
  name: "outage",
  meaning: "from one write on, the API server is not to be reached for a while, and watches break",
  faults: ({ asked }) =>
    asked.flatMap((what, index): PlannedFault[] =>
      isForJobManager.test(what) ? [] : [{ kind: "outage", at: index + 1 }],
    ),
};

const isForJobManager = /^(cancel|stopWithSavepoint|triggerSavepoint) /;

export const planKinds: readonly PlanKind[] = [crash, stale, unobserved, lag, rest, late, outage];

/** The versions that were followed by another one of the same object with a difference that may matter. */
const telling = (shown: readonly Change[]): (Change & { next: number })[] => {
  const last = new Map<string, Change>();
  const found: (Change & { next: number })[] = [];
  for (const change of shown) {
    const key = `${change.type.kind}/${change.object.metadata.name}`;
    const before = last.get(key);
    if (before !== undefined && gist(before) !== gist(change))
      found.push({ ...before, next: change.revision });
    last.set(key, change);
  }
  return found.sort((a, b) => a.revision - b.revision);
};

/** Flink renews its leases and its list of checkpoints in ConfigMaps all the time. */
const gist = ({ type, change, object }: Change): string => {
  const { metadata, data } = object;
  if (type.kind !== "ConfigMap") return `${change} ${metadata.resourceVersion}`;
  const keys = Object.keys(isObject(data) ? data : {}).map((key) => key.replace(/\d{19}$/, "<n>"));
  return [change, metadata.uid, metadata.deletionTimestamp, ...new Set(keys)].join(" ");
};

const tellingCalls = (calls: readonly RestCall[]): RestCall[] => {
  const last = new Map<string, string>();
  return calls.filter((call) => {
    const told = JSON.stringify(call.outcome, withoutNumbers);
    if (call.write === undefined && last.get(call.what) === told) return false;
    last.set(call.what, told);
    return true;
  });
};

/** Times and counters grow without telling anything new. */
const withoutNumbers = (_: string, value: unknown): unknown => {
  if (typeof value === "number") return value === 0 ? 0 : "n";
  return typeof value === "string" ? value.replace(/chk-\d+/g, "chk-<n>") : value;
};
