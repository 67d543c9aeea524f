import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob } from "../api/v1beta1/flinksessionjob.ts";
import { asFlinkStateSnapshot } from "../api/v1beta1/flinkstatesnapshot.ts";
import { snapshotLabels } from "../api/v1beta1/names.ts";
import { projectPod } from "../controllers/flinkdeployment/project.ts";
import { readStatusError } from "../core/statusError.ts";
import { ageOf, formatAge, formatTable, type Paint, shown } from "./format.ts";

/** How a resource is, in one word: the worst first. */
export const healths = ["Stalled", "Unknown", "Deleting", "InProgress", "Suspended", "Ready"] as const;
export type Health = (typeof healths)[number];

/** A FlinkDeployment or FlinkSessionJob as `status` shows it. */
export interface StatusView {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly health: Health;
  /** The reason and the message of the conditions. */
  readonly reason: string;
  readonly message: string;
  readonly lifecycle: string;
  readonly job: string;
  readonly jobId?: string;
  readonly version: string;
  readonly parallelism?: number;
  readonly generation: number;
  readonly observedGeneration?: number;
  readonly age: string;
  readonly error?: string;
  readonly nextRetry?: string;
  /** Its part in the wave of its namespace (docs/approval.md). */
  readonly wave?: "Disrupted" | "Failed" | "Waiting";
}

export function statusView(object: KubeObject, now: number): StatusView {
  const { kind = "", metadata } = object;
  const { spec, status = {} } =
    kind === resourceTypes.flinkSessionJob.kind
      ? (asFlinkSessionJob(object) as FlinkDeployment)
      : asFlinkDeployment(object);
  const { jobStatus, retry } = status;
  const conditions = status.conditions ?? [];
  const ready = conditions.find(({ type }) => type === "Ready");
  const error = readStatusError(status.error ?? undefined)?.message;
  return {
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    health: healthOf(object, status),
    reason: ready?.reason ?? (status.lifecycleState === undefined ? "NotSeen" : ""),
    message:
      ready?.message ?? (status.lifecycleState === undefined ? "No operator has written a status." : ""),
    lifecycle: status.lifecycleState ?? "",
    job: spec.job === undefined ? "(session cluster)" : (jobStatus?.state ?? ""),
    ...(jobStatus?.jobId && { jobId: jobStatus.jobId }),
    version: spec.flinkVersion ?? "",
    ...(spec.job?.parallelism != null && { parallelism: spec.job.parallelism }),
    generation: metadata.generation ?? 0,
    ...(status.observedGeneration != null && { observedGeneration: status.observedGeneration }),
    age: ageOf(metadata.creationTimestamp, now),
    ...(error === undefined ? {} : { error }),
    ...(retry?.nextTime && { nextRetry: retry.nextTime }),
    ...waveOf(status),
  };
}

function waveOf({
  disruption,
  pendingChange,
}: NonNullable<FlinkDeployment["status"]>): Pick<StatusView, "wave"> {
  if (disruption != null) return { wave: disruption.failedAt == null ? "Disrupted" : "Failed" };
  return pendingChange?.waitsFor === "Wave" ? { wave: "Waiting" } : {};
}

/** How many names of a wave are shown. */
const maxNames = 5;

/** The progress of the waves, one line for each namespace that has one. */
export function waveLines(views: readonly StatusView[]): string {
  const inWaves = views.filter(({ wave }) => wave !== undefined);
  return [...Map.groupBy(inWaves, ({ namespace }) => namespace)]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([namespace, members]) => {
      const parts = (["Disrupted", "Failed", "Waiting"] as const).flatMap((part) => {
        const names = members.filter(({ wave }) => wave === part).map(({ name }) => name);
        if (names.length === 0) return [];
        const named = names.toSorted().slice(0, maxNames).join(", ");
        return [`${names.length} ${words[part]} (${named}${names.length > maxNames ? ", …" : ""})`];
      });
      return `Wave in ${namespace}: ${parts.join("; ")}\n`;
    })
    .join("");
}

const words = { Disrupted: "restarting", Failed: "failed", Waiting: "waiting" } as const;

/** By the conditions; of an operator that writes none, by the lifecycle. */
function healthOf(
  { metadata }: KubeObject,
  { conditions, lifecycleState, error }: NonNullable<FlinkDeployment["status"]>,
): Health {
  if (metadata.deletionTimestamp !== undefined) return "Deleting";
  const isTrue = (type: string) =>
    conditions?.some((each) => each.type === type && each.status === "True") === true;
  if (isTrue("Stalled")) return "Stalled";
  if (isTrue("Ready")) return lifecycleState === "SUSPENDED" ? "Suspended" : "Ready";
  if (isTrue("Reconciling")) return "InProgress";
  if (error) return "Stalled";
  if (lifecycleState === "STABLE") return "Ready";
  if (lifecycleState === "SUSPENDED") return "Suspended";
  return lifecycleState === undefined ? "Unknown" : lifecycleState === "FAILED" ? "Stalled" : "InProgress";
}

