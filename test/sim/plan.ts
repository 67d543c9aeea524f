import type { Fault, FaultPlan } from "./world/network.ts";

/** One run of one workload, with at most one thing going wrong. Written out, it is what replays the run. */
export interface SimPlan {
  workload: string;
  /** Absent: nothing goes wrong. */
  disturbance?: Disturbance;
  /** Milliseconds from a change to its watch event, for every kind; absent: hardly any. */
  lagMs?: number;
  seed: number;
}

export type Disturbance =
  /** The operator dies at its nth write: before it takes effect, or after that and before the answer. */
  | { kind: "crash-before" | "crash-after"; at: number }
  /** The nth call to a JobManager goes wrong. */
  | { kind: `rest-${RestFault}`; at: number };

export const restFaults = [
  "refused",
  "slow",
  "lost-reply",
  "half-body",
  404,
  409,
  503,
  "jobmanager-restart",
] as const satisfies Fault[];
type RestFault = (typeof restFaults)[number];

/** "upgrade-savepoint crash-after 12 lag 3000 seed 1" */
export const printPlan = ({ workload, disturbance, lagMs, seed }: SimPlan): string =>
  [
    workload,
    ...(disturbance === undefined ? [] : [disturbance.kind, disturbance.at]),
    ...(lagMs === undefined ? [] : ["lag", lagMs]),
    "seed",
    seed,
  ].join(" ");

const pattern = /^(\S+)(?: (crash-before|crash-after|rest-\S+) (\d+))?(?: lag (\d+))?(?: seed (\d+))?$/;

export const parsePlan = (text: string): SimPlan => {
  const match = pattern.exec(text.trim());
  if (match === null) {
    throw new Error(`not a plan: "${text}"; write it like "upgrade-savepoint crash-after 12 seed 1"`);
  }
  const [, workload = "", kind, at, lag, seed = "1"] = match;
  return {
    workload,
    seed: Number(seed),
    ...(lag === undefined ? {} : { lagMs: Number(lag) }),
    ...(kind === undefined ? {} : { disturbance: { kind, at: Number(at) } as Disturbance }),
  };
};

export const faultsOf = ({ disturbance }: SimPlan): FaultPlan => {
  if (disturbance === undefined) return () => undefined;
  const { kind, at } = disturbance;
  if (kind === "crash-before" || kind === "crash-after")
    return ({ write }) => (write === at ? kind : undefined);
  const word = kind.slice("rest-".length);
  const fault = (/^\d+$/.test(word) ? Number(word) : word) as Fault;
  return ({ rest }) => (rest === at ? fault : undefined);
};

export const meetsJobManager = ({ disturbance }: SimPlan): boolean =>
  disturbance?.kind.startsWith("rest-") === true;

/** The command that runs one plan again and prints all that happened. */
export const replayCommand = (plan: SimPlan): string => `SIM_PLAN='${printPlan(plan)}' npm run sim`;
