import type { PlanEffect } from "../core/plan/plan.ts";

/**
 * What the dashboard's server and its front end say to each other. Types only: the front end imports them and nothing else of
 * the server. Times are ISO 8601, sizes bytes, durations milliseconds. See docs/adr/0033-dashboard.md.
 */

/** Below each, `:cluster` is the name of a ClusterLogin, `:plural` the plural of a kind of flink.apache.org. */
export const routes = {
  /** GET: Session. */
  session: "/api/session",
  /** POST LoginRequest: Session, or an ApiError with status 401. */
  login: "/api/login",
  /** POST: Session. Forgets the caller's credentials of one cluster ({cluster}) or of all ({}). */
  logout: "/api/logout",
  /** GET ?cluster=: redirects to the identity provider; GET /api/oidc/callback comes back. */
  oidcStart: "/api/oidc/start",
  /**
   * GET, server-sent events: FleetEvents of all clusters that the caller is signed in to. ?namespace=, at most 20 times: namespaces that
   * are looked into, too, for a caller who may not list namespaces.
   */
  fleet: "/api/fleet",
  /** GET: ResourcePage. */
  resource: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name",
  /** GET, server-sent events: a ResourcePage whenever it changes (event "page"); PageEnded (event "ended") when there are no more. */
  resourceEvents: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name/events",
  /** GET ?pod=&container=&tail=&previous=: text/plain, the end of the log, at most 1 MiB. */
  logs: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name/logs",
  /** GET ?metric=: Series[], what was measured since the page was opened or the autoscaler keeps. */
  series: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name/series",
  /** POST PlanRequest: PlanAnswer. Changes nothing. */
  plan: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name/plan",
  /** PUT EditRequest: ActionAnswer. Applies an edited manifest; 409 if the resource changed since `resourceVersion`. */
  spec: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name/spec",
  /** POST ActionRequest: ActionAnswer. */
  actions: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name/actions",
  /** GET: the OpenAPI schema of the kind, from its CRD, for the editor. */
  schema: "/api/clusters/:cluster/schemas/:plural",
  /**
   * GET only: Flink's own UI and REST API through the API server's proxy with the caller's rights. The route itself redirects to a path of
   * its own, where the UI runs in a sandbox: open it in a new window, not in a frame.
   */
  flink: "/api/clusters/:cluster/namespaces/:namespace/:plural/:name/flink/",
} as const;

/** Every write needs this header with the value of Session.csrf. */
export const CSRF_HEADER = "x-csrf-token";

export type LoginMethod = "token" | "oidc" | "header";

export interface ClusterLogin {
  readonly name: string;
  readonly methods: readonly LoginMethod[];
  /** The name that the API server knows the caller by. Absent: not signed in. */
  readonly user?: string;
  /** Why an earlier login is over, e.g. an expired token. */
  readonly ended?: string;
}

export interface Session {
  readonly clusters: readonly ClusterLogin[];
  readonly csrf: string;
}

export interface LoginRequest {
  readonly cluster: string;
  readonly token: string;
}

/** The body of every answer that is no success. */
export interface ApiError {
  /** One sentence: what is wrong, and what to do. */
  readonly message: string;
  /** The field of the request or of the manifest that is meant. */
  readonly field?: string;
}

/** As `kubectl flink status` has them, the worst first. */
export const healths = ["Stalled", "Unknown", "Deleting", "InProgress", "Suspended", "Ready"] as const;
export type Health = (typeof healths)[number];

export type Plural = "flinkdeployments" | "flinksessionjobs" | "flinkbluegreendeployments";

export interface FleetRow {
  /** cluster/plural/namespace/name. */
  readonly id: string;
  readonly cluster: string;
  readonly plural: Plural;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly health: Health;
  /** Why, in one line; empty if it is Ready. */
  readonly message: string;
  /** Flink's word for the job; absent for a session cluster. */
  readonly jobState?: string;
  readonly lifecycleState?: string;
  readonly flinkVersion?: string;
  readonly parallelism?: number;
  readonly restarts?: number;
  readonly checkpointAt?: string;
  readonly checkpointBytes?: number;
  /** Where the autoscaler measures them: records that wait at the sources, and the busiest vertex's share of time, 0 to 1. */
  readonly lag?: number;
  readonly busy?: number;
  readonly changedAt?: string;
  /** The field manager of the last change of the spec. */
  readonly changedBy?: string;
  readonly createdAt: string;
}

/** One server-sent event; its name is `type`. */
export type FleetEvent =
  /** All rows of one cluster, in parts: `first` replaces what was known of it, `last` completes it. */
  | {
      readonly type: "rows";
      readonly cluster: string;
      readonly rows: readonly FleetRow[];
      readonly first: boolean;
      readonly last: boolean;
    }
  /** What changed, at most one event a second. */
  | { readonly type: "changes"; readonly upserts: readonly FleetRow[]; readonly deletes: readonly string[] }
  /** Namespaces or kinds that the caller may not list, a cluster that does not answer; replaces the earlier problems of that cluster. */
  | { readonly type: "problems"; readonly cluster: string; readonly messages: readonly string[] }
  /** The login of one cluster is over. */
  | { readonly type: "ended"; readonly cluster: string; readonly message: string };

