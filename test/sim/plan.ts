import type { Fault, FaultPlan } from "./world/network.ts";

/** One run of one workload, with at most two faults. Its text form replays the run. */
export interface SimPlan {
  workload: string;
  /** Absent: fault-free. */
  fault?: PlannedFault;
  /** A second fault. Its writes are counted from the first fault on: 1 is the next write. */
  second?: Crash;
  seed: number;
}

/** The operator dies at its nth write: before it takes effect, or after that and before the response. */
export interface Crash {
  kind: "crash-before" | "crash-after";
  at: number;
}

export type PlannedFault =
  | Crash
  /** It dies after its nth write, and its successor's watch of one kind starts with the objects of `revision`. */
  | { kind: "stale"; objectKind: string; revision: number; at: number }
  /** The watch of one kind skips this version of an object. */
  | { kind: "unobserved"; objectKind: string; revision: number }
  /** Watch events of one kind, or of all, arrive this many milliseconds after the change. */
  | { kind: "lag"; ms: number; objectKind?: string }
  /** The operator's nth write, which is destructive, gets no response and reaches the API server later. */
  | { kind: "late"; at: number }
  /** From the operator's nth write on, the API server is unavailable for some time. */
  | { kind: "outage"; at: number }
  /** Just after the operator's nth write, the user deletes all that was applied, or one session job of it. */
  | { kind: "deletion" | "deletion-of-job"; at: number }
  /** The nth call to a JobManager meets a fault. */
  | { kind: `rest-${RestFault}`; at: number }
  /** The nth call to the API server meets a fault, and the next one succeeds. */
  | { kind: `api-${ApiFault}`; at: number };

export const restFaults = [
  "refused",
  "silent",
  "slow",
  "overdue",
  "lost-reply",
  "half-body",
  404,
  409,
  503,
  "jobmanager-restart",
] as const satisfies Fault[];
export type RestFault = (typeof restFaults)[number];

/** A call that only reads, or a dry run, has no effect that could happen without a response, and conflicts with nobody. */
export const apiFaults = {
  write: [500, 503, 429, "conflict", "silent", "overdue", "lost-reply"],
  read: [500, 503, 429, "silent"],
} as const satisfies Record<string, Fault[]>;
export type ApiFault = (typeof apiFaults.write)[number];

/** The text forms of faults, and how to read them. */
const forms: readonly { pattern: RegExp; read(words: string[]): PlannedFault }[] = [
  {
    pattern: /^(crash-before|crash-after|late|outage|deletion|deletion-of-job|rest-\S+|api-\S+) (\d+)$/,
    read: ([kind, at]) => ({ kind, at: Number(at) }) as PlannedFault,
  },
  {
    pattern: /^stale (\S+) (\d+) at (\d+)$/,
    read: ([objectKind = "", revision, at]) => ({
      kind: "stale",
      objectKind,
      revision: Number(revision),
      at: Number(at),
    }),
  },
  {
    pattern: /^unobserved (\S+) (\d+)$/,
    read: ([objectKind = "", revision]) => ({ kind: "unobserved", objectKind, revision: Number(revision) }),
  },
  {
    pattern: /^lag (?:([A-Z]\S+) )?(\d+)$/,
    read: ([objectKind, ms]) => ({
      kind: "lag",
      ms: Number(ms),
      ...(objectKind === undefined ? {} : { objectKind }),
    }),
  },
];

const printFault = (fault: PlannedFault): string => {
  switch (fault.kind) {
    case "stale":
      return `stale ${fault.objectKind} ${fault.revision} at ${fault.at}`;
    case "unobserved":
      return `unobserved ${fault.objectKind} ${fault.revision}`;
    case "lag":
      return ["lag", ...(fault.objectKind === undefined ? [] : [fault.objectKind]), fault.ms].join(" ");
    default:
      return `${fault.kind} ${fault.at}`;
  }
};

/** "upgrade-savepoint crash-after 12 seed 1", "upgrade-savepoint crash-after 12 + crash-before 2" */
export const printPlan = ({ workload, fault, second, seed }: SimPlan): string =>
  [
    workload,
    ...(fault === undefined ? [] : [printFault(fault)]),
    ...(second === undefined ? [] : ["+", printFault(second)]),
    ...(seed === 1 ? [] : ["seed", seed]),
  ].join(" ");

const parseFault = (text: string | undefined): PlannedFault | undefined => {
  for (const { pattern, read } of forms) {
    const words = pattern.exec(text ?? "");
    if (words !== null) return read(words.slice(1));
  }
  return undefined;
};

const isCrash = (fault: PlannedFault | undefined): fault is Crash =>
  fault?.kind.startsWith("crash-") === true;

export const parsePlan = (text: string): SimPlan => {
  const [, workload = "", faultText, seed = "1"] =
    /^(\S+)(?: (.+?))??(?: seed (\d+))?$/.exec(text.trim()) ?? [];
  const plan = { workload, seed: Number(seed) };
  if (faultText === undefined && workload !== "") return plan;
  const [first, then, ...more] = faultText?.split(" + ") ?? [];
  const fault = parseFault(first);
  const second = parseFault(then);
  if (fault !== undefined && then === undefined) return { ...plan, fault };
  if (fault !== undefined && isCrash(second) && more.length === 0) return { ...plan, fault, second };
  throw new Error(`not a plan: "${text}"; write it like "upgrade-savepoint crash-after 12 seed 1"`);
};

/** The faults of a plan on the network to the API server and to JobManagers. */
export const faultsOf = ({ fault, second }: SimPlan): FaultPlan => {
  if (fault === undefined) return () => undefined;
  return second === undefined ? faultOf(fault) : oneAfterTheOther(faultOf(fault), second);
};

const oneAfterTheOther = (first: FaultPlan, second: Crash): FaultPlan => {
  /** Since the first fault; undefined before it. */
  let writes: number | undefined;
  return (call) => {
    if (writes === undefined) {
      const fault = first(call);
      if (fault !== undefined) writes = 0;
      return fault;
    }
    if (call.write === undefined) return undefined;
    return ++writes === second.at ? second.kind : undefined;
  };
};

const faultOf = (fault: PlannedFault): FaultPlan => {
  switch (fault.kind) {
    case "unobserved":
    case "lag":
    case "outage":
    case "deletion":
    case "deletion-of-job":
      return () => undefined;
    case "crash-before":
    case "crash-after":
    case "late": {
      const { kind, at } = fault;
      return ({ write }) => (write === at ? kind : undefined);
    }
    case "stale":
      return ({ write }) => (write === fault.at ? "crash-after" : undefined);
    default: {
      const { kind, at } = fault;
      const [, to = "", word = ""] = /^(rest|api)-(.*)$/.exec(kind) ?? [];
      const planned = (/^\d+$/.test(word) ? Number(word) : word) as Fault;
      return (call) => (call[to as "rest" | "api"] === at ? planned : undefined);
    }
  }
};

export const isRestFault = ({ fault }: SimPlan): boolean => fault?.kind.startsWith("rest-") === true;

export const isDeletion = (
  fault: PlannedFault | undefined,
): fault is PlannedFault & { kind: "deletion" | "deletion-of-job" } =>
  fault?.kind.startsWith("deletion") === true;

/** The command that runs one plan again and prints everything that happened. */
export const replayCommand = (plan: SimPlan): string =>
  `SIM_PLAN='${printPlan(plan)}' npm run sim -- test/sim/replay`;
