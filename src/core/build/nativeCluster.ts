import type { OwnerReference } from "../../api/kubernetes.ts";
import type { FlinkVersion, JobSpec, PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { JarRequest } from "./jarRequest.ts";

/** What a cluster waits for that stands before the old job is stopped (docs/adr/0034). */
export interface Gate {
  /** The key of the word that opens it: that of this launch alone. */
  readonly key: string;
  /** How many slots stand before there is a job. */
  readonly slots: number;
  /** The user's main class; undefined: the manifest of the jar names it. */
  readonly mainClass?: string | undefined;
  /** The path of the user's jar in the pod; undefined: the class is elsewhere. */
  readonly jar?: string | undefined;
}

/** The input for all objects of a native cluster. Each builder takes this one value. */
export interface NativeCluster {
  readonly mode: "native";
  readonly clusterId: string;
  /** Which the REST Service is named after. Absent: the cluster id. */
  readonly resourceName?: string | undefined;
  /** Only of a cluster that stands before the old job is stopped. */
  readonly gate?: Gate | undefined;
  readonly namespace: string;
  readonly version: FlinkVersion;
  /** As the JobManager reads it. */
  readonly config: FlinkConfig;
  /** Arguments of the job's main method; undefined for a session cluster. */
  readonly programArgs: readonly string[] | undefined;
  /** As in the spec; undefined for a session cluster. */
  readonly job?: JobSpec | undefined;
  /** The jar that runs SQL scripts, in base64. Only where objects are created: a trial build has none. */
  readonly sqlRunner?: string | undefined;
  /** What the init container of each pod fetches; undefined: nothing. */
  readonly jarRequest?: JarRequest | undefined;
  /** Process memory in bytes. */
  readonly jobManagerMemory: bigint;
  readonly taskManagerMemory: bigint;
  readonly jobManagerTemplate: PodTemplateSpec | undefined;
  readonly taskManagerTemplate: PodTemplateSpec | undefined;
  /** Logging configuration files by name. */
  readonly logFiles: Readonly<Record<string, string>>;
  /** The FlinkDeployment; undefined while it has no uid yet. */
  readonly owner: OwnerReference | undefined;
  /** Directories in the pods with the results of earlier launches, to be removed. */
  readonly earlierResults: readonly string[];
  /** Annotations of the Deployment itself, not of its pods. */
  readonly deploymentAnnotations: Readonly<Record<string, string>>;
}