const colours = {
  Stalled: "red",
  Unknown: "red",
  Deleting: "yellow",
  InProgress: "yellow",
  Suspended: "dim",
  Ready: "green",
} as const;

/** All resources in one table, trouble first. */
export function fleetTable(
  views: readonly StatusView[],
  options: { readonly allNamespaces: boolean; readonly wide: boolean; readonly paint: Paint },
): string {
  const { allNamespaces, wide, paint } = options;
  const sorted = views.toSorted(
    (a, b) =>
      healths.indexOf(a.health) - healths.indexOf(b.health) ||
      a.namespace.localeCompare(b.namespace) ||
      a.name.localeCompare(b.name),
  );
  const header = [
    ...(allNamespaces ? ["NAMESPACE"] : []),
    "NAME",
    "KIND",
    "HEALTH",
    "JOB",
    "AGE",
    ...(wide ? ["FLINK", "PARALLELISM", "LIFECYCLE", "JOB ID"] : []),
    "MESSAGE",
  ];
  const rows = sorted.map((view) => [
    ...(allNamespaces ? [view.namespace] : []),
    view.name,
    view.kind,
    paint(colours[view.health], view.health),
    view.job,
    view.age,
    ...(wide ? [view.version, String(view.parallelism ?? ""), view.lifecycle, view.jobId ?? ""] : []),
    shortened(messageOf(view), wide ? 300 : 80),
  ]);
  return formatTable(header, rows);
}

const messageOf = ({ error, message, health }: StatusView): string =>
  health === "Ready" ? "" : (error ?? message);

const shortened = (text: string, limit: number): string => {
  const line = shown(text);
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
};

/** The objects around a resource. */
export interface Surroundings {
  readonly pods: readonly KubeObject[];
  readonly snapshots: readonly KubeObject[];
  /** What could not be read, and why. */
  readonly unread: readonly string[];
}

