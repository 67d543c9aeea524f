import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import { textAt } from "../json.ts";
import { matchesLabels } from "./selectors.ts";

/** Failures of pods on real clusters. Each lasts until it is removed. */
export type PodFailure =
  /** No node has capacity: the pod stays Pending. */
  | { kind: "Unschedulable" }
  /** The image cannot be pulled: ErrImagePull, then ImagePullBackOff. */
  | { kind: "ImagePullBackOff" }
  /** The container exits with code 1 soon after each start. */
  | { kind: "CrashLoopBackOff" }
  /** The kernel kills the container some time after each start. */
  | { kind: "OOMKilled"; afterMs: number };

export class PodFailures {
  readonly #active = new Set<{ labels: Record<string, string>; failure: PodFailure }>();
  /** The reason why pods cannot be created, such as a quota or a missing service account. */
  creationRefused: string | undefined;
  /** Images that do not exist. */
  readonly missingImages = new Set<string>();
  /** The error of an init container that fetches this jar; undefined: it is there. */
  jarError: (uri: string) => string | undefined = () => undefined;

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
