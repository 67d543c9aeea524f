import type { Fault, FaultPlan } from "./world/network.ts";

/** One run of one workload, with at most one thing going wrong. Written out, it is what replays the run. */
export interface SimPlan {
  workload: string;
  /** Absent: nothing goes wrong. */
  fault?: PlannedFault;
  seed: number;
}

export type PlannedFault =
  /** The operator dies at its nth write: before it takes effect, or after that and before the answer. */
  | { kind: "crash-before" | "crash-after"; at: number }
  /** It dies after its nth write, and what its successor is first told of one kind is as old as `revision`. */
  | { kind: "stale"; of: string; revision: number; at: number }
  /** The watch of one kind passes over this version of an object. */
  | { kind: "unobserved"; of: string; revision: number }
  /** So many milliseconds lie between a change and its watch event, of one kind or of all. */
  | { kind: "lag"; ms: number; of?: string }
  /** The operator's nth write, which takes something down, gets no answer and reaches the API server later. */
  | { kind: "late"; at: number }
  /** From the operator's nth write on the API server is not to be reached for a while. */
  | { kind: "outage"; at: number }
  /** The nth call to a JobManager goes wrong. */
  | { kind: `rest-${RestFault}`; at: number };

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

/** Each form of a fault: how it is written, and what that says. */
const forms: readonly { pattern: RegExp; read(words: string[]): PlannedFault }[] = [
  {
    pattern: /^(crash-before|crash-after|late|outage|rest-\S+) (\d+)$/,
    read: ([kind, at]) => ({ kind, at: Number(at) }) as PlannedFault,
  },
  {
    pattern: /^stale (\S+) (\d+) at (\d+)$/,
    read: ([of = "", revision, at]) => ({ kind: "stale", of, revision: Number(revision), at: Number(at) }),
  },
  {
    pattern: /^unobserved (\S+) (\d+)$/,
    read: ([of = "", revision]) => ({ kind: "unobserved", of, revision: Number(revision) }),
  },
  {
    pattern: /^lag (?:([A-Z]\S+) )?(\d+)$/,
    read: ([of, ms]) => ({ kind: "lag", ms: Number(ms), ...(of === undefined ? {} : { of }) }),
  },
];

const printFault = (fault: PlannedFault): string => {
  switch (fault.kind) {
    case "stale":
      return `stale ${fault.of} ${fault.revision} at ${fault.at}`;
    case "unobserved":
      return `unobserved ${fault.of} ${fault.revision}`;
    case "lag":
      return ["lag", ...(fault.of === undefined ? [] : [fault.of]), fault.ms].join(" ");
    default:
      return `${fault.kind} ${fault.at}`;
  }
};

/** "upgrade-savepoint crash-after 12 seed 1" */
export const printPlan = ({ workload, fault, seed }: SimPlan): string =>
  [workload, ...(fault === undefined ? [] : [printFault(fault)]), ...(seed === 1 ? [] : ["seed", seed])].join(
    " ",
  );

export const parsePlan = (text: string): SimPlan => {
  const [, workload = "", told, seed = "1"] = /^(\S+)(?: (.+?))??(?: seed (\d+))?$/.exec(text.trim()) ?? [];
  const plan = { workload, seed: Number(seed) };
  if (told === undefined && workload !== "") return plan;
  for (const { pattern, read } of forms) {
    const words = pattern.exec(told ?? "");
    if (words !== null) return { ...plan, fault: read(words.slice(1)) };
  }
  throw new Error(`not a plan: "${text}"; write it like "upgrade-savepoint crash-after 12 seed 1"`);
};

/** What goes wrong on the way to the API server and to JobManagers. */
export const faultsOf = ({ fault }: SimPlan): FaultPlan => {
  if (fault === undefined) return () => undefined;
  switch (fault.kind) {
    case "unobserved":
    case "lag":
    case "outage":
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
      const word = kind.slice("rest-".length);
      const restFault = (/^\d+$/.test(word) ? Number(word) : word) as Fault;
      return ({ rest }) => (rest === at ? restFault : undefined);
    }
  }
};

export const meetsJobManager = ({ fault }: SimPlan): boolean => fault?.kind.startsWith("rest-") === true;

/** The command that runs one plan again and prints all that happened. */
export const replayCommand = (plan: SimPlan): string =>
  `SIM_PLAN='${printPlan(plan)}' npm run sim -- test/sim/replay`;
