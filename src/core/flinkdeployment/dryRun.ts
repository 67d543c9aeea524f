import { deriveLaunchId } from "../ids.ts";
import type { Action } from "./decision.ts";
import type { Situation } from "./situation.ts";

/** Has the API server judge the objects as they will be launched, but for ids that are not decided yet. */
export function dryRun(situation: Situation): Action {
  const { uid, now, status, generation } = situation;
  const jobId = status.jobStatus?.jobId;
  const launchId = deriveLaunchId(uid, jobId ?? "", now);
  return {
    kind: "dry-run",
    objects: situation.build({ generation, jobId, launchId, restore: { kind: "none" } }),
  };
}
