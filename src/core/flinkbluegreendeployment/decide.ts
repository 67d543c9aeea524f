import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { EventIntent } from "../job/model/decision.ts";
import { EFFECTIVE, withNotEffective } from "../job/status/conditions.ts";
import { noticeEvent } from "../job/status/noticeEvent.ts";
import { blueGreenNotice } from "../warn/warnOfNoEffect.ts";

/** The status and the events of a resource that the operator does not deploy. */
export interface BlueGreenDecision {
  readonly status: FlinkBlueGreenDeploymentStatus;
  readonly events: readonly EventIntent[];
}

/**
 * A FlinkBlueGreenDeployment is validated at admission and not deployed. Its status reports that, and one event for each
 * generation. The fields of the Java operator stay. Undefined: it is reported already. `now` in milliseconds since the epoch.
 */
export function decideBlueGreen(
  { metadata, status }: KubeObject,
  now: number,
): BlueGreenDecision | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const before = (status ?? {}) as FlinkBlueGreenDeploymentStatus;
  const { generation = 0 } = metadata;
  const known = before.conditions?.find(({ type }) => type === EFFECTIVE);
  const { reason, message } = blueGreenNotice;
  if (known?.reason === reason && known.message === message && known.observedGeneration === generation)
    return undefined;
  return {
    status: { ...before, conditions: withNotEffective(before.conditions, blueGreenNotice, generation, now) },
    events: [noticeEvent(blueGreenNotice, generation)],
  };
}
