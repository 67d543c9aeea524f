import { formatJson } from "../../../api/exactJson.ts";
import { isConflict } from "../../../kube/errors.ts";
import type { ActionAnswer, EditRequest } from "../../contract.ts";
import { HttpError } from "../httpError.ts";
import { patchLocked } from "./lockedPatch.ts";
import { patchFromManifest } from "./manifestText.ts";
import type { SeenVersions } from "./seenVersions.ts";
import type { Subject } from "./subject.ts";

/** Stores an edited manifest, if nobody has edited the resource since. Rejects with an HttpError or a KubeError. */
export async function applyManifest(
  subject: Subject,
  { manifest, resourceVersion }: EditRequest,
  seen: SeenVersions,
): Promise<ActionAnswer> {
  const { object } = subject;
  if (!seen.isSame(subject, resourceVersion)) throw editedMeanwhile();
  const patch = patchFromManifest(subject, manifest);
  if (formatJson(patch) === "{}") return { message: "Nothing is edited.", resourceVersion };
  try {
    const stored = await patchLocked(subject, patch);
    const isEdited = stored.metadata.generation !== object.metadata.generation;
    return {
      message: isEdited ? "The edit is stored, and the operator carries it out." : "The edit is stored.",
      ...(stored.metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: stored.metadata.resourceVersion }),
    };
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw editedMeanwhile();
  }
}

const editedMeanwhile = (): HttpError =>
  new HttpError(
    409,
    "The resource has changed since the editor was opened: load it again, and repeat the edit.",
  );
