import type { FlinkFacts, OperationFacts, SubmissionFacts } from "../../../api/flinkFacts.ts";
import type { OwnerReference } from "../../../api/kubernetes.ts";
import type { SnapshotKind, SnapshotTriggerType } from "../../../api/v1beta1/commonStatus.ts";
import type { SnapshotState } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import type { RouteKind } from "../../build/ingress.ts";

/** Everything known about one FlinkDeployment's cluster, read from the stores and the poller at one moment. */
export interface Facts {
  readonly jobManager: JobManagerDeployment | undefined;
  /** The Flink cluster id. Absent: the name of the resource. */
  readonly clusterId?: string | undefined;
  /** The name of the other cluster is that of another FlinkDeployment. */
  readonly otherIsTaken?: true;
  /** The FlinkDeployment whose cluster has the name of this resource. What is there is not in these facts. */
  readonly heldBy?: string | undefined;
  /** This operator was built without the jar of the gate. */
  readonly withoutGate?: true;
  /** Absent: nothing of it is there. */
  readonly other?: OtherCluster | undefined;
  /** Standalone clusters only. The TaskManagers of a native cluster have no Deployment. */
  readonly taskManagers?: TaskManagerDeployment | undefined;
  /** Existing pods of the JobManager, including terminating ones. */
  readonly jobManagerPods: readonly PodFacts[];
  readonly taskManagerPods: readonly PodFacts[];
  /** The pods that check SQL scripts. Absent: there are none. */
  readonly sqlChecks?: readonly PodFacts[];
  /** The ConfigMaps of Flink's Kubernetes HA for this cluster. */
  readonly haConfigMaps: readonly HaConfigMap[];
  /** The FlinkStateSnapshots of this job, in any state. */
  readonly snapshots: readonly SnapshotFacts[];
  readonly flink: FlinkFacts | undefined;
  /** Whether another resource names this path to restore from. Absent: none does. */
  readonly isNamedElsewhere?: (path: string) => boolean;
  /** The FlinkStateSnapshot CRD is installed. Absent: yes. */
  readonly snapshotKind?: boolean;
  /** Operations followed for this resource in addition to the poll plan, with the JobManager's answers. */
  readonly operations?: Readonly<Partial<Record<FollowedFor, OperationFacts | undefined>>>;
  /** Which requests this process has and has not sent to the JobManager. Absent: nothing is known. */
  readonly requests?: RequestFacts | undefined;
  /** Where the JobManager's REST endpoint can be reached now. */
  readonly restHost: string | undefined;
  /** The end of a container's log, if a decision requested it (Decision.logRequest). */
  readonly podLog: PodLog | undefined;
  /** Session clusters only: the FlinkSessionJobs that name it. */
  readonly sessionJobs?: readonly SessionJobFacts[] | undefined;
  /** Session jobs only: the session cluster that the job names. The JobManager facts above are about that cluster. */
  readonly session?: SessionFacts | undefined;
  /** The routes from outside the cluster to the REST Service. Absent: routes are not managed. */
  readonly routes?: Readonly<Record<RouteKind, RouteFacts>>;
  /** Session jobs only: the newest submission by this process. */
  readonly submission?: SubmissionFacts | undefined;
  /** The newest fetch of jars before the job is replaced. Its id represents the generation. */
  readonly jarFetch?: SubmissionFacts | undefined;
  /** The namespace's wave. Absent: nothing is known, and nothing waits for it. */
  readonly wave?: WaveFacts | undefined;
  /** Session jobs only: the newest check of a script by this process, in the session cluster. */
  readonly scriptCheck?: SubmissionFacts | undefined;
}

/** The other cluster of a FlinkDeployment: the next one before the job has moved to it, or the one before (docs/adr/0034). */
export interface OtherCluster
  extends Pick<
    Facts,
    "jobManager" | "jobManagerPods" | "taskManagerPods" | "haConfigMaps" | "flink" | "restHost"
  > {
  readonly clusterId: string;
  /** Its gate is closed: it has never had a job. */
  readonly standby: boolean;
}

