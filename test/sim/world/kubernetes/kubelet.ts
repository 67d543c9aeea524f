import { resourceTypes } from "../../../../src/api/kubernetes.ts";
import { numberAt } from "../json.ts";
import type { PodFailures } from "./podFailures.ts";
import { type KubeletTimes, type Launch, PodRun } from "./podRun.ts";
import type { ApiServer } from "./server.ts";
import { sameType } from "./store.ts";

/** How long the kubelet takes to notice a deletion: until then the container keeps running. */
const noticeMs = 400;

/** Scheduler and node in one: runs every pod from its creation to its end. */
export class Kubelet {
  readonly #runs = new Map<string, PodRun>();
  #addresses = 0;

  constructor(server: ApiServer, launch: Launch, failures: PodFailures, times: KubeletTimes) {
    server.store.subscribe(({ type, change, object, previous }) => {
      if (!sameType(type, resourceTypes.pod)) return;
      const { uid = "", deletionTimestamp } = object.metadata;
      if (change === "ADDED") {
        this.#runs.set(uid, new PodRun(server, launch, failures, times, object, this.#nextAddress()));
      } else if (change === "DELETED") {
        const run = this.#runs.get(uid);
        this.#runs.delete(uid);
        server.clock.after(noticeMs, () => run?.forget());
      } else if (deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined) {
        const grace = numberAt(object, "metadata", "deletionGracePeriodSeconds") ?? 30;
        server.clock.after(noticeMs, () => this.#runs.get(uid)?.terminate(grace));
      }
    });
  }

  #nextAddress(): string {
    const at = ++this.#addresses;
    return `10.244.${at >> 8}.${at & 255}`;
  }

  /** Kills the container of the pod with this uid at once. */
  killContainer(uid: string, reason: "OOMKilled" | "Error"): void {
    this.#runs.get(uid)?.killContainer(reason);
  }
}
