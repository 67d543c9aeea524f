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
/** From the end of a pod's container until Flink has heard of it. */
const noticeMs = 300;
/** resourcemanager.taskmanager-timeout */
const idleMs = 30_000;

export interface PoolSettings {
  namespace: string;
  clusterId: string;
  image: string;
  /** Of the user's, for these pods. */
  template: JsonObject;
  /** What Flink's configuration says of the container, whatever the template does. */
  set: JsonObject;
  slotsEach: number;
  /** Of a standalone cluster: the pods are a Deployment's, and find the JobManager by its Service. */
  standalone: boolean;
}

/** The TaskManager pods of one JobManager: asked for as needed, taken over from its predecessor, let go when idle. */
export class TaskManagers {
  readonly #server: ApiServer;
  readonly #clock: Clock;
  readonly #settings: PoolSettings;
  readonly #changed: () => void;
  readonly #registered = new Set<string>();
  readonly #unsubscribe: () => void;
  readonly #attempt: number;
  #asked = 0;
  #wanted = 0;
  /** Counts the times that it changed what there is to do, or for whom. */
  #turns = 0;

  /** `clock` is the JobManager's: when the process ends, so does its interest in pods. */
  constructor(server: ApiServer, clock: Clock, settings: PoolSettings, changed: () => void) {
    this.#server = server;
    this.#clock = clock;
    this.#settings = settings;
    this.#changed = changed;
    const existing = this.#pods();
    this.#attempt = Math.max(0, ...existing.map((pod) => attemptOf(pod.metadata.name))) + 1;
    for (const pod of existing) this.#consider(pod);
    this.#unsubscribe = server.store.subscribe(({ type, change, object }) => {
      if (!sameType(type, resourceTypes.pod) || !this.#isMine(object)) return;
      if (change === "DELETED" || !isActive(object)) this.#lose(object);
      else this.#consider(object);
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

  /** Asks for pods until there are slots for so many tasks; what has nothing to do for a while is let go. */
  want(slots: number): void {
    if (this.#settings.standalone) return;
    this.#wanted = Math.ceil(slots / this.#settings.slotsEach);
    const turn = ++this.#turns;
    const missing = this.#wanted - this.#pods().filter(isActive).length;
    for (let more = 0; more < missing; more++) this.#ask();
    // Whoever asked may have been refused.
    if (missing > 0) this.#clock.after(5_000, () => this.want(this.#wanted * this.#settings.slotsEach));
    else this.#clock.after(idleMs, () => turn === this.#turns && this.#release());
  }

  #release(): void {
    const isRegistered = (pod: KubeObject) => this.#registered.has(pod.metadata.name);
    const active = this.#pods().filter(isActive);
    const inTurn = [...active.filter(isRegistered), ...active.filter((pod) => !isRegistered(pod))];
    for (const pod of inTurn.slice(this.#wanted)) this.#delete(pod);
  }

  close(): void {
    this.#unsubscribe();
  }

  #pods(): KubeObject[] {
    return this.#server
      .list(resourceTypes.pod, { namespace: this.#settings.namespace })
      .filter((pod) => this.#isMine(pod));
  }

  #isMine({ metadata }: KubeObject): boolean {
    return (
      metadata.namespace === this.#settings.namespace &&
      metadata.labels?.app === this.#settings.clusterId &&
      metadata.labels?.component === "taskmanager"
    );
  }

  #consider(pod: KubeObject): void {
    const { name } = pod.metadata;
    if (!isReady(pod) || this.#registered.has(name)) return;
    this.#clock.after(registerMs, () => {
      const now = this.#server.find(resourceTypes.pod, this.#settings.namespace, name);
      if (now === undefined || !isActive(now) || this.#registered.has(name)) return;
      if (!this.#isFound) return this.#consider(pod);
      this.#registered.add(name);
      // For Flink, one is idle from its registration until it is given something to do.
      this.want(this.#wanted * this.#settings.slotsEach);
      this.#changed();
    });
  }

  get #isFound(): boolean {
    const { namespace, clusterId, standalone } = this.#settings;
    return !standalone || this.#server.find(resourceTypes.service, namespace, clusterId) !== undefined;
  }

  /** Flink takes pods away that have ended, and asks for others. */
  #lose(pod: KubeObject): void {
    const left = this.#server.find(resourceTypes.pod, this.#settings.namespace, pod.metadata.name);
    const { standalone } = this.#settings;
    if (!standalone && left?.metadata.deletionTimestamp === undefined && left && !isActive(left)) {
      this.#clock.after(noticeMs, () => this.#forget(left));
    }
    if (this.#registered.delete(pod.metadata.name)) {
      this.#changed();
      this.want(this.#wanted * this.#settings.slotsEach);
    }
  }

  #ask(): void {
    const { namespace, clusterId, image } = this.#settings;
    const owner = this.#server.find(resourceTypes.deployment, namespace, clusterId);
    if (owner === undefined) return;
    const { metadata, spec } = this.#settings.template;
    const main = "flink-main-container";
    const containers = listAt(spec, "containers");
    const own = { ...containers.find(({ name }) => name === main), name: main, image, ...this.#settings.set };
    const flinkLabels = { app: clusterId, component: "taskmanager", type: "flink-native-kubernetes" };
    const uid = textAt(owner, "metadata", "uid") ?? "";
    try {
      this.#server.create(actor, resourceTypes.pod, {
        metadata: {
          name: `${clusterId}-taskmanager-${this.#attempt}-${++this.#asked}`,
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
      // Flink goes on asking for what it was refused.
      if (!isKubeError(error)) throw error;
    }
  }

  #forget(pod: KubeObject): void {
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
