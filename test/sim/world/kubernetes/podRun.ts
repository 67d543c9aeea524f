import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { JAR_FETCHER } from "../../../../src/core/build/jarFetcher.ts";
import { JAR_REQUEST_FILE, type JarRequest } from "../../../../src/core/build/jarRequest.ts";
import { isImageReference } from "../../../../src/core/validate/imageReference.ts";
import { isNotFound } from "../../../../src/kube/errors.ts";
import { equal, isObject, listAt, textAt } from "../json.ts";
import { recordEvent } from "./events.ts";
import { timestamp } from "./metadata.ts";
import { mountFiles } from "./mounts.ts";
import type { PodFailures } from "./podFailures.ts";
import { type PodCondition, podStatus } from "./podStatus.ts";
import type { ApiServer } from "./server.ts";

/** The process in a pod's container. */
export interface PodProcess {
  /** Whether its probe would succeed. */
  ready(): boolean;
  /** SIGTERM. */
  terminate(): void;
  /** SIGKILL: the process ends at once. */
  kill(): void;
}

/** Called when the process ends, with its exit code and what it has written as its termination message. */
export type Exited = (code: number, message?: string) => void;

/** Starts the process of a pod's container. `files` are those of its ConfigMap volumes when they were mounted. */
export type Launch = (pod: KubeObject, files: ReadonlyMap<string, string>, exited: Exited) => PodProcess;

export interface KubeletTimes {
  scheduleMs: number;
  pullMs: number;
  probeMs: number;
}

const actor = "kubelet";

/** The life cycle of one pod: scheduled, volumes mounted, image pulled, container running, ended and restarted. */
export class PodRun {
  readonly #server: ApiServer;
  readonly #launch: Launch;
  readonly #failures: PodFailures;
  readonly #times: KubeletTimes;
  readonly #pod: KubeObject;
  readonly #ip: string;
  #process: PodProcess | undefined;
  #isOver = false;
  #startedAt = 0;
  #condition: PodCondition = {
    scheduled: false,
    prepared: false,
    ready: false,
    phase: "Pending",
    state: { waiting: { reason: "ContainerCreating" } },
    lastState: undefined,
    restartCount: 0,
    podIp: undefined,
    initContainer: undefined,
  };

  constructor(
    server: ApiServer,
    launch: Launch,
    failures: PodFailures,
    times: KubeletTimes,
    pod: KubeObject,
    ip: string,
  ) {
    this.#server = server;
    this.#launch = launch;
    this.#failures = failures;
    this.#times = times;
    this.#pod = pod;
    this.#ip = ip;
    this.#after(times.scheduleMs, () => this.#schedule());
  }

  /** The pod is being deleted. */
  terminate(graceSeconds: number): void {
    if (this.#isOver) return;
    if (this.#process === undefined) {
      this.#after(200, () => this.#finish());
      return;
    }
    this.#process.terminate();
    this.#after(graceSeconds * 1000, () => this.#finish());
  }

  /** The pod object is gone: the process ends at once. */
  forget(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#isOver = true;
  }

  /** Kills the container at once, like the kernel or a user on the node. */
  killContainer(reason: "OOMKilled" | "Error"): void {
    this.#process?.kill();
    this.#ended(137, reason);
  }

  #schedule(): void {
    if (this.#read() === undefined) return;
    if (this.#failures.of(this.#pod, "Unschedulable") !== undefined) {
      this.#updateStatus({ scheduled: false });
      this.#event("Warning", "FailedScheduling", "0/1 nodes are available: 1 Insufficient memory.");
      this.#after(5_000, () => this.#schedule());
      return;
    }
    const { namespace = "", name, uid } = this.#pod.metadata;
    const patch = { metadata: { uid }, spec: { nodeName: "node" } };
    this.#server.mergePatch("scheduler", resourceTypes.pod, namespace, name, patch);
    this.#updateStatus({ scheduled: true });
    this.#after(100, () => this.#mount(500));
  }

  #mount(retryMs: number): void {
    const { files, missing } = mountFiles(this.#server, this.#pod);
    if (missing !== undefined) {
      this.#event("Warning", "FailedMount", missing);
      this.#after(retryMs, () => this.#mount(Math.min(retryMs * 2, 122_000)));
      return;
    }
    this.#updateStatus({ prepared: true, podIp: this.#ip });
    this.#after(this.#times.pullMs, () => this.#pull(files, 0));
  }

  #pull(files: ReadonlyMap<string, string>, attempts: number): void {
    const invalidImage = listAt(this.#pod, "spec", "containers").find(
      ({ image }) => !isImageReference(String(image)),
    );
    if (invalidImage !== undefined) {
      const message = `Failed to apply default image tag "${invalidImage.image}": couldn't parse image name`;
      this.#updateStatus({ state: { waiting: { reason: "InvalidImageName", message } } });
      this.#event("Warning", "InspectFailed", message);
      return;
    }
    if (!this.#failures.hasImage(this.#pod)) {
      const image = textAt(this.#pod, "spec", "containers", 0, "image");
      const reason = attempts === 0 ? "ErrImagePull" : "ImagePullBackOff";
      const message = `Back-off pulling image "${image}": not found`;
      this.#updateStatus({ state: { waiting: { reason, message } } });
      this.#event("Warning", "Failed", `Error: ${reason}`);
      this.#after(10_000, () => this.#pull(files, attempts + 1));
      return;
    }
    this.#fetchJars(files, 0);
  }

  /** The init container that fetches jars, where the pod has it: it is started again until it succeeds. */
  #fetchJars(files: ReadonlyMap<string, string>, restartCount: number): void {
    const [fetcher] = listAt(this.#pod, "spec", "initContainers").filter(({ name }) => name === JAR_FETCHER);
    const request = files.get(`${textAt(fetcher, "args", 1)}/${JAR_REQUEST_FILE}`) ?? '{"jars":[]}';
    const message = (JSON.parse(request) as JarRequest).jars
      .map(({ uri }) => this.#failures.jarError(uri))
      .find((error) => error !== undefined);
    if (message === undefined) {
      this.#updateStatus({ initContainer: undefined });
      this.#start(files);
      return;
    }
    const now = this.#now();
    const terminated = { exitCode: 1, reason: "Error", message, startedAt: now, finishedAt: now };
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" };
    this.#updateStatus({
      initContainer: { name: JAR_FETCHER, state: { waiting }, lastState: { terminated }, restartCount },
    });
    this.#after(10_000, () => this.#fetchJars(files, restartCount + 1));
  }

  #start(files: ReadonlyMap<string, string>): void {
    this.#startedAt = this.#server.clock.now();
    const crashes = this.#failures.of(this.#pod, "CrashLoopBackOff") !== undefined;
    const launch = crashes ? this.#launchCrashing : this.#launch;
    const process = launch(this.#pod, files, (code, message) => {
      if (this.#process === process) this.#ended(code, code === 0 ? "Completed" : "Error", files, message);
    });
    this.#process = process;
    const oom = this.#failures.of(this.#pod, "OOMKilled");
    if (oom !== undefined) {
      this.#after(oom.afterMs, () => {
        if (this.#process !== process) return;
        process.kill();
        this.#ended(137, "OOMKilled", files);
      });
    }
    this.#updateStatus({ phase: "Running", ready: false, state: { running: { startedAt: this.#now() } } });
    this.#probe(process);
  }

  #probe(process: PodProcess): void {
    if (this.#isOver || this.#process !== process) return;
    const ready = process.ready();
    if (ready !== this.#condition.ready) this.#updateStatus({ ready });
    if (!ready) {
      const refused = `Startup probe failed: Get "http://${this.#ip}:8081/config": connection refused`;
      this.#event("Warning", "Unhealthy", refused);
    }
    // A startup probe runs until it succeeds once; Flink's pods have no other probes.
    if (!ready) this.#after(this.#times.probeMs, () => this.#probe(process));
  }

  #launchCrashing: Launch = (_pod, _files, exited) => {
    const cancel = this.#server.clock.after(2_000, () => exited(1));
    return { ready: () => false, terminate: () => exited(143), kill: cancel };
  };

  #ended(code: number, reason: string, files?: ReadonlyMap<string, string>, message?: string): void {
    this.#process = undefined;
    if (this.#isOver) return;
    const { deletionTimestamp } = this.#read()?.metadata ?? {};
    if (deletionTimestamp !== undefined) {
      this.#after(200, () => this.#finish());
      return;
    }
    const terminated = {
      exitCode: code,
      reason,
      ...(message === undefined ? {} : { message }),
      startedAt: timestamp(this.#server.clock, this.#startedAt - this.#server.clock.now()),
      finishedAt: this.#now(),
    };
    if (textAt(this.#pod, "spec", "restartPolicy") !== "Always") {
      this.#updateStatus({ phase: code === 0 ? "Succeeded" : "Failed", ready: false, state: { terminated } });
      return;
    }
    const { restartCount } = this.#condition;
    this.#updateStatus({ ready: false, state: { terminated } });
    const backOffMs = restartCount === 0 ? 1_000 : Math.min(10_000 * 2 ** (restartCount - 1), 300_000);
    if (restartCount > 0) {
      const message = `back-off ${backOffMs / 1000}s restarting failed container`;
      this.#after(1_000, () => {
        this.#updateStatus({
          state: { waiting: { reason: "CrashLoopBackOff", message } },
          lastState: { terminated },
        });
        this.#event("Warning", "BackOff", "Back-off restarting failed container");
      });
    }
    this.#after(backOffMs, () => {
      this.#updateStatus({ restartCount: restartCount + 1, lastState: { terminated } });
      this.#start(files ?? mountFiles(this.#server, this.#pod).files);
    });
  }

  #finish(): void {
    if (this.#isOver) return;
    this.forget();
    const { namespace = "", name, uid } = this.#pod.metadata;
    try {
      const options = { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }) };
      this.#server.delete(actor, resourceTypes.pod, namespace, name, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #read(): KubeObject | undefined {
    const { namespace = "", name, uid } = this.#pod.metadata;
    const found = this.#server.find(resourceTypes.pod, namespace, name);
    return found?.metadata.uid === uid ? found : undefined;
  }

  #updateStatus(change: Partial<PodCondition>): void {
    this.#condition = { ...this.#condition, ...change };
    const pod = this.#read();
    if (pod === undefined) return;
    const status = podStatus(pod, this.#condition, this.#now());
    if (!equal(status, isObject(pod.status) ? pod.status : {})) {
      this.#server.setStatus(actor, resourceTypes.pod, pod, status);
    }
  }

  #event(type: "Normal" | "Warning", reason: string, message: string): void {
    recordEvent(this.#server, actor, this.#pod, type, reason, message);
  }

  #now(): string {
    return timestamp(this.#server.clock);
  }

  #after(ms: number, run: () => void): void {
    this.#server.clock.after(ms, () => {
      if (!this.#isOver) run();
    });
  }
}
