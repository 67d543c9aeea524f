/** A made-up fleet for the dashboard's tests: the same rows in every run, with times before `now`. */
import type { FleetRow, Health, Plural } from "../../../src/dashboard/contract.ts";

const namespaces = ["orders", "payments", "risk", "search", "telemetry", "logistics"];
const subjects = [
  ...["checkout-events", "fraud-scoring", "click-stream", "inventory-sync", "ad-attribution", "geo-fencing"],
  ...[
    "invoice-export",
    "session-windows",
    "price-updates",
    "device-health",
    "cart-recovery",
    "rating-rollup",
  ],
];
const teams = ["atlas", "borealis", "comet", "delta"];
const versions = ["v1_19", "v1_20", "v2_0", "v2_1", "v2_3"];
const managers = ["argocd-controller", "flux", "kubectl-edit", "kubectl-flink", "helm"];

/** What is said in a row of each health. */
const messages: Readonly<Record<Health, readonly string[]>> = {
  Stalled: [
    "The JobManager does not start: the image registry.example/flink:2.3-typo cannot be pulled.",
    "Edit refused: spec.job.parallelism is 0, and must be at least 1. The job runs on.",
    "The job has failed and nothing restarts it: java.lang.OutOfMemoryError: Java heap space",
    "Rolled back to the last stable spec: the new job did not become stable within 5 min.",
  ],
  Unknown: ["The JobManager has not answered for 3 min."],
  Deleting: ["Being deleted: waits for the TaskManagers' pods to end."],
  InProgress: [
    "Upgrading: the job is being stopped with a savepoint.",
    "The tasks start: 3 of 8 slots are missing, since no node has room for 2 pods.",
    "Recovering the JobManager from its HA metadata.",
  ],
  Suspended: ["Suspended as the spec asks, with a savepoint."],
  Ready: [""],
};

function healthOf(at: number): Health {
  if (at % 29 === 7) return "Stalled";
  if (at % 41 === 11) return "Unknown";
  if (at % 47 === 13) return "Deleting";
  if (at % 17 === 4) return "InProgress";
  if (at % 19 === 6) return "Suspended";
  return "Ready";
}

const pluralOf = (at: number): Plural => {
  if (at % 11 === 3) return "flinksessionjobs";
  return at % 23 === 10 ? "flinkbluegreendeployments" : "flinkdeployments";
};

const pick = <T>(all: readonly T[], at: number): T => all[at % all.length] as T;

/** A number from 0 to 1 that only depends on its place. */
export const noise = (at: number): number => Math.abs(Math.sin(at * 12.9898) * 43_758.5453) % 1;

export function fleetRow(cluster: string, at: number, now: number): FleetRow {
  const health = healthOf(at);
  const plural = pluralOf(at);
  const namespace = pick(namespaces, Math.floor(at / 3));
  const name = `${pick(subjects, at)}${at < subjects.length ? "" : `-${Math.floor(at / subjects.length)}`}`;
  const before = (ms: number): string => new Date(now - ms).toISOString();
  const runs = health !== "Suspended" && health !== "Deleting";
  const isScaled = runs && at % 3 === 0 && plural !== "flinkbluegreendeployments";
  return {
    id: `${cluster}/${plural}/${namespace}/${name}`,
    ...{ cluster, plural, namespace, name, health },
    labels: { team: pick(teams, at), tier: at % 4 === 0 ? "critical" : "standard" },
    message: pick(messages[health], Math.floor(at / 29)),
    ...(runs ? { jobState: health === "Ready" ? "RUNNING" : "RECONCILING" } : { jobState: "FINISHED" }),
    lifecycleState:
      { Ready: "STABLE", Suspended: "SUSPENDED", Stalled: "FAILED" }[health as string] ?? "UPGRADING",
    flinkVersion: pick(versions, Math.floor(at / 2)),
    parallelism: 2 ** (1 + (at % 6)),
    restarts: health === "Stalled" ? 14 : at % 9 === 0 ? at % 5 : 0,
    checkpointAt: before(2000 + noise(at) * (health === "Stalled" ? 7_200_000 : 58_000)),
    checkpointBytes: Math.round(1e6 * 10 ** (noise(at + 1) * 4.5)),
    ...(isScaled ? { lag: Math.round(10 ** (noise(at + 2) * 6)), busy: noise(at + 3) } : {}),
    changedAt: before(600_000 + noise(at + 4) * 40 * 86_400_000),
    changedBy: pick(managers, at),
    createdAt: before(50 * 86_400_000),
  };
}

export const fleetRows = (cluster: string, count: number, now: number): FleetRow[] =>
  Array.from({ length: count }, (_, at) => fleetRow(cluster, at, now));
