import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import type { TaskManagerInfo } from "../../../../src/flink/api.ts";
import { isKubeError } from "../../../../src/kube/errors.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import { dig, isObject, type JsonObject, listAt, textAt } from "../json.ts";
import { isActive, isReady } from "../kubernetes/podStatus.ts";
import type { ApiServer } from "../kubernetes/server.ts";
import { sameType } from "../kubernetes/store.ts";

const actor = "flink";
const registerMs = 1_500;
/** The time from the end of a pod's container until Flink has seen it. */
const noticeMs = 300;
/** resourcemanager.taskmanager-timeout */
const idleMs = 30_000;

export interface PoolSettings {
  namespace: string;
  clusterId: string;
  image: string;
  /** The user's template of these pods. */
  template: JsonObject;
  /** Fields of the container from Flink's configuration, which override the template. */
  containerFields: JsonObject;
  slotsEach: number;
  /** In a standalone cluster the pods belong to a Deployment, and find the JobManager by its Service. */
  standalone: boolean;
}

/** The TaskManager pods of one JobManager: created as needed, taken over from its predecessor, released when idle. */
export class TaskManagers {
  readonly #server: ApiServer;
  readonly #clock: Clock;
  readonly #settings: PoolSettings;
  readonly #changed: () => void;
  readonly #registered = new Set<string>();
  readonly #unsubscribe: () => void;
  readonly #attempt: number;
  #created = 0;
  #desired = 0;
  /** Counts the changes of the requested slots and of the registered TaskManagers. */
  #updates = 0;

