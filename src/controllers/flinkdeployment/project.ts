import type { KubeObject, ObjectMeta } from "../../api/kubernetes.ts";
import { asFlinkStateSnapshot, type FlinkStateSnapshot } from "../../api/v1beta1/flinkstatesnapshot.ts";
import {
  APP_LABEL,
  COMPONENT_LABEL,
  components,
  GENERATION_ANNOTATION,
  LAUNCH_ID_ANNOTATION,
  MAIN_CONTAINER,
} from "../../api/v1beta1/names.ts";
import { GATE_VOLUME } from "../../core/build/gate.ts";
import { triggerTypeOf } from "../../core/flinkstatesnapshot/labels.ts";
import {
  type HaConfigMap,
  type JobManagerDeployment,
  OUT_OF_MEMORY,
  OUT_OF_MEMORY_MESSAGE,
  type PodFacts,
  type PodProblem,
  type SnapshotFacts,
  type TaskManagerDeployment,
} from "../../core/job/model/facts.ts";
import { withoutBookkeeping } from "../../runtime/projection.ts";

/**
 * What the stores keep of each watched kind. Objects are projected once, when they arrive, so that thousands of pods
 * and ConfigMaps need little memory.
 */
export interface Projected<T> extends KubeObject {
  readonly facts: T;
}

/** The Deployment of the JobManager or of the TaskManagers. Its component label says which. */
export type ProjectedDeployment = Projected<JobManagerDeployment & TaskManagerDeployment>;
export type ProjectedPod = Projected<PodFacts>;
export type ProjectedConfigMap = Projected<HaConfigMap>;

/** The whole object, since its own controller needs it. `facts` is what the controller of its job needs. */
export type ProjectedSnapshot = Projected<SnapshotFacts> & FlinkStateSnapshot;

/** Keeps of the metadata the identity, the version and the labels that name the cluster. */
function slim({ name, namespace, uid, resourceVersion, labels, deletionTimestamp }: ObjectMeta): ObjectMeta {
  const kept: ObjectMeta = { name, labels: {} };
  if (namespace !== undefined) kept.namespace = namespace;
  if (uid !== undefined) kept.uid = uid;
  if (resourceVersion !== undefined) kept.resourceVersion = resourceVersion;
  if (deletionTimestamp !== undefined) kept.deletionTimestamp = deletionTimestamp;
  for (const label of [APP_LABEL, COMPONENT_LABEL]) {
    const value = labels?.[label];
    if (value !== undefined && kept.labels !== undefined) kept.labels[label] = value;
  }
  return kept;
}

const ownersOf = ({ ownerReferences }: ObjectMeta): Pick<ObjectMeta, "ownerReferences"> =>
  ownerReferences === undefined ? {} : { ownerReferences };

export function projectDeployment(object: KubeObject): ProjectedDeployment {
  const { metadata } = object;
  const status = (object.status ?? {}) as {
    availableReplicas?: number;
    conditions?: Record<string, string>[];
  };
  return {
    metadata: { ...slim(metadata), ...ownersOf(metadata) },
    facts: {
      uid: metadata.uid ?? "",
      creationTimestamp: metadata.creationTimestamp ?? "",
      deleting: metadata.deletionTimestamp !== undefined,
      generation: metadata.annotations?.[GENERATION_ANNOTATION],
      launchId: metadata.annotations?.[LAUNCH_ID_ANNOTATION],
      ...(isGated(object) ? { gated: true as const } : {}),
      replicas: (object.spec as { replicas?: number } | undefined)?.replicas ?? 1,
      scaledDirectly: isScaledDirectly(metadata),
      availableReplicas: status.availableReplicas ?? 0,
      conditions: (status.conditions ?? []).map((condition) => ({
        type: condition.type ?? "",
        status: condition.status ?? "",
        reason: condition.reason ?? "",
        message: condition.message ?? "",
        lastTransitionTime: condition.lastTransitionTime ?? "",
      })),
    },
  };
}

const isGated = ({ spec }: KubeObject): boolean => {
  const { template } = (spec ?? {}) as { template?: { spec?: { volumes?: { name?: string }[] } } };
  return template?.spec?.volumes?.some(({ name }) => name === GATE_VOLUME) === true;
};

interface ManagedFields {
  subresource?: string;
  fieldsV1?: { "f:spec"?: { "f:replicas"?: object } };
}

/** Whether replicas were set through the scale subresource (`kubectl scale`, an autoscaler): it has its own managedFields entry. */
const isScaledDirectly = ({ managedFields = [] }: ObjectMeta): boolean =>
  (managedFields as ManagedFields[]).some(
    ({ subresource, fieldsV1 }) =>
      subresource === "scale" && fieldsV1?.["f:spec"]?.["f:replicas"] !== undefined,
  );

export function projectConfigMap(object: KubeObject): ProjectedConfigMap {
  const { metadata } = object;
  return {
    metadata: slim(metadata),
    facts: {
      name: metadata.name,
      uid: metadata.uid ?? "",
      deleting: metadata.deletionTimestamp !== undefined,
      dataKeys: Object.keys((object.data as Record<string, string> | undefined) ?? {}),
    },
  };
}

