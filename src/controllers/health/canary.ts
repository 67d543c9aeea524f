import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { CANARY_LABEL, FINALIZER } from "../../api/v1beta1/names.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isNotFound } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ReconcileResult } from "../../runtime/queue.ts";
import type { Logger } from "../../telemetry/log.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";
import { removeFinalizer } from "../removeFinalizer.ts";

export const isCanary = ({ metadata }: KubeObject): boolean => metadata.labels?.[CANARY_LABEL] === "true";

export interface CanaryOptions {
  readonly kube: Pick<KubeApi, "mergePatch" | "jsonPatch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the reconcile of a change may take, in milliseconds. */
  timeoutMs(): number;
  /** The resource as last read. */
  current(namespace: string, name: string): KubeObject | undefined;
}

/**
 * Canary resources are never deployed. The operator changes them periodically and expects that each change leads to a
 * reconcile, through watch, store and queue (REFERENCE 1.25).
 */
export interface Canaries {
  reconcile(resource: KubeObject): Promise<ReconcileResult>;
  overdue(): string[];
  stop(): void;
  readonly size: number;
}

interface Canary {
  /** The generation at the last reconcile. */
  seen: number;
  overdue: boolean;
  cancel: () => void;
}

export function createCanaries({ kube, clock, log, timeoutMs, current }: CanaryOptions): Canaries {
  const canaries = new Map<string, Canary>();
  const type = resourceTypes.flinkDeployment;

  function remove(key: string): void {
    canaries.get(key)?.cancel();
    canaries.delete(key);
  }

  /** Changes the resource, checks after the timeout whether the change was reconciled, and repeats. */
  function probe(key: string, namespace: string, name: string): void {
    const canary = canaries.get(key);
    const resource = current(namespace, name);
    if (canary === undefined || resource === undefined || !isCanary(resource)) {
      remove(key);
      return;
    }
    const before = canary.seen;
    let changed = false;
    const restartNonce = (asFlinkDeployment(resource).spec.restartNonce ?? 0) + 1;
    kube.mergePatch(type, namespace, name, { spec: { restartNonce } }).then(
      () => {
        changed = true;
      },
      (error: unknown) => {
        if (!isNotFound(error)) log.warn({ error, canary: key }, "a canary could not be changed");
      },
    );
    canary.cancel = clock.after(timeoutMs(), () => {
      // If the change failed, there is nothing to reconcile: the API server is at fault.
      if (changed) {
        canary.overdue = canary.seen <= before;
        if (canary.overdue) log.error({ canary: key }, "The change of a canary was not seen in time");
      }
      probe(key, namespace, name);
    });
  }

  return {
    async reconcile(resource) {
      const { namespace = "", name, generation = 0, deletionTimestamp } = resource.metadata;
      const key = clusterKey(namespace, name);
      if (deletionTimestamp !== undefined) {
        remove(key);
        // A canary has nothing to clean up, whoever added the finalizer.
        await removeFinalizer(kube, type, resource, FINALIZER);
        return {};
      }
      const known = canaries.get(key);
      if (known !== undefined) {
        known.seen = generation;
        known.overdue = false;
        return {};
      }
      canaries.set(key, { seen: generation, overdue: false, cancel: () => {} });
      log.info({ canary: key }, "Watching a canary");
      probe(key, namespace, name);
      return {};
    },
    overdue: () => [...canaries].filter(([, { overdue }]) => overdue).map(([key]) => key),
    stop() {
      for (const key of [...canaries.keys()]) remove(key);
    },
    get size() {
      return canaries.size;
    },
  };
}
