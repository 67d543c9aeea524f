import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { CANARY_LABEL, FINALIZER } from "../../api/v1beta1/names.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isNotFound } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ReconcileResult } from "../../runtime/queue.ts";
import type { Logger } from "../../telemetry/log.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";

export const isCanary = ({ metadata }: KubeObject): boolean => metadata.labels?.[CANARY_LABEL] === "true";

export interface CanaryOptions {
  readonly kube: Pick<KubeApi, "mergePatch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a change may stay unseen. */
  timeoutMs(): number;
  /** The resource as it was last read. */
  current(namespace: string, name: string): KubeObject | undefined;
}

/**
 * Resources that are never deployed: the operator changes them itself, again and again, and expects each change to
 * come back to it as a pass, through watch, store and queue (REFERENCE 1.25).
 */
export interface Canaries {
  pass(resource: KubeObject): Promise<ReconcileResult>;
  overdue(): string[];
  stop(): void;
}

interface Canary {
  /** The generation that the last pass saw. */
  seen: number;
  overdue: boolean;
  cancel: () => void;
}

export function createCanaries({ kube, clock, log, timeoutMs, current }: CanaryOptions): Canaries {
  const canaries = new Map<string, Canary>();
  const type = resourceTypes.flinkDeployment;

  function forget(key: string): void {
    canaries.get(key)?.cancel();
    canaries.delete(key);
  }

  /** Changes the resource and looks, when the time is over, whether a pass has seen that; then once more. */
  function prove(key: string, namespace: string, name: string): void {
    const canary = canaries.get(key);
    const resource = current(namespace, name);
    if (canary === undefined || resource === undefined || !isCanary(resource)) {
      forget(key);
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
      // What was not changed cannot be seen: that is the API server's problem.
      if (changed) {
        canary.overdue = canary.seen <= before;
        if (canary.overdue) log.error({ canary: key }, "The change of a canary was not seen in time");
      }
      prove(key, namespace, name);
    });
  }

  return {
    async pass(resource) {
      const { namespace = "", name, generation = 0, finalizers = [], deletionTimestamp } = resource.metadata;
      const key = clusterKey(namespace, name);
      if (deletionTimestamp !== undefined) {
        forget(key);
        // There is nothing to clean up, whoever put it there.
        if (finalizers.includes(FINALIZER)) {
          await kube.mergePatch(type, namespace, name, {
            metadata: { finalizers: finalizers.filter((each) => each !== FINALIZER) },
          });
        }
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
      prove(key, namespace, name);
      return {};
    },
    overdue: () => [...canaries].filter(([, { overdue }]) => overdue).map(([key]) => key),
    stop() {
      for (const key of [...canaries.keys()]) forget(key);
    },
  };
}