/** One resource on one screen. */
export function statusText(
  object: KubeObject,
  { pods, snapshots, unread }: Surroundings,
  now: number,
  paint: Paint,
): string {
  const view = statusView(object, now);
  const { spec, status = {} } = asFlinkDeployment(object);
  const { jobStatus, run } = status;
  const [decision] = status.decisions ?? [];
  const savepoint = jobStatus?.savepointInfo?.lastSavepoint;
  const isSession = spec.job === undefined;
  const rows: [string, string | undefined][] = [
    [
      "Health",
      `${paint(colours[view.health], view.health)}${view.reason === "" || view.reason === view.health ? "" : ` (${view.reason})`}`,
    ],
    ["Message", view.message],
    ["Error", view.error === view.message ? undefined : view.error],
    ["Next try", view.nextRetry === undefined ? undefined : view.nextRetry],
    ...pendingRows(status.pendingChange),
    ["Wanted", wanted(object)],
    ["Observed", `${view.lifecycle || "nothing"}${generations(view)}`],
    [
      "Cluster",
      status.jobManagerDeploymentStatus &&
        `JobManager ${status.jobManagerDeploymentStatus}${clusterInfo(status)}`,
    ],
    [
      "Job",
      isSession
        ? undefined
        : [view.job || "not started", view.jobId && `id ${view.jobId}`, since(jobStatus?.startTime, now)]
            .filter(Boolean)
            .join(", "),
    ],
    [
      "Started from",
      run?.startedFrom ??
        (run?.checkpointId == null ? undefined : `checkpoint ${run.checkpointId} in the HA metadata`),
    ],
    [
      "Savepoint",
      savepoint?.location &&
        `${savepoint.location}${savepoint.timeStamp == null ? "" : `, ${formatAge(now - Number(savepoint.timeStamp))} ago`}`,
    ],
    ["Last decision", decision && `${ageOf(decision.time, now)} ago, ${decision.act}: ${decision.reason}`],
    ["Restored from", decision?.restoresFrom],
    [
      "Autoscaler",
      status.autoscaler?.outcome &&
        `${status.autoscaler.outcome} since ${ageOf(status.autoscaler.time, now)}: ${status.autoscaler.message}`,
    ],
  ];
  const head = `${paint("bold", `${view.kind} ${view.namespace}/${view.name}`)}\n`;
  const body = rows
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${`${name}:`.padEnd(15)}${shown(value ?? "")}\n`);
  return [
    head + body.join(""),
    ...(pods.length === 0 ? [] : [podTable(pods, now, paint)]),
    ...(snapshots.length === 0 ? [] : [snapshotTable(snapshots, now)]),
    ...(unread.length === 0 ? [] : [unread.map((each) => `not shown: ${shown(each)}\n`).join("")]),
  ].join("\n");
}

/** What the change that waits will do. */
function pendingRows(
  pending: NonNullable<FlinkDeployment["status"]>["pendingChange"],
): [string, string | undefined][] {
  if (pending == null) return [];
  const { generation, waitsFor, until, effect, changes = [], steps = [], restoresFrom, downtimeMs } = pending;
  const awaited = {
    Approval: "approval",
    DisruptionWindow: `the disruption window at ${until ?? "no time"}`,
    Wave: "its turn in the namespace's wave",
  };
  const what = awaited[waitsFor ?? "Approval"];
  return [
    ["Waits for", `${what}, generation ${generation}: ${effect ?? "a restart"} (${changes.join(", ")})`],
    ["Then", steps.join("; ")],
    ["Goes on from", restoresFrom],
    [
      "Downtime",
      downtimeMs == null
        ? "unknown: no earlier upgrade is known"
        : `last time ${formatAge(Number(downtimeMs))}`,
    ],
  ];
}

const generations = ({ generation, observedGeneration }: StatusView): string =>
  observedGeneration === generation
    ? `, generation ${generation}`
    : `, generation ${observedGeneration ?? "none"} of ${generation}`;

const since = (startTime: string | null | undefined, now: number): string | undefined =>
  startTime ? `started ${formatAge(now - Number(startTime))} ago` : undefined;

function wanted(object: KubeObject): string {
  const { spec } = asFlinkDeployment(object);
  const { deploymentName } = asFlinkSessionJob(object).spec;
  const { job } = spec;
  return [
    ...(deploymentName === undefined
      ? [spec.image ?? "", spec.flinkVersion ?? "", spec.mode ?? "native"]
      : [`on the session cluster ${deploymentName}`]),
    ...(job === undefined
      ? deploymentName === undefined
        ? ["session cluster"]
        : []
      : [
          job.state === "suspended" ? "suspended" : "running",
          `upgrade mode ${job.upgradeMode ?? "stateless"}`,
          ...(job.parallelism == null ? [] : [`parallelism ${job.parallelism}`]),
        ]),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function clusterInfo({ clusterInfo: info }: NonNullable<FlinkDeployment["status"]>): string {
  const version = info?.["flink-version"];
  return version === undefined ? "" : `, Flink ${version}`;
}

export function podTable(pods: readonly KubeObject[], now: number, paint: Paint): string {
  const rows = pods
    .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name))
    .map((pod) => {
      const { ready, deleting, problem, unschedulable } = projectPod(pod).facts;
      const state =
        problem?.reason ??
        (unschedulable !== undefined
          ? "Unschedulable"
          : deleting
            ? "Terminating"
            : ready
              ? "Ready"
              : "NotReady");
      const colour =
        state === "Ready" ? "green" : problem !== undefined || unschedulable !== undefined ? "red" : "yellow";
      return [
        pod.metadata.name,
        String(pod.metadata.labels?.component ?? ""),
        paint(colour, state),
        ageOf(pod.metadata.creationTimestamp, now),
        shortened(problem?.message ?? unschedulable ?? "", 80),
      ];
    });
  return formatTable(["POD", "COMPONENT", "STATE", "AGE", "MESSAGE"], rows);
}

/** `wide`: with what asked for each, in which format, and the whole error. */
export function snapshotTable(snapshots: readonly KubeObject[], now: number, wide = false): string {
  const rows = snapshots
    .map(asFlinkStateSnapshot)
    .toSorted((a, b) =>
      (b.metadata.creationTimestamp ?? "").localeCompare(a.metadata.creationTimestamp ?? ""),
    )
    .map(({ metadata, spec, status }) => [
      metadata.name,
      spec.savepoint === undefined ? "checkpoint" : "savepoint",
      status?.state ?? "",
      ageOf(metadata.creationTimestamp, now),
      ...(wide
        ? [
            `${spec.jobReference?.kind ?? ""}/${spec.jobReference?.name ?? ""}`,
            String(metadata.labels?.[snapshotLabels.triggerType] ?? ""),
            spec.savepoint?.formatType ?? "",
          ]
        : []),
      status?.path ?? shortened(status?.error ?? "", wide ? 300 : 80),
    ]);
  const more = wide ? ["OF", "TRIGGER", "FORMAT"] : [];
  return formatTable(["SNAPSHOT", "KIND", "STATE", "AGE", ...more, "PATH"], rows);
}
