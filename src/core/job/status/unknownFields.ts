import type { EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** The warnings of the API server about fields, by the name of the Deployment. Empty: it knows all fields. */
export type FieldChecks = ReadonlyMap<string, readonly string[]>;

/**
 * Puts the fields of pod templates that the API server does not know into the status. The API server drops them and creates
 * the rest, so the cluster runs without them; one event reports this. The entries of a Deployment that was not checked in
 * this reconcile stay.
 */
export function withUnknownFields(
  status: FlinkResourceStatus,
  checks: FieldChecks,
): { readonly status: FlinkResourceStatus; readonly events: readonly EventIntent[] } {
  const { unknownFields: known = [], ...others } = status;
  const found = [...checks].flatMap(([name, texts]) =>
    texts.map((text) => `${prefixOf(name)}${fieldIn(text)}`),
  );
  const kept = known.filter((entry) => ![...checks.keys()].some((name) => entry.startsWith(prefixOf(name))));
  const unknownFields = [...kept, ...found].sort();
  if (unknownFields.join() === [...known].sort().join()) return { status, events: [] };
  return {
    status: unknownFields.length === 0 ? others : { ...others, unknownFields },
    events: found.length === 0 ? [] : [unknown(found)],
  };
}

const prefixOf = (name: string): string => `Deployment ${name}: `;

const fieldIn = (text: string): string => /^unknown field "(.*)"$/.exec(text)?.[1] ?? text;

const unknown = (fields: readonly string[]): EventIntent => ({
  type: "Warning",
  reason: "UnknownFields",
  component: "JobManagerDeployment",
  message:
    `The API server does not know these fields of the pod template, and leaves them out: ${fields.join("; ")}. ` +
    "Correct the names in the pod template",
});