export function projectSnapshot(object: KubeObject): ProjectedSnapshot {
  const snapshot = asFlinkStateSnapshot(withoutBookkeeping(object));
  const { metadata, spec } = snapshot;
  const { state, path, triggerTimestamp } = snapshot.status ?? {};
  const takenAt = Date.parse(triggerTimestamp ?? "");
  return {
    ...snapshot,
    facts: {
      name: metadata.name,
      uid: metadata.uid ?? "",
      kind: spec.savepoint === undefined ? "checkpoint" : "savepoint",
      state: state ?? "TRIGGER_PENDING",
      triggerType: triggerTypeOf(snapshot),
      createdAt: Date.parse(metadata.creationTimestamp ?? ""),
      deleting: metadata.deletionTimestamp !== undefined,
      path: path ?? "",
      takenAt: Number.isNaN(takenAt) ? undefined : takenAt,
    },
  };
}

interface Terminated {
  reason?: string;
  message?: string;
  exitCode?: number;
}

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: Terminated;
  };
  lastState?: { terminated?: { reason?: string; message?: string; startedAt?: string } };
}

interface PodStatus {
  phase?: string;
  reason?: string;
  message?: string;
  podIP?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

export function projectPod(object: KubeObject): ProjectedPod {
  const { metadata } = object;
  const status = (object.status ?? {}) as PodStatus;
  return {
    metadata: slim(metadata),
    facts: {
      name: metadata.name,
      ip: status.podIP,
      ready:
        status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false,
      deleting: metadata.deletionTimestamp !== undefined,
      problem: [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
        .map(containerProblem)
        .find((problem) => problem !== undefined),
      ...schedulingOf(status),
      ...(metadata.labels?.[COMPONENT_LABEL] === components.sqlCheck
        ? { check: { uid: metadata.uid ?? "", ended: endOf(status) } }
        : {}),
      ...runOf(status.containerStatuses?.find(({ name }) => name === MAIN_CONTAINER)),
    },
  };
}

function schedulingOf({ conditions }: PodStatus): Pick<PodFacts, "unschedulable"> {
  const refused = conditions?.find(
    ({ type, status, reason }) => type === "PodScheduled" && status === "False" && reason === "Unschedulable",
  );
  return refused === undefined ? {} : { unschedulable: refused.message ?? "" };
}

/** What a pod that is never started again has come to. */
function endOf(status: PodStatus): NonNullable<PodFacts["check"]>["ended"] {
  const { phase, reason, message, containerStatuses = [], initContainerStatuses = [] } = status;
  const main = containerStatuses.find(({ name }) => name === MAIN_CONTAINER)?.state?.terminated;
  if (main !== undefined) return { message: main.message ?? "", reason: endReason(main) };
  if (phase !== "Failed" && phase !== "Succeeded") return undefined;
  const failed = initContainerStatuses.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  const { terminated = {} } = failed?.state ?? {};
  const words = [reason, message, failed && `${failed.name}: ${endReason(terminated)}`];
  return { message: terminated.message ?? "", reason: words.filter((word) => word !== undefined).join(": ") };
}

const endReason = ({ reason = "Error", exitCode }: Terminated): string => `${reason} (exit code ${exitCode})`;

function runOf(container: ContainerStatus | undefined): Pick<PodFacts, "restarted" | "runningSince"> {
  const startedAt = container?.state?.running?.startedAt;
  const restartCount = container?.restartCount ?? 0;
  if (startedAt === undefined) return {};
  const at = Date.parse(startedAt);
  if (restartCount === 0) return { runningSince: at };
  const { reason, startedAt: before } = container?.lastState?.terminated ?? {};
  const ranSince = before === undefined ? undefined : Date.parse(before);
  return { runningSince: at, restarted: { restartCount, at, ranSince, reason } };
}

/** Waiting reasons that do not resolve by themselves (REFERENCE 1.12, and similar ones of the kubelet). */
const stuck: ReadonlySet<string> = new Set([
  "CrashLoopBackOff",
  "ImagePullBackOff",
  "ErrImagePull",
  "ErrImageNeverPull",
  "InvalidImageName",
  "RunContainerError",
  "CreateContainerError",
  "CreateContainerConfigError",
]);

function containerProblem(container: ContainerStatus): PodProblem | undefined {
  if (container.state?.terminated?.reason === OUT_OF_MEMORY) return outOfMemory(container);
  const waiting = container.state?.waiting;
  if (waiting?.reason === undefined || !stuck.has(waiting.reason)) return undefined;
  const ended = container.lastState?.terminated;
  const restartCount = container.restartCount ?? 0;
  if (waiting.reason === "CrashLoopBackOff") {
    if (ended?.reason === OUT_OF_MEMORY) return outOfMemory(container);
    const message = `CrashLoop - ${ended?.message ?? waiting.message ?? ""}`;
    return { container: container.name, reason: waiting.reason, message, restartCount };
  }
  return { container: container.name, reason: waiting.reason, message: waiting.message ?? "", restartCount };
}

const outOfMemory = ({ name, restartCount = 0 }: ContainerStatus): PodProblem => ({
  container: name,
  reason: OUT_OF_MEMORY,
  message: OUT_OF_MEMORY_MESSAGE,
  restartCount,
});