/** Of a cluster of which nothing is there, or nothing known. */
export const noFacts: Facts = {
  jobManager: undefined,
  jobManagerPods: [],
  taskManagerPods: [],
  haConfigMaps: [],
  snapshots: [],
  flink: undefined,
  restHost: undefined,
  podLog: undefined,
};

/** The FlinkDeployments and FlinkSessionJobs of a namespace. */
export interface WaveFacts {
  /** All of them. */
  readonly resources: number;
  /** Others that a change which is no edit disrupts, or is about to. */
  readonly disrupted: number;
  /** How many of these have failed. */
  readonly failed: number;
}

export interface RequestFacts {
  /** Trigger ids that this process has recorded and not sent. The JobManager would log an error if it is asked for one. */
  readonly unsent: ReadonlySet<string>;
  /** The job of the last cancel with a response, and its time in milliseconds since the epoch. */
  readonly cancelled: { readonly jobId: string; readonly at: number } | undefined;
  /** The check of an SQL script whose objects the API server has refused, by its name. */
  readonly refusedCheck?: { readonly name: string; readonly message: string } | undefined;
  /** The API server has dropped status.rescale from what was written: it has the CRD of an earlier version. */
  readonly dropsRescale?: true;
  /** The same of status.warmUpgrade. */
  readonly dropsWarmUpgrade?: true;
  /** The uid of the Deployment whose gate this process has opened. */
  readonly openedGate?: string | undefined;
}

/** What is known about the Ingress or HTTPRoute that has the name of the resource. */
export interface RouteFacts {
  /** Why nothing is known: the API server does not serve the kind, or denies access. */
  readonly unknown?: "not served" | "denied" | undefined;
  readonly found?: FoundRoute | undefined;
  /**
   * The API server's answer to this process's last apply, if it differs from the request. `hash` is the hash of the
   * request.
   */
  readonly answered?: { readonly hash: string | undefined; readonly found: FoundRoute } | undefined;
}

export interface FoundRoute {
  readonly uid: string;
  readonly deleting: boolean;
  readonly controller: Pick<OwnerReference, "kind" | "name" | "uid"> | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: unknown;
}

/** One session job, from the view of its session cluster. */
export interface SessionJobFacts {
  readonly name: string;
  /** It is being deleted. */
  readonly deleting: boolean;
  readonly jobId: string | undefined;
  /** The status says that the job is in the cluster or is being started there. */
  readonly needsCluster: boolean;
  /** The job's state must be kept. */
  readonly stateful: boolean;
  /** It was launched, and is to run, and is not stable. Absent: one of these is not so. */
  readonly away?: AwaySessionJob;
}

export interface AwaySessionJob {
  /** A person may be needed. */
  readonly hasFailed: boolean;
  /** When its job failed, in milliseconds since the epoch; absent: it has not, or that is not known. */
  readonly failedAt?: number;
}

/** A session cluster, from the view of its session jobs. */
export interface SessionFacts {
  readonly name: string;
  readonly kind: "missing" | "application" | "session";
  readonly deleting: boolean;
  readonly mode: "native" | "standalone";
  /** The JobManager is neither being launched nor about to be replaced. */
  readonly stays: boolean;
  /** Set while the cluster waits for its jobs to save their state before it is replaced; in words. */
  readonly replacement: string | undefined;
  /** Whether its JobManager recovers the job from HA metadata; undefined until the JobManager has told its version. */
  readonly recoversJob: boolean | undefined;
}

export type FollowedFor = "checkpoint" | "rescale" | "disposal";

