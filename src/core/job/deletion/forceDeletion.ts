import { FORCE_DELETE_ANNOTATION } from "../../../api/v1beta1/names.ts";
import type { Situation } from "../model/situation.ts";

/** The user wants the resource deleted, even if the cleanup is incomplete. */
export const isForced = ({ resource }: Situation): boolean =>
  resource.metadata.annotations?.[FORCE_DELETE_ANNOTATION] === "true";

/** What to do about a deletion that is blocked. */
export const forceHint = ({ kind, resource: { metadata } }: Situation): string =>
  `To delete it all the same: kubectl annotate ${kind.type.kind.toLowerCase()} ${metadata.name} ${FORCE_DELETE_ANNOTATION}=true`;
