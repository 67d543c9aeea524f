import { type ChangeEffect, changeEffects, type FieldType } from "../../api/declaration.ts";
import { flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { type CanonicalObject, isPlainObject } from "../spec/canonical.ts";
import { canonical } from "../spec/canonicalSpec.ts";
import { changesOf, type FieldChange } from "./changes.ts";
import { describeChanges } from "./text.ts";

/** How a changed spec affects the running cluster, from the mildest to the strongest (REFERENCE 3). */
export type SpecDiffType = "IGNORE" | "APPLY" | "SCALE" | "UPGRADE" | "SAVEPOINT_REDEPLOY";

export interface SpecDiff {
  readonly type: SpecDiffType;
  /** Each field that differs. */
  readonly changes: readonly FieldChange[];
  /** For the event of a new generation, without secrets. */
  readonly text: string;
}

export interface DiffOptions {
  /** The declared spec of the resource's kind. */
  readonly type?: FieldType;
  /** The deployment mode; by default that of the new spec. A session job passes its cluster's mode. */
  readonly mode?: "native" | "standalone";
}

const types: Record<ChangeEffect, SpecDiffType> = {
  ignore: "IGNORE",
  apply: "APPLY",
  scale: "SCALE",
  upgrade: "UPGRADE",
  redeploy: "SAVEPOINT_REDEPLOY",
};

interface Compared {
  readonly after: object;
  readonly type: FieldType;
  readonly mode: "native" | "standalone";
  readonly diff: SpecDiff;
}

/** Cache: usually a reconcile compares the same two objects as the previous one. */
const lastCompared = new WeakMap<object, Compared>();

/** Compares the last reconciled spec with another one. Neither may be modified afterwards. */
export function diffSpec(before: object, after: object, options: DiffOptions = {}): SpecDiff {
  const type = options.type ?? flinkDeploymentSpec;
  const newMode = (after as { mode?: unknown }).mode;
  const mode = options.mode ?? (newMode === "standalone" ? "standalone" : "native");
  const known = lastCompared.get(before);
  if (known?.after === after && known.type === type && known.mode === mode) return known.diff;
  const diff = compare(before, after, type, mode);
  lastCompared.set(before, { after, type, mode, diff });
  return diff;
}

function compare(before: object, after: object, type: FieldType, mode: Compared["mode"]): SpecDiff {
  const changes = changesOf(specOf(before, type), specOf(after, type), type, mode);
  const strongest = Math.max(0, ...changes.map(({ effect }) => changeEffects.indexOf(effect)));
  const result = types[changeEffects[strongest] ?? "ignore"];
  return {
    type: result,
    changes,
    text: describeChanges(result, type.kind === "object" ? type.name : "Spec", changes),
  };
}

function specOf(spec: object, type: FieldType): CanonicalObject {
  const value = canonical(spec, type);
  return isPlainObject(value) ? (value as CanonicalObject) : {};
}
