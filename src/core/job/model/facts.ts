import type { FlinkFacts, OperationFacts, SubmissionFacts } from "../../../api/flinkFacts.ts";
import type { OwnerReference } from "../../../api/kubernetes.ts";
import type { SnapshotKind, SnapshotTriggerType } from "../../../api/v1beta1/commonStatus.ts";
import type { SnapshotState } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import type { RouteKind } from "../../build/ingress.ts";

/** Everything known of one FlinkDeployment's cluster, read from the stores and the poller in one instant. */
export interface Facts {
  readonly jobManager: JobManagerDeployment | undefined;
  /** Of a standalone cluster; the TaskManagers of a native one have no Deployment. */
  readonly taskManagers?: TaskManagerDeployment | undefined;
  /** Pods of the JobManager that exist, also terminating ones. */
  readonly jobManagerPods: readonly PodFacts[];
  readonly taskManagerPods: readonly PodFacts[];
  /** The ConfigMaps that Flink's Kubernetes HA keeps for this cluster. */
  readonly haConfigMaps: readonly HaConfigMap[];
  /** The FlinkStateSnapshots of this job, in whatever state. */
  readonly snapshots: readonly SnapshotFacts[];
  readonly flink: FlinkFacts | undefined;
  /** Whether another resource names this path as one to restore from; absent: none does. */
  readonly isNamedElsewhere?: (path: string) => boolean;
  /** The cluster has FlinkStateSnapshots. Absent: yes. */
  readonly snapshotKind?: boolean;
  /** What is followed for this resource beside the poll plan, and what the JobManager said of it. */
  readonly operations?: Readonly<Partial<Record<FollowedFor, OperationFacts | undefined>>>;
  /** What this process has and has not asked the JobManager for. Absent: nothing is known of that. */
  readonly requests?: RequestFacts | undefined;
  /** Where the JobManager's REST endpoint can be reached now. */
  readonly restHost: string | undefined;
  /** The end of a container's log, where decide asked for it (Decision.wantLog). */
  readonly podLog: PodLog | undefined;
  /** Of a session cluster: the FlinkSessionJobs that name it. Absent: it is none. */
  readonly sessionJobs?: readonly SessionJobFacts[] | undefined;
  /** Of a session job: the session cluster that it names, whose JobManager all of the above is about. */
  readonly session?: SessionFacts | undefined;
  /** What leads to the REST Service from outside the cluster. Absent: it is not looked after. */
  readonly routes?: Readonly<Record<RouteKind, RouteFacts>>;
  /** Of a session job: its newest submission by this process. */
  readonly submission?: SubmissionFacts | undefined;
  /** Of a session job: the newest fetch of a jar before the job is replaced, under an id that stands for the generation. */
  readonly jarFetch?: SubmissionFacts | undefined;
}

export interface RequestFacts {
  /** Trigger ids that this process wrote down and has not sent: to ask for one would be an error in the JobManager's log. */
  readonly unsent: ReadonlySet<string>;
  /** The job whose cancel was answered last, and when, in milliseconds since the epoch. */
  readonly cancelled: { readonly jobId: string; readonly at: number } | undefined;
}

