import { operatorOptions } from "../../config/operatorOptions.ts";
import { decideDeletionBy } from "../job/deletion/deletion.ts";
import { forceHint, isForced } from "../job/deletion/forceDeletion.ts";
import { awaitDeletion, nextToDelete, remainingObjects } from "../job/deletion/remainingObjects.ts";
import { savepointOnDeletion } from "../job/deletion/savepointOnDeletion.ts";
import type { Action } from "../job/model/decision.ts";
import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { mayHaveHaMetadata } from "../job/restore/haMetadata.ts";
import { leftInHa } from "../job/restore/unreadableHaMetadata.ts";
import type { Explanation } from "../job/status/decisionRecord.ts";
import { cancelFirst } from "../job/suspension/cancelFirst.ts";
import { factsOf } from "../job/warm/standby.ts";
import { blockedSession } from "./sessioncluster/blockedDeletion.ts";

/** Ordered so that nothing deleted can be created again. The first step with an outcome decides the reconcile. */
const steps: readonly Step[] = [
  releaseHeldName,
  blockedSession,
  savepointOnDeletion,
  cancelJob,
  deleteOther,
  deleteCluster,
  awaitCluster,
  removeFinalizer,
];

/** Deletes the cluster and removes the finalizer. Reports what blocks the deletion (invariant 5). */
export const decideDeletion = (before: Situation): Outcome => decideDeletionBy(steps, explain, before);

/** The cluster of this name is that of another resource. */
function releaseHeldName({ facts: { heldBy } }: Situation): Outcome | undefined {
  return heldBy === undefined ? undefined : { actions: [{ kind: "remove-finalizer" }] };
}

const deletionRequestedAt = ({ resource }: Situation): number =>
  Date.parse(resource.metadata.deletionTimestamp ?? "");

function cancelJob(situation: Situation): Outcome | undefined {
  if (situation.facts.jobManager?.deleting || isForced(situation)) return undefined;
  return cancelFirst(situation, deletionRequestedAt(situation));
}

/** A standby, or what a job has moved from. */
function deleteOther({ facts: { other } }: Situation): Outcome | undefined {
  if (other?.jobManager === undefined || other.jobManager.deleting) return undefined;
  return { actions: [{ kind: "delete-deployment", name: other.clusterId, uid: other.jobManager.uid }] };
}

function deleteCluster(situation: Situation): Outcome | undefined {
  const next = nextToDelete(situation);
  return next && { actions: [next] };
}

/** How long a forced deletion waits for the deleted objects to disappear. */
const FORCED_TIMEOUT_MS = 30_000;

function awaitCluster(situation: Situation): Outcome | undefined {
  const { other } = situation.facts;
  const remaining = remainingObjects(situation.facts) ?? (other && remainingObjects(factsOf(other)));
  const since = deletionRequestedAt(situation);
  if (remaining === undefined) return undefined;
  if (isForced(situation) && situation.now - since >= FORCED_TIMEOUT_MS) return undefined;
  return awaitDeletion(situation, remaining, since, forceHint(situation));
}

function removeFinalizer(situation: Situation): Outcome {
  const left = leftInHa(situation);
  return {
    ...(left === undefined ? {} : { events: [left] }),
    actions: [...deleteConfigMaps(situation), { kind: "remove-finalizer" }],
  };
}

/** Those of Flink's high availability have no owner. The others go with the resource. */
function deleteConfigMaps(situation: Situation): Action[] {
  if (!mayHaveHaMetadata(situation)) return [];
  const { facts, status, resource } = situation;
  const clusterIds = [
    resource.metadata.name,
    facts.clusterId,
    facts.other?.clusterId,
    facts.otherIsTaken === true ? undefined : status.warmUpgrade?.clusterId,
  ].filter((id) => id !== undefined);
  return [...new Set(clusterIds)].map((clusterId) => ({ kind: "delete-config-maps", clusterId, all: true }));
}

function explain(situation: Situation): Explanation {
  const { settings, status } = situation;
  const option = operatorOptions.savepointOnDeletion.key;
  return {
    act: "Delete",
    reason: "The resource is being deleted.",
    facts: [
      ...(situation.facts.sessionJobs === undefined
        ? [
            `The job was ${status.jobStatus?.state ?? "never seen"}`,
            `${option}: ${settings.savepointOnDeletion}`,
          ]
        : []),
      ...(isForced(situation) ? ["The deletion is forced"] : []),
    ],
  };
}