  /** `clock` is the JobManager's: when the process ends, its timers end. */
  constructor(server: ApiServer, clock: Clock, settings: PoolSettings, changed: () => void) {
    this.#server = server;
    this.#clock = clock;
    this.#settings = settings;
    this.#changed = changed;
    const existing = this.#pods();
    this.#attempt = Math.max(0, ...existing.map((pod) => attemptOf(pod.metadata.name))) + 1;
    for (const pod of existing) this.#register(pod);
    this.#unsubscribe = server.store.subscribe(({ type, change, object }) => {
      if (!sameType(type, resourceTypes.pod) || !this.#isOwn(object)) return;
      if (change === "DELETED" || !isActive(object)) this.#onPodEnded(object);
      else this.#register(object);
    });
  }

  get slots(): number {
    return this.#registered.size * this.#settings.slotsEach;
  }

  list(usedSlots: number): TaskManagerInfo[] {
    let used = usedSlots;
    return [...this.#registered].sort().map((id) => {
      const here = Math.min(used, this.#settings.slotsEach);
      used -= here;
      return { id, slots: this.#settings.slotsEach, freeSlots: this.#settings.slotsEach - here };
    });
  }

  /** Creates pods until there are this many slots; releases TaskManagers that are idle for some time. */
  requestSlots(slots: number): void {
    if (this.#settings.standalone) return;
    this.#desired = Math.ceil(slots / this.#settings.slotsEach);
    const update = ++this.#updates;
    const missing = this.#desired - this.#pods().filter(isActive).length;
    for (let index = 0; index < missing; index++) this.#createPod();
    // The API server may have refused the pods.
    if (missing > 0)
      this.#clock.after(5_000, () => this.requestSlots(this.#desired * this.#settings.slotsEach));
    else this.#clock.after(idleMs, () => update === this.#updates && this.#releaseIdle());
  }

  #releaseIdle(): void {
    const isRegistered = (pod: KubeObject) => this.#registered.has(pod.metadata.name);
    const active = this.#pods().filter(isActive);
    const candidates = [...active.filter(isRegistered), ...active.filter((pod) => !isRegistered(pod))];
    for (const pod of candidates.slice(this.#desired)) this.#delete(pod);
  }

  close(): void {
    this.#unsubscribe();
  }

  #pods(): KubeObject[] {
    return this.#server
      .list(resourceTypes.pod, { namespace: this.#settings.namespace })
      .filter((pod) => this.#isOwn(pod));
  }

  #isOwn({ metadata }: KubeObject): boolean {
    return (
      metadata.namespace === this.#settings.namespace &&
      metadata.labels?.app === this.#settings.clusterId &&
      metadata.labels?.component === "taskmanager"
    );
  }

  #register(pod: KubeObject): void {
    const { name } = pod.metadata;
    if (!isReady(pod) || this.#registered.has(name)) return;
    this.#clock.after(registerMs, () => {
      const now = this.#server.find(resourceTypes.pod, this.#settings.namespace, name);
      if (now === undefined || !isActive(now) || this.#registered.has(name)) return;
      if (!this.#canReachJobManager) return this.#register(pod);
      this.#registered.add(name);
      // A TaskManager is idle from its registration until it gets a task.
      this.requestSlots(this.#desired * this.#settings.slotsEach);
      this.#changed();
    });
  }

  get #canReachJobManager(): boolean {
    const { namespace, clusterId, standalone } = this.#settings;
    return !standalone || this.#server.find(resourceTypes.service, namespace, clusterId) !== undefined;
  }

  /** Flink deletes pods that have ended, and creates new ones. */
  #onPodEnded(pod: KubeObject): void {
    const current = this.#server.find(resourceTypes.pod, this.#settings.namespace, pod.metadata.name);
    const { standalone } = this.#settings;
    if (!standalone && current?.metadata.deletionTimestamp === undefined && current && !isActive(current)) {
      this.#clock.after(noticeMs, () => this.#deleteEnded(current));
    }
    if (this.#registered.delete(pod.metadata.name)) {
      this.#changed();
      this.requestSlots(this.#desired * this.#settings.slotsEach);
    }
  }

  #createPod(): void {
    const { namespace, clusterId, image } = this.#settings;
    const owner = this.#server.find(resourceTypes.deployment, namespace, clusterId);
    if (owner === undefined) return;
    const { metadata, spec } = this.#settings.template;
    const main = "flink-main-container";
    const containers = listAt(spec, "containers");
    const own = {
      ...containers.find(({ name }) => name === main),
      name: main,
      image,
      ...this.#settings.containerFields,
    };
    const flinkLabels = { app: clusterId, component: "taskmanager", type: "flink-native-kubernetes" };
    const uid = textAt(owner, "metadata", "uid") ?? "";
    try {
      this.#server.create(actor, resourceTypes.pod, {
        metadata: {
          name: `${clusterId}-taskmanager-${this.#attempt}-${++this.#created}`,
          namespace,
          annotations: textsAt(metadata, "annotations"),
          labels: { ...textsAt(metadata, "labels"), ...flinkLabels },
          ownerReferences: [
            {
              apiVersion: "apps/v1",
              kind: "Deployment",
              name: clusterId,
              uid,
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        },
        spec: {
          ...(isObject(spec) ? spec : {}),
          restartPolicy: "Never",
          containers: [...containers.filter(({ name }) => name !== main), own],
        },
      });
    } catch (error) {
      // Flink tries again what was refused.
      if (!isKubeError(error)) throw error;
    }
  }

  #deleteEnded(pod: KubeObject): void {
    const { name, uid } = pod.metadata;
    const now = this.#server.find(resourceTypes.pod, this.#settings.namespace, name);
    if (now !== undefined && now.metadata.uid === uid) this.#delete(now);
  }

  #delete(pod: KubeObject): void {
    const { namespace = "", name } = pod.metadata;
    this.#server.delete(actor, resourceTypes.pod, namespace, name);
  }
}

const attemptOf = (name: string): number => Number(/-taskmanager-(\d+)-\d+$/.exec(name)?.[1] ?? 0);

const textsAt = (metadata: unknown, field: string): Record<string, string> =>
  (dig(metadata, field) ?? {}) as Record<string, string>;
