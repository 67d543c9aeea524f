import { setTimeout as pause } from "node:timers/promises";
import type { KubeObject, ResourceType } from "../../../src/api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeploymentStatus } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { isExpired, isTransient } from "../../../src/kube/errors.ts";
import { type KubeEvent, kube, types } from "./cluster.ts";

/** Every state that a namespace's FlinkDeployments, FlinkSessionJobs and events went through, as the API server showed it. */
export interface History {
  readonly statuses: readonly { at: number; name: string; status: FlinkDeploymentStatus }[];
  readonly events: readonly KubeEvent[];
  /** What a user would take for a problem: errors in the status and Warning events, in plain lines. */
  problems(): string[];
  /** For a person who wants to know what happened. */
  timeline(): string;
  stop(): Promise<void>;
}

export function recordHistory(namespace: string): History {
  const started = Date.now();
  const ending = new AbortController();
  const statuses: { at: number; name: string; status: FlinkDeploymentStatus }[] = [];
  const seen: { at: number; event: KubeEvent }[] = [];

  const ended = Promise.all([
    ...[types.flinkDeployment, types.flinkSessionJob].map((type) =>
      everyState(type, namespace, ending.signal, (object) => {
        const { metadata, status } = asFlinkDeployment(object);
        statuses.push({ at: Date.now(), name: metadata.name, status: status ?? {} });
      }),
    ),
    everyState(types.event, namespace, ending.signal, (object) => {
      seen.push({ at: Date.now(), event: object as KubeEvent });
    }),
  ]);
  const since = (at: number) => `${((at - started) / 1000).toFixed(1).padStart(6)}s`;

  return {
    statuses,
    get events() {
      return seen.map(({ event }) => event);
    },
    problems: () => [
      ...statuses.filter(({ status }) => status.error).map(({ name, status }) => `${name}: ${status.error}`),
      ...seen.filter(({ event }) => isProblem(event)).map(({ event }) => describe(event)),
    ],
    timeline: () =>
      [
        ...statuses.map(({ at, name, status }) => ({ at, text: `${name}  ${describeStatus(status)}` })),
        ...seen
          .filter(({ event }) => !isBooting(event))
          .map(({ at, event }) => ({ at, text: `event  ${describe(event)}` })),
      ]
        .sort((a, b) => a.at - b.at)
        .map(({ at, text }) => `${since(at)}  ${text}`)
        .join("\n"),
    async stop() {
      ending.abort();
      await ended;
    },
  };
}

/** Calls `onState` with each state of each object. A watch that breaks goes on where it was, so that nothing is missed. */
async function everyState(
  type: ResourceType,
  namespace: string,
  signal: AbortSignal,
  onState: (object: KubeObject) => void,
): Promise<void> {
  let resourceVersion: string | undefined;
  while (!signal.aborted) {
    const from = resourceVersion === undefined ? { sendInitialEvents: true } : { resourceVersion };
    try {
      for await (const event of kube().watch(type, { namespace, ...from }, signal)) {
        resourceVersion =
          event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
        if (event.type === "ADDED" || event.type === "MODIFIED") onState(event.object);
      }
    } catch (error) {
      if (isExpired(error)) resourceVersion = undefined;
      else if (!isTransient(error)) throw error;
      await pause(200);
    }
  }
}

/** A startup probe that fails while the JVM boots is how Kubernetes waits, and Flink's own default. */
const isBooting = ({ reason, message }: KubeEvent): boolean =>
  reason === "Unhealthy" && message.startsWith("Startup probe failed");

/**
 * Kubernetes' own controllers, whose caches are behind: the endpoints of a Service that went with its cluster, the address of one
 * that has just come.
 */
const isLate = ({ reason }: KubeEvent): boolean =>
  reason.startsWith("FailedToUpdateEndpoint") || reason === "ClusterIPNotAllocated";

const isProblem = (event: KubeEvent): boolean =>
  event.type === "Warning" && !isBooting(event) && !isLate(event);

const describe = ({ type, reason, message, count, involvedObject: { kind, name } }: KubeEvent): string =>
  `${type} ${reason} ${kind}/${name}${count && count > 1 ? ` x${count}` : ""}: ${message}`;

function describeStatus(status: FlinkDeploymentStatus): string {
  const { jobStatus: job, reconciliationStatus: reconciliation } = status;
  const trigger = job?.savepointInfo?.triggerId;
  return [
    status.lifecycleState ?? "-",
    `generation=${status.observedGeneration ?? "-"}`,
    `jm=${status.jobManagerDeploymentStatus ?? "-"}`,
    `job=${job?.state ?? "-"}/${job?.jobId?.slice(0, 6) ?? "-"}`,
    `reconciliation=${reconciliation?.state ?? "-"}`,
    trigger === undefined ? "" : `trigger=${trigger.slice(0, 6)}`,
    job?.upgradeSavepointPath ? `path=${job.upgradeSavepointPath}` : "",
    status.error ? `error=${status.error}` : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}