export interface JobManagerDeployment {
  readonly uid: string;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  readonly deleting: boolean;
  /** Annotation flinkdeployment.flink.apache.org/generation, as written. */
  readonly generation: string | undefined;
  /** The operator's own annotation. Absent on Deployments that the Java operator created. */
  readonly launchId: string | undefined;
  /** It was created to wait at the gate of a warm upgrade. */
  readonly gated?: true;
  /** As in spec.replicas. */
  readonly replicas: number;
  readonly availableReplicas: number;
  readonly conditions: readonly DeploymentCondition[];
}

export interface TaskManagerDeployment
  extends Pick<JobManagerDeployment, "uid" | "deleting" | "replicas" | "conditions"> {
  /** The replicas were last set through the Deployment's own scale subresource, by hand or by an autoscaler. */
  readonly scaledDirectly: boolean;
}

export interface DeploymentCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

/**
 * The Deployment has never had an available JobManager. Its conditions show it in two ways: Available has been False
 * since the creation, or Progressing has not reached "NewReplicaSetAvailable".
 */
export function isNeverAvailable({
  creationTimestamp,
  availableReplicas,
  conditions,
}: JobManagerDeployment): boolean {
  const conditionOf = (type: string) => conditions.find((condition) => condition.type === type);
  const available = conditionOf("Available");
  if (availableReplicas > 0 || available?.status !== "False") return false;
  const progressing = conditionOf("Progressing");
  return (
    available.lastTransitionTime === creationTimestamp ||
    (progressing !== undefined && progressing.reason !== "NewReplicaSetAvailable")
  );
}

export interface PodFacts {
  readonly name: string;
  readonly ip: string | undefined;
  readonly ready: boolean;
  readonly deleting: boolean;
  /** The first container that is stuck, in the kubelet's words. Absent if there is none. */
  readonly problem: PodProblem | undefined;
  /** Why no node takes it, in the scheduler's words; absent: one does, or none has been looked for yet. */
  readonly unschedulable?: string | undefined;
  /**
   * Flink's container runs again after it ended. `at`: since when, in milliseconds since the epoch. `ranSince`: when
   * the previous run began. `reason`: why that ended, in the kubelet's words.
   */
  readonly restarted?:
    | {
        readonly restartCount: number;
        readonly at: number;
        readonly ranSince?: number | undefined;
        readonly reason?: string | undefined;
      }
    | undefined;
  /** Only of a pod that checks an SQL script. `ended`: its container's termination message, and why it ended. */
  readonly check?:
    | {
        readonly uid: string;
        readonly ended?: { readonly message: string; readonly reason: string } | undefined;
      }
    | undefined;
  /** Since when Flink's container runs, in milliseconds since the epoch. Absent if it does not run. */
  readonly runningSince?: number | undefined;
}

/** Why the pods of a Deployment are rejected, in its controller's words; undefined if they are not. */
export const refusalOf = (
  deployment: Pick<JobManagerDeployment, "conditions"> | undefined,
): DeploymentCondition | undefined =>
  deployment?.conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");

/** The kubelet's reason for a container that exceeded its memory limit, and the operator's message for it. */
export const OUT_OF_MEMORY = "OOMKilled";
export const OUT_OF_MEMORY_MESSAGE = "killed because it used more memory than its limit";

export interface PodProblem {
  readonly container: string;
  /** A waiting reason ("ImagePullBackOff", "CrashLoopBackOff", …) or "OOMKilled". */
  readonly reason: string;
  readonly message: string;
  readonly restartCount: number;
}

export interface HaConfigMap {
  readonly name: string;
  readonly uid: string;
  readonly deleting: boolean;
  readonly dataKeys: readonly string[];
}

export interface SnapshotFacts {
  /** metadata.name of the FlinkStateSnapshot. */
  readonly name: string;
  readonly uid: string;
  readonly kind: SnapshotKind;
  readonly state: SnapshotState;
  readonly triggerType: SnapshotTriggerType;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly deleting: boolean;
  /** Empty until it is complete. */
  readonly path: string;
  /** When it was triggered, in milliseconds since the epoch; undefined if unknown. */
  readonly takenAt: number | undefined;
}

