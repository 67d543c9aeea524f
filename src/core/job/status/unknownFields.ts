import type { EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** By the name of a Deployment, what the API server said of its fields; empty: it knows all of them. */
export type JudgedDeployments = ReadonlyMap<string, readonly string[]>;

/**
 * The status with the fields of pod templates that the API server does not know. It leaves them out and creates the rest,
 * so the cluster runs without what they were to bring; one Event says so. Of a Deployment that was not judged this time,
 * what is known stays.
 */
export function withUnknownFields(
  status: FlinkResourceStatus,
  judged: JudgedDeployments,
): { readonly status: FlinkResourceStatus; readonly events: readonly EventIntent[] } {
  const { unknownFields: known = [], ...others } = status;
  const found = [...judged].flatMap(([name, texts]) => texts.map((text) => `${about(name)}${fieldIn(text)}`));
  const kept = known.filter((entry) => ![...judged.keys()].some((name) => entry.startsWith(about(name))));
  const unknownFields = [...kept, ...found].sort();
  if (unknownFields.join() === [...known].sort().join()) return { status, events: [] };
  return {
    status: unknownFields.length === 0 ? others : { ...others, unknownFields },
    events: found.length === 0 ? [] : [unknown(found)],
  };
}

const about = (name: string): string => `Deployment ${name}: `;

const fieldIn = (text: string): string => /^unknown field "(.*)"$/.exec(text)?.[1] ?? text;

const unknown = (fields: readonly string[]): EventIntent => ({
  type: "Warning",
  reason: "UnknownFields",
  component: "JobManagerDeployment",
  message:
    `The API server does not know these fields of the pod template, and leaves them out: ${fields.join("; ")}. ` +
    "Correct the names in the pod template",
});
