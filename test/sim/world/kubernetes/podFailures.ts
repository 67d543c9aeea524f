import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import { textAt } from "../json.ts";
import { matchesLabels } from "./selectors.ts";

/** How pods fail on real clusters. Each lasts until it is taken back. */
export type PodFailure =
  /** No node has room: the pod stays Pending. */
  | { kind: "Unschedulable" }
  /** The image cannot be pulled: ErrImagePull, then ImagePullBackOff. */
  | { kind: "ImagePullBackOff" }
  /** The container ends with code 1 soon after it started, again and again. */
  | { kind: "CrashLoopBackOff" }
  /** The kernel kills the container some time after it started. */
  | { kind: "OOMKilled"; afterMs: number };

export class PodFailures {
  readonly #active = new Set<{ labels: Record<string, string>; failure: PodFailure }>();
  /** Pods that cannot even be created: what a quota or a missing service account does. */
  creationRefused: string | undefined;
  /** Images that no registry has. */
  readonly missingImages = new Set<string>();

  inject(labels: Record<string, string>, failure: PodFailure): () => void {
    const entry = { labels, failure };
    this.#active.add(entry);
    return () => this.#active.delete(entry);
  }

  hasImage(pod: KubeObject): boolean {
    const image = textAt(pod, "spec", "containers", 0, "image") ?? "";
    return !this.missingImages.has(image) && this.of(pod, "ImagePullBackOff") === undefined;
  }

  of<K extends PodFailure["kind"]>(pod: KubeObject, kind: K): Extract<PodFailure, { kind: K }> | undefined {
    for (const { labels, failure } of this.#active) {
      if (failure.kind === kind && matchesLabels(labels, pod.metadata.labels)) {
        return failure as Extract<PodFailure, { kind: K }>;
      }
    }
    return undefined;
  }
}