export interface LogSource {
  readonly pod: string;
  readonly container: string;
  /** Selects the crashed run before this restart; undefined selects the current run. */
  readonly restartCount: number | undefined;
}

export interface PodLog extends LogSource {
  /** Milliseconds since the epoch when it was read. */
  readonly at: number;
  readonly text: string;
}

const isJobConfigMap = (map: HaConfigMap): boolean =>
  (map.name.endsWith("-config-map") && !map.name.endsWith("-cluster-config-map")) ||
  map.name.endsWith("-jobmanager-leader");

/** Whether the name is that of a ConfigMap of Flink's Kubernetes HA, for the cluster or for one job. */
export const isHaConfigMap = (name: string): boolean =>
  name.endsWith("-config-map") || name.endsWith("-leader");

/** HA metadata exists: the reference's rule (REFERENCE 1.15). */
export const hasHaMetadata = (maps: readonly HaConfigMap[]): boolean =>
  maps.some((map) => !map.deleting && isJobConfigMap(map));

/** HA metadata of this job exists. */
export const isOfJob = (maps: readonly HaConfigMap[], jobId: string): boolean =>
  maps.some((map) => !map.deleting && isJobConfigMap(map) && map.name.includes(`-${jobId}-`));

/** A JobManager would recover a job by it, or restore one. */
export const hasJobs = (maps: readonly HaConfigMap[]): boolean =>
  hasHaMetadata(maps) || maps.some(({ deleting, dataKeys }) => !deleting && dataKeys.some(isJobGraphKey));

/** HA metadata names at least one completed checkpoint. */
export const hasHaCheckpoint = (maps: readonly HaConfigMap[]): boolean =>
  maps.some(
    (map) =>
      !map.deleting && isJobConfigMap(map) && map.dataKeys.some((key) => key.startsWith(CHECKPOINT_KEY)),
  );

const CHECKPOINT_KEY = "checkpointID-";
const JOB_OF_MAP = /-([0-9a-f]{32})-(?:config-map|jobmanager-leader)$/;

/** The newest checkpoint of each job in the HA metadata. */
export const haCheckpoints = (maps: readonly HaConfigMap[]): { jobId: string; checkpointId: number }[] =>
  maps.flatMap(({ name, deleting, dataKeys }) => {
    const ids = dataKeys
      .filter((key) => key.startsWith(CHECKPOINT_KEY))
      .map((key) => Number(key.slice(CHECKPOINT_KEY.length)));
    const jobId = JOB_OF_MAP.exec(name)?.[1];
    return deleting || jobId === undefined || ids.length === 0
      ? []
      : [{ jobId, checkpointId: Math.max(...ids) }];
  });

/** Data keys under which Flink 1.x and 2.x store the jobs that a JobManager recovers when it starts. */
const graphKeys = { 1: "jobGraph-", 2: "executionPlan-" } as const;
type GraphFormat = keyof typeof graphKeys;

/** Any of them. A restart must submit the job again. */
export const isJobGraphKey = (key: string): boolean =>
  Object.values(graphKeys).some((prefix) => key.startsWith(prefix));

/** `version` as in spec.flinkVersion ("v1_20"), or as a JobManager tells it ("1.20.1"). */
const graphFormatOf = (version: string): GraphFormat => (/^v?1[._]/.test(version) ? 1 : 2);

/** A job graph that a JobManager of this version does not read. */
export const isJobGraphOfOther = (key: string, version: string): boolean =>
  isJobGraphKey(key) && !key.startsWith(graphKeys[graphFormatOf(version)]);

/** Whether a JobManager of this version recovers the job when it starts: its HA metadata names it where that version looks. */
export const isRecoverable = (maps: readonly HaConfigMap[], jobId: string, version: string): boolean =>
  maps.some(
    ({ deleting, dataKeys }) =>
      !deleting && dataKeys.includes(`${graphKeys[graphFormatOf(version)]}${jobId}`),
  );
