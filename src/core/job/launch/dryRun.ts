import { deriveLaunchId } from "../../ids.ts";
import type { Action } from "../model/decision.ts";
import type { Situation } from "../model/situation.ts";
import { earlierLaunches } from "./earlierLaunches.ts";

/**
 * Validates the objects of the launch on the API server, with placeholders for ids that are not decided yet. The
 * TaskManagers' pods of a native cluster get a request of their own if their template changed. A session job has no
 * objects.
 */
export function dryRun(situation: Situation): readonly Action[] {
  const { uid, now, status, generation, diff } = situation;
  if (situation.facts.session !== undefined) return [];
  const jobId = status.jobStatus?.jobId;
  const launchId = deriveLaunchId(uid, jobId ?? "", now);
  const earlier = earlierLaunches(status, launchId);
  const objects = situation.build({
    generation,
    jobId,
    launchId,
    restore: { kind: "none" },
    earlierLaunches: earlier,
  });
  const changed = diff?.changes.some(({ path }) => /^(podTemplate|taskManager)\b/.test(path)) === true;
  return [{ kind: "dry-run", objects: changed ? objects : { ...objects, taskManagerTrial: undefined } }];
}