/** What is known of the Ingress, or the HTTPRoute, that has the name of the resource. */
export interface RouteFacts {
  /** Why nothing is known: the API server does not have the kind, or does not let us see it. */
  readonly unknown?: "not served" | "denied" | undefined;
  readonly found?: FoundRoute | undefined;
  /** What the API server made of it when this process applied it last, if not what was asked; `hash`: of what was asked. */
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

/** One session job, as its session cluster sees it. */
export interface SessionJobFacts {
  readonly name: string;
  /** It is being deleted. */
  readonly deleting: boolean;
  readonly jobId: string | undefined;
  /** It has a job in the cluster, as far as its status says, or one on the way there. */
  readonly needsCluster: boolean;
  /** The job's state is to survive. */
  readonly stateful: boolean;
}

/** A session cluster, as its session jobs see it. */
export interface SessionFacts {
  readonly name: string;
  readonly kind: "missing" | "application" | "session";
  readonly deleting: boolean;
  readonly mode: "native" | "standalone";
  /** Its JobManager is there to stay: neither is it to be replaced nor is one being launched. */
  readonly stays: boolean;
  /** It is about to be replaced, and waits for its jobs to save their state; in words. */
  readonly replacement: string | undefined;
}

export type FollowedFor = "checkpoint" | "disposal";

export interface JobManagerDeployment {
  readonly uid: string;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  readonly deleting: boolean;
  /** Annotation flinkdeployment.flink.apache.org/generation, as written. */
  readonly generation: string | undefined;
  /** Our own annotation; absent on Deployments that the Java operator made. */
  readonly launchId: string | undefined;
  /** As the spec asks. */
  readonly replicas: number;
  readonly availableReplicas: number;
  readonly conditions: readonly DeploymentCondition[];
}

export interface TaskManagerDeployment
  extends Pick<JobManagerDeployment, "uid" | "deleting" | "replicas" | "conditions"> {
  /** The number of replicas was last set through the Deployment's own scale subresource, by hand or by an autoscaler. */
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
 * The Deployment has never had its JobManager available. Its controller remembers it in two ways: the condition
 * Available has been False from the first moment, or Progressing has not come to "NewReplicaSetAvailable".
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
  /** The first container that cannot go on, in the kubelet's words; absent where all is well. */
  readonly problem: PodProblem | undefined;
  /**
   * Flink's container runs again after it ended; `at`: since when, in milliseconds since the epoch; `ranSince`: since when
   * the one before had run; `reason`: why it ended, in the kubelet's word.
   */
  readonly restarted?:
    | {
        readonly restartCount: number;
        readonly at: number;
        readonly ranSince?: number | undefined;
        readonly reason?: string | undefined;
      }
    | undefined;
  /** Since when Flink's container runs, in milliseconds since the epoch; absent where it does not. */
  readonly runningSince?: number | undefined;
}

/** Why no pod of a Deployment is let in, in its controller's words; undefined where they are. */
export const refusalOf = (
  deployment: Pick<JobManagerDeployment, "conditions"> | undefined,
): DeploymentCondition | undefined =>
  deployment?.conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");

/** The kubelet's word for a container that was killed since it used more memory than its limit; and ours. */
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
  /** "" until it is complete. */
  readonly path: string;
  /** When it was triggered, in milliseconds since the epoch; undefined where that is not said. */
  readonly takenAt: number | undefined;
}

export interface LogSource {
  readonly pod: string;
  readonly container: string;
  /** Of the run before so many restarts, which crashed; undefined: of the one that goes on. */
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

/** A ConfigMap that Flink's Kubernetes HA keeps, by its name: one of the cluster's or of one job's. */
export const isHaConfigMap = (name: string): boolean =>
  name.endsWith("-config-map") || name.endsWith("-leader");

/** HA metadata exists: the reference's rule (REFERENCE 1.15). */
export const hasHaMetadata = (maps: readonly HaConfigMap[]): boolean =>
  maps.some((map) => !map.deleting && isJobConfigMap(map));

/** HA metadata names at least one completed checkpoint. */
export const hasHaCheckpoint = (maps: readonly HaConfigMap[]): boolean =>
  maps.some(
    (map) =>
      !map.deleting && isJobConfigMap(map) && map.dataKeys.some((key) => key.startsWith(CHECKPOINT_KEY)),
  );

const CHECKPOINT_KEY = "checkpointID-";
const JOB_OF_MAP = /-([0-9a-f]{32})-(?:config-map|jobmanager-leader)$/;

/** The newest checkpoint that HA metadata names, of each job. */
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

/** Data keys under which Flink keeps job graphs: 1.x and 2.x. A restart must submit the job anew. */
export const isJobGraphKey = (key: string): boolean =>
  key.startsWith("jobGraph-") || key.startsWith("executionPlan-");
