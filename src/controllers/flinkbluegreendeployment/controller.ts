import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import { decideBlueGreen } from "../../core/flinkbluegreendeployment/decide.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isConflict, isNotFound } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { EventRecorder } from "../../runtime/eventRecorder.ts";
import type { Store } from "../../runtime/store.ts";
import { type Reconciler, UnfinishedReconcile } from "../reconciler.ts";
import { withoutUndefined } from "../stored.ts";

export interface BlueGreenControllerOptions {
  readonly kube: Pick<KubeApi, "replaceStatus">;
  readonly recorder: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly blueGreen: Pick<Store<KubeObject>, "get" | "observeWrite">;
}

/** Reports on each FlinkBlueGreenDeployment that it has no effect. At rest it sends no request to the API server. */
export function createFlinkBlueGreenDeploymentController(options: BlueGreenControllerOptions): Reconciler {
  const { kube, recorder, clock, blueGreen } = options;
  const type = resourceTypes.flinkBlueGreenDeployment;
  return {
    size: 0,
    async reconcile(namespace, name) {
      const found = blueGreen.get(namespace, name);
      const decision = found && decideBlueGreen(found, clock.now());
      if (found === undefined || decision === undefined) return {};
      try {
        blueGreen.observeWrite(
          await kube.replaceStatus(type, { ...found, status: withoutUndefined(decision.status) }),
        );
      } catch (error) {
        if (isNotFound(error)) return {};
        if (isConflict(error)) throw new UnfinishedReconcile("status");
        throw error;
      }
      const about = { ...found, apiVersion: API_VERSION, kind: type.kind };
      for (const event of decision.events) void recorder.record(about, event);
      return {};
    },
  };
}
