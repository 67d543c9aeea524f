import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { EventIntent } from "../job/model/decision.ts";
import { EFFECTIVE, withNotEffective } from "../job/status/conditions.ts";
import { noticeEvent } from "../job/status/noticeEvent.ts";
import { blueGreenNotice } from "../warn/warnOfNoEffect.ts";

/** What is written and told about a resource that nothing is done for. */
export interface BlueGreenDecision {
  readonly status: FlinkBlueGreenDeploymentStatus;
  readonly events: readonly EventIntent[];
}

/**
 * A FlinkBlueGreenDeployment is checked at admission and not deployed: its status says so, and one event for each generation.
 * What the Java operator wrote stays. Undefined: all is said. `now` in milliseconds since the epoch.
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
