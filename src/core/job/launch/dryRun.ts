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
  if (situation.facts.session !== undefined) return [];
  const objects = newObjects(situation);
  return [
    {
      kind: "dry-run",
      objects: isNewToTaskManagers(situation) ? objects : { ...objects, taskManagerTrial: undefined },
    },
  ];
}

/**
 * Validates only the TaskManagers, before a JobManager is created where there is none. A native JobManager requests pods
 * that the API server refuses again and again, and reports this only in its log.
 */
export function dryRunTaskManagers(situation: Situation): readonly Action[] {
  if (situation.facts.session !== undefined || !isNewToTaskManagers(situation)) return [];
  const { taskManagers, taskManagerTrial, ...objects } = newObjects(situation);
  return taskManagers === undefined && taskManagerTrial === undefined
    ? []
    : [{ kind: "dry-run", objects: { ...objects, taskManagers, taskManagerTrial }, only: "TaskManagers" }];
}

const isNewToTaskManagers = ({ deployed, diff }: Situation): boolean =>
  deployed === undefined ||
  diff?.changes.some(({ path }) => /^(podTemplate|taskManager|job\.(sql\.|python\.)?jars)\b/.test(path)) ===
    true;

/** The objects of the next launch, with placeholders for ids that are not decided yet. */
export function newObjects(situation: Situation) {
  const { uid, now, status, generation } = situation;
  const jobId = status.jobStatus?.jobId;
  const launchId = deriveLaunchId(uid, jobId ?? "", now);
  return situation.build({
    generation,
    jobId,
    launchId,
    restore: { kind: "none" },
    earlierLaunches: earlierLaunches(status, launchId),
  });
}