export interface ResourcePage {
  readonly row: FleetRow;
  readonly resourceVersion: string;
  /** False: the operator has not looked at the newest spec yet. Absent: not known. */
  readonly isObserved?: boolean;
  /** What `approve` and `promote` name. */
  readonly generation: number;
  /** The manifest for the editor: without managedFields and status, secrets redacted only where the API server's answer is not editable. */
  readonly manifest: string;
  /** The manifest's spec differs from what runs: one line for each field. */
  readonly desired: readonly FieldDifference[];
  /** What the operator does and what it waits for, in sentences; from the same explanation as `kubectl flink explain`. */
  readonly explanation: readonly string[];
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly at: string;
  }[];
  readonly timeline: readonly TimelineEntry[];
  readonly snapshots: readonly SnapshotRow[];
  readonly objects: readonly OwnedObject[];
  readonly exceptions: readonly {
    readonly at: string;
    readonly name: string;
    readonly stack: string;
    readonly task?: string;
  }[];
  readonly checkpoints?: CheckpointSummary;
  readonly graph?: JobGraph;
  /** The rendered script of an SQL or Python job, as its spec has it (variables not substituted). */
  readonly script?: { readonly language: "sql" | "python"; readonly text: string };
  /** Of a FlinkBlueGreenDeployment: its sides; `active` serves. */
  readonly sides?: readonly {
    readonly side: "blue" | "green";
    readonly active: boolean;
    readonly row?: FleetRow;
  }[];
  readonly autoscaler?: readonly AutoscaledVertex[];
  /** `generation` is the one that waits. */
  readonly pendingChange?: {
    readonly reason: string;
    readonly until?: string;
    readonly summary: string;
    readonly generation?: number;
  };
  /** What the caller may do here, as the API server says (SelfSubjectAccessReview). */
  readonly allowed: readonly Action[];
  /** The actions that make sense now; the others say why not. */
  readonly unavailable: Readonly<Partial<Record<Action, string>>>;
  /** What could not be read, and why: one line each. */
  readonly remarks: readonly string[];
}

/** The resource is gone, may not be read any more, or the login is over. */
export interface PageEnded {
  readonly type: "ended";
  readonly message: string;
}

export interface FieldDifference {
  readonly path: string;
  readonly deployed: string;
  readonly desired: string;
  readonly effect: string;
}

export interface TimelineEntry {
  readonly at: string;
  readonly kind: "decision" | "upgrade" | "restart" | "event" | "rescale" | "snapshot";
  readonly reason: string;
  readonly message: string;
  readonly warning: boolean;
  /** Of an upgrade: how long no task of the job ran. */
  readonly downtimeMs?: number;
}

export interface SnapshotRow {
  readonly name?: string;
  readonly kind: "savepoint" | "checkpoint";
  /** Empty: it is not completed. */
  readonly location: string;
  readonly isFailed?: boolean;
  readonly at?: string;
  readonly bytes?: number;
  readonly trigger?: string;
  /** A launch now would restore from it. */
  readonly wouldRestore: boolean;
  /** Why it is chosen, or not. */
  readonly why: string;
}

export interface OwnedObject {
  readonly kind: string;
  readonly name: string;
  readonly ready?: boolean;
  readonly state: string;
  readonly containers?: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly restarts: number;
    readonly state: string;
  }[];
  readonly children: readonly OwnedObject[];
}

export interface CheckpointSummary {
  readonly completed: number;
  readonly failed: number;
  readonly restored: number;
  readonly history: readonly {
    readonly id: number;
    readonly at: string;
    readonly status: string;
    readonly durationMs: number;
    readonly bytes: number;
    readonly isSavepoint: boolean;
    readonly failure?: string;
  }[];
}

export interface JobGraph {
  readonly vertices: readonly {
    readonly id: string;
    readonly name: string;
    readonly parallelism: number;
    readonly status: string;
    readonly busy?: number;
    readonly backPressured?: number;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly ship: string }[];
}

export interface AutoscaledVertex {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  /** The chain from what was measured to what was decided, one line each. */
  readonly chain: readonly string[];
  readonly history: readonly { readonly at: string; readonly parallelism: number }[];
}

export interface Series {
  readonly metric: "parallelism" | "load" | "lag" | "checkpointDuration" | "checkpointBytes";
  readonly label: string;
  readonly unit: "1" | "ms" | "bytes" | "records";
  /** Unix time in seconds, value. */
  readonly points: readonly (readonly [number, number | null])[];
}

export interface PlanRequest {
  /** YAML or JSON of the whole manifest. */
  readonly manifest: string;
}

export interface PlanAnswer {
  readonly effect: PlanEffect;
  /** As `kubectl flink plan` prints it, without colours. */
  readonly text: string;
  readonly summary: string;
  readonly restarts: boolean;
  /** How long the last upgrade was down; absent: not known. */
  readonly downtimeMs?: number;
  readonly restoresFrom?: string;
  readonly errors: readonly ApiError[];
}

export interface EditRequest {
  readonly manifest: string;
  readonly resourceVersion: string;
}

export const actions = [
  "suspend",
  "resume",
  "restart",
  "savepoint",
  "checkpoint",
  "rescale",
  "rollback",
  "approve",
  "promote",
  "edit",
] as const;
export type Action = (typeof actions)[number];

export interface ActionRequest {
  readonly action: Exclude<Action, "edit">;
  /** Of rescale: the new parallelism. */
  readonly parallelism?: number;
  /** Of rollback: "stable", which is the default. */
  readonly to?: string;
  /** Of approve and promote, which need it: the generation that was shown. */
  readonly generation?: number;
  /** Plans the action and changes nothing: the effect that the confirmation names. */
  readonly dryRun?: boolean;
}

export interface ActionAnswer {
  /** What will happen, or was asked for, in one or two sentences. */
  readonly message: string;
  readonly effect?: PlanEffect;
  readonly restarts?: boolean;
  readonly downtimeMs?: number;
  readonly restoresFrom?: string;
  /** The name of the FlinkStateSnapshot that was asked for. */
  readonly snapshot?: string;
  /** What the resource must reach for the action to be done; the page's events tell when. */
  readonly resourceVersion?: string;
}
