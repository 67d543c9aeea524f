import type { KubeApi } from "./api.ts";
import { isKubeError } from "./errors.ts";

/** The API, and what an overloaded API server asks for. */
export interface ObservedApi {
  readonly kube: KubeApi;
  /** How long it wants no retry from this client, in milliseconds: the rest of the newest Retry-After of a 429 or 503. */
  retryAfterMs(): number;
}

/**
 * Follows which requests an overloaded API server refuses. Its priority and fairness counts all requests of one client together,
 * so a wait that it asks for one request holds for the retries of all.
 */
export function observeOverload(kube: KubeApi, now: () => number): ObservedApi {
  let notBefore = 0;

  const observed =
    <Args extends unknown[], Answer>(request: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      try {
        return await request(...args);
      } catch (error) {
        if (isKubeError(error))
          notBefore = Math.max(notBefore, now() + (error.retryAfterSeconds ?? 0) * 1_000);
        throw error;
      }
    };

  return {
    kube: {
      get: observed((...args) => kube.get(...args)),
      list: observed((...args) => kube.list(...args)),
      newestVersion: observed((...args) => kube.newestVersion(...args)),
      create: observed((...args) => kube.create(...args)),
      apply: observed((...args) => kube.apply(...args)),
      replaceStatus: observed((...args) => kube.replaceStatus(...args)),
      mergePatch: observed((...args) => kube.mergePatch(...args)),
      jsonPatch: observed((...args) => kube.jsonPatch(...args)),
      delete: observed((...args) => kube.delete(...args)),
      podLog: observed((...args) => kube.podLog(...args)),
      watch: (...args) => kube.watch(...args),
    },
    retryAfterMs: () => Math.max(0, notBefore - now()),
  };
}
