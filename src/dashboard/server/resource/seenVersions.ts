import { createHash } from "node:crypto";
import { formatJson } from "../../../api/exactJson.ts";
import { createRecentMap } from "../../../runtime/recentMap.ts";
import { editableOf } from "./manifestText.ts";
import type { Subject } from "./subject.ts";

/**
 * What people were shown of resources, by version. The operator writes the status every few seconds, and each write is a new version: an
 * edit goes through if nothing that people write has changed since the version that it began with.
 */
export interface SeenVersions {
  note(subject: Subject): void;
  /** Whether the present resource is as it was shown in that version. */
  isSame(subject: Subject, resourceVersion: string): boolean;
}

export function createSeenVersions(): SeenVersions {
  const shown = createRecentMap<string>(20_000);
  const keyOf = ({ caller, plural, object }: Subject, version: string | undefined): string =>
    `${caller.cluster.name} ${plural} ${object.metadata.uid} ${version}`;
  return {
    note: (subject) => shown.set(keyOf(subject, subject.object.metadata.resourceVersion), digestOf(subject)),
    isSame: (subject, resourceVersion) =>
      resourceVersion === subject.object.metadata.resourceVersion ||
      shown.get(keyOf(subject, resourceVersion)) === digestOf(subject),
  };
}

const digestOf = ({ object }: Subject): string =>
  createHash("sha256")
    .update(formatJson(editableOf(object)))
    .digest("base64url");
