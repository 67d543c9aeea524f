import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { APPROVED_GENERATION_ANNOTATION, PROMOTE_ANNOTATION } from "../../../api/v1beta1/names.ts";
import {
  MAX_PARALLELISM,
  restartPatch,
  resumePatch,
  snapshotRequest,
  stableSpecPatch,
  suspendPatch,
} from "../../../views/edits.ts";
import { type ActionAnswer, type ActionRequest, actions } from "../../contract.ts";
import { HttpError } from "../httpError.ts";
import { whyNot } from "./availability.ts";
import { patchLocked } from "./lockedPatch.ts";
import { planPatch } from "./plannedEdit.ts";
import type { Subject } from "./subject.ts";

/** The request of a body. Throws an HttpError. */
export function readActionRequest(body: Partial<ActionRequest>): ActionRequest {
  const { action } = body;
  const known = actions.filter((each) => each !== "edit");
  if (action === undefined || !(known as readonly string[]).includes(action))
    throw new HttpError(400, `action must be one of ${known.join(", ")}.`, "action");
  return { ...body, action };
}

/** Carries an action out, or says what it would do. Rejects with an HttpError or a KubeError. */
export async function actOn(
  subject: Subject,
  request: ActionRequest,
  now: () => number,
): Promise<ActionAnswer> {
  const why = whyNot(request.action, subject);
  if (why !== undefined) throw new HttpError(409, `There is nothing to do: ${why}.`, "action");
  const { action } = request;
  if (action === "savepoint" || action === "checkpoint") return takeSnapshot(subject, request);
  const patch = patchFor(subject, request);
  return request.dryRun === true
    ? planned(subject, request, patch, now)
    : carriedOut(subject, request, patch);
}

/** A merge patch of the resource. */
function patchFor({ object }: Subject, { action, parallelism, to, generation }: ActionRequest): object {
  const present = object.metadata.generation ?? 0;
  switch (action) {
    case "suspend":
      return { spec: suspendPatch(object) };
    case "resume":
      return { spec: resumePatch(object) };
    case "restart":
      return { spec: restartPatch(object) };
    case "rescale":
      return { spec: { job: { parallelism: parallelismOf(object, parallelism) } } };
    case "rollback":
      if (to !== undefined && to !== "stable")
        throw new HttpError(
          400,
          'Only a rollback to "stable" is known: the last spec whose job was stable.',
          "to",
        );
      return { spec: stableSpecPatch(object) };
    case "approve":
    case "promote": {
      // It names the generation that was shown, so an edit that comes between is not approved unseen.
      if (generation === undefined)
        throw new HttpError(400, "generation must be the one that was shown.", "generation");
      if (generation !== present)
        throw new HttpError(
          409,
          `It was edited again: generation ${present}, not ${generation}.`,
          "generation",
        );
      const annotation = action === "approve" ? APPROVED_GENERATION_ANNOTATION : PROMOTE_ANNOTATION;
      return { metadata: { annotations: { [annotation]: String(present) } } };
    }
    case "savepoint":
    case "checkpoint":
      throw new HttpError(400, "A snapshot is no edit.", "action");
  }
}

function parallelismOf(object: KubeObject, given: number | undefined): number {
  if (given === undefined || !Number.isInteger(given) || given < 1 || given > MAX_PARALLELISM)
    throw new HttpError(400, `parallelism must be a whole number, 1 to ${MAX_PARALLELISM}.`, "parallelism");
  if (asFlinkDeployment(object).spec.job?.parallelism === given)
    throw new HttpError(409, "There is nothing to do: it has this parallelism already.", "parallelism");
  return given;
}

async function planned(
  subject: Subject,
  request: ActionRequest,
  patch: object,
  now: () => number,
): Promise<ActionAnswer> {
  if (request.action === "approve") return approvalOf(subject.object);
  if (request.action === "promote")
    return { message: "The new side takes the place of the old one, which is then taken down." };
  const { effect, summary, restarts, downtimeMs, restoresFrom, errors } = await planPatch(
    subject,
    patch,
    now,
  );
  return {
    message: errors[0]?.message ?? summary,
    effect,
    restarts,
    ...(restoresFrom === undefined ? {} : { restoresFrom }),
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
  };
}

/** The operator has planned it itself. */
function approvalOf(object: KubeObject): ActionAnswer {
  const {
    effect = "a restart",
    steps = [],
    restoresFrom,
    downtimeMs,
    changes = [],
  } = asFlinkDeployment(object).status?.pendingChange ?? {};
  const from = restoresFrom === undefined ? "" : ` It goes on from ${restoresFrom}.`;
  return {
    message: `The change (${changes.join(", ")}) is carried out: ${steps.join("; ") || effect}.${from}`,
    restarts: effect === "restart" || effect === "waits",
    ...(downtimeMs == null ? {} : { downtimeMs: Number(downtimeMs) }),
  };
}

const asked: Readonly<Record<ActionRequest["action"], string>> = {
  suspend: "It is to be suspended.",
  resume: "It is to run.",
  restart: "It is to restart.",
  savepoint: "A savepoint is asked for.",
  checkpoint: "A checkpoint is asked for.",
  rescale: "It is to be rescaled.",
  rollback: "Its spec is that of the last stable run again.",
  approve: "The change is approved.",
  promote: "The new side is to take the place of the old one.",
};

async function carriedOut(subject: Subject, { action }: ActionRequest, patch: object): Promise<ActionAnswer> {
  return { message: asked[action], ...versionOf(await patchLocked(subject, patch)) };
}

async function takeSnapshot(
  { caller, object }: Subject,
  { action, dryRun }: ActionRequest,
): Promise<ActionAnswer> {
  const request = snapshotRequest(object, { checkpoint: action === "checkpoint" });
  const stored = await caller.kube.create(
    resourceTypes.flinkStateSnapshot,
    request,
    dryRun === true ? { dryRun } : {},
  );
  return dryRun === true
    ? {
        message: `A ${action} is taken of the running job, which goes on.`,
        effect: "nothing",
        restarts: false,
      }
    : {
        message: `${asked[action]} It is FlinkStateSnapshot ${stored.metadata.name}.`,
        snapshot: stored.metadata.name,
      };
}

const versionOf = ({ metadata }: KubeObject): Pick<ActionAnswer, "resourceVersion"> =>
  metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion };
