import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { isAlreadyExists, isNotFound } from "../../../../src/kube/errors.ts";
import type { ApiServer } from "../kubernetes/server.ts";
import type { Snapshot } from "./snapshot.ts";

const actor = "flink";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const leaseMs = 15_000;
const checkpointPrefix = "checkpointID-";
const components = ["restserver", "dispatcher", "resourcemanager"];

/** The high-availability service of a JobManager and its jobs. */
export type Availability = Pick<
  HighAvailability,
  | "acquireOrRenew"
  | "release"
  | "jobGraphs"
  | "addJob"
  | "checkpoints"
  | "addCheckpoint"
  | "removeCheckpoint"
  | "writeCounter"
  | "removeJob"
>;

/**
 * A JobManager's high-availability data in Flink's ConfigMaps: one for the cluster (the leader, the jobs to recover) and
 * one for each job (its checkpoints). They have no owner, so the deletion of a cluster must delete them.
 */
export class HighAvailability {
  readonly #server: ApiServer;
  readonly #namespace: string;
  readonly #clusterId: string;
  /** Flink 2 removed a label and renamed the keys of job graphs. */
  readonly #isFlink2: boolean;
  readonly #identity: string;

  constructor(
    server: ApiServer,
    cluster: { namespace: string; clusterId: string; version: string; identity: string },
  ) {
    this.#server = server;
    this.#namespace = cluster.namespace;
    this.#clusterId = cluster.clusterId;
    this.#isFlink2 = !cluster.version.startsWith("1.");
    this.#identity = cluster.identity;
  }

  /** Acquires or renews the lock; false while another JobManager holds it. */
  acquireOrRenew(): boolean {
    const map = this.#read(this.#clusterMap);
    const now = this.#server.clock.now();
    if (map === undefined) {
      this.#create(this.#clusterMap, this.#lock(0));
      this.#patch(this.#clusterMap, this.#leaders(components));
      return true;
    }
    const lock = JSON.parse(map.metadata.annotations?.[leaderAnnotation] ?? "{}");
    const holder: string = lock.holderIdentity ?? "";
    const free = holder === "" || now - Date.parse(lock.renewTime) > leaseMs;
    if (holder !== this.#identity && !free) return false;
    const transitions = Number(lock.leaderTransitions ?? 0) + (holder === this.#identity ? 0 : 1);
    const fresh = holder === this.#identity ? {} : this.#leaders(components);
    this.#patch(this.#clusterMap, { ...fresh, ...this.#lock(transitions) });
    return true;
  }

  /** Releases the lock at once, at a graceful shutdown. */
  release(): void {
    const map = this.#read(this.#clusterMap);
    const lock = JSON.parse(map?.metadata.annotations?.[leaderAnnotation] ?? "{}");
    if (lock.holderIdentity !== this.#identity) return;
    const empty = JSON.stringify({ ...lock, holderIdentity: "" });
    this.#patch(this.#clusterMap, { metadata: { annotations: { [leaderAnnotation]: empty } } });
  }

  /** The paths of the graphs of the jobs to recover, by job id. */
  jobGraphs(): ReadonlyMap<string, string> {
    const data = (this.#read(this.#clusterMap)?.data ?? {}) as Record<string, string>;
    const prefix = this.#graphKey("");
    return new Map(
      Object.entries(data)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), decode(value)]),
    );
  }

  addJob(jobId: string, graphPath: string): void {
    if (this.#read(this.#jobMap(jobId)) === undefined) this.#create(this.#jobMap(jobId), {});
    const leaders = this.#leaders([`job-${jobId}`]);
    this.#patch(this.#clusterMap, { data: { ...leaders.data, [this.#graphKey(jobId)]: encode(graphPath) } });
  }

  /** The paths of the job's checkpoints, oldest first. */
  checkpoints(jobId: string): string[] {
    const data = (this.#read(this.#jobMap(jobId))?.data ?? {}) as Record<string, string>;
    return Object.keys(data)
      .filter((key) => key.startsWith(checkpointPrefix))
      .sort()
      .map((key) => decode(data[key] as string));
  }

  /** False where the job's ConfigMap is gone: the checkpoint cannot complete. */
  addCheckpoint(jobId: string, snapshot: Snapshot): boolean {
    const data = { [checkpointKey(snapshot.id)]: encode(snapshot.path) };
    return this.#patch(this.#jobMap(jobId), { data });
  }

  removeCheckpoint(jobId: string, id: number): void {
    this.#patch(this.#jobMap(jobId), { data: { [checkpointKey(id)]: null } });
  }

  writeCounter(jobId: string, next: number): void {
    this.#patch(this.#jobMap(jobId), { data: { counter: String(next) } });
  }

  /** Removes a job that has ended for good, so that it is not recovered. */
  removeJob(jobId: string): void {
    this.#ignoringMissing(() =>
      this.#server.delete(actor, resourceTypes.configMap, this.#namespace, this.#jobMap(jobId)),
    );
    const gone = { [this.#graphKey(jobId)]: null, [`org.apache.flink.k8s.leader.job-${jobId}`]: null };
    this.#patch(this.#clusterMap, { data: gone });
  }

  get #clusterMap(): string {
    return `${this.#clusterId}-cluster-config-map`;
  }

  #jobMap(jobId: string): string {
    return `${this.#clusterId}-${jobId}-config-map`;
  }

  #graphKey(jobId: string): string {
    return `${this.#isFlink2 ? "executionPlan" : "jobGraph"}-${jobId}`;
  }

  #leaders(names: string[]): { data: Record<string, string> } {
    const entries = names.map((name) => [`org.apache.flink.k8s.leader.${name}`, `${this.#identity},address`]);
    return { data: Object.fromEntries(entries) };
  }

  #lock(leaderTransitions: number): { metadata: { annotations: Record<string, string> } } {
    const now = new Date(this.#server.clock.now()).toISOString();
    const lock = {
      holderIdentity: this.#identity,
      leaseDuration: leaseMs / 1000,
      acquireTime: now,
      renewTime: now,
      leaderTransitions,
    };
    return { metadata: { annotations: { [leaderAnnotation]: JSON.stringify(lock) } } };
  }

  #read(name: string): KubeObject | undefined {
    return this.#server.find(resourceTypes.configMap, this.#namespace, name);
  }

  #create(name: string, content: { metadata?: { annotations: Record<string, string> } }): void {
    const labels = {
      app: this.#clusterId,
      type: "flink-native-kubernetes",
      ...(this.#isFlink2 ? {} : { "configmap-type": "high-availability" }),
    };
    const metadata = { name, namespace: this.#namespace, labels, ...content.metadata };
    try {
      this.#server.create(actor, resourceTypes.configMap, { metadata });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  #patch(name: string, patch: unknown): boolean {
    return this.#ignoringMissing(() =>
      this.#server.mergePatch(actor, resourceTypes.configMap, this.#namespace, name, patch),
    );
  }

  #ignoringMissing(act: () => unknown): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

const checkpointKey = (id: number): string => `${checkpointPrefix}${String(id).padStart(19, "0")}`;
const encode = (path: string): string => Buffer.from(path).toString("base64");
const decode = (value: string): string => Buffer.from(value, "base64").toString();
