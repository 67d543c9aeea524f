import { type Color, templateSpecOf } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { blueGreenChildName } from "../../api/v1beta1/names.ts";
import { LAST_STATE_DUMMY_PATH } from "../job/status/status.ts";
import { readableSpec } from "../spec/lastReconciledSpec.ts";
import { buildChild, isLaunched, isStateless } from "./child.ts";
import type { Outcome } from "./decision.ts";
import { warning } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { removeLeftOver, writeChild } from "./inPlace.ts";
import { changeIn, isFirst, runningOther, type Situation } from "./situation.ts";
import { begun, failing } from "./status.ts";

/**
 * The savepoint that a job was stopped with, or is to start from at its first launch; undefined: it was not stopped with one (yet).
 */
export function lastPathOf(child: ChildFacts): string | undefined {
  const { resource } = child;
  if (!isLaunched(child)) return resource.spec.job?.initialSavepointPath;
  const path = resource.status?.jobStatus?.upgradeSavepointPath;
  const isStopped = readableSpec(resource)?.job?.state === "suspended";
  return isStopped && path !== LAST_STATE_DUMMY_PATH ? path : undefined;
}

/**
 * The FlinkDeployment that runs the job is gone: somebody has deleted it. It is created again, from the savepoint that its deletion
 * took. A stateful job of which no savepoint is known is not started from older state: the user names the path.
 */
export function recreate(situation: Situation, color: Color): Outcome {
  const { resource, status, settings, facts, now } = situation;
  if (facts.invalid !== undefined) return {};
  const left = runningOther(situation, color);
  if (left !== undefined) return removeLeftOver(left);
  const name = blueGreenChildName(resource.metadata.name, color);
  const template = templateSpecOf(resource.spec);
  const isNamed = changeIn(situation, color) === "SAVEPOINT_REDEPLOY";
  const path = isNamed || isStateless(template) ? undefined : status.savepointPath;
  // Of the first one, which has never become ready, the template's own path is what it starts from.
  const isKnown = isNamed || isStateless(template) || path !== undefined || isFirst(situation);
  if (!isKnown) return unknownState(situation, name);
  const written = writeChild(situation, color, buildChild(resource, color, path));
  if (written.actions === undefined) return written;
  const reason = `The FlinkDeployment ${name} was deleted, and is created again.`;
  return {
    ...written,
    status: {
      ...begun(status, resource.spec, now + settings.abortGraceMs),
      blueGreenState: `TRANSITIONING_TO_${color}`,
    },
    explanation: { act: "Recover", reason, ...(path === undefined ? {} : { restoresFrom: path }) },
    events: [warning("RecoverDeployment", reason)],
    requeueAfterMs: settings.intervalMs,
  };
}

function unknownState({ status }: Situation, name: string): Outcome {
  const error =
    `The FlinkDeployment ${name} was deleted, and no savepoint of its job is known. Set ` +
    "spec.template.spec.job.initialSavepointPath to what it goes on from, and a new savepointRedeployNonce";
  return {
    status: failing(status, error),
    errorReason: "RestoreFailed",
    events: status.error === error ? [] : [warning("RestoreFailed", error)],
  };
}
