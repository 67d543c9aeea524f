import type { FieldDeclaration, FieldType } from "../../api/declaration.ts";
import { parseJson } from "../../api/exactJson.ts";
import { apiVersionOf, resourceTypes } from "../../api/kubernetes.ts";
import {
  type FlinkDeploymentSpec,
  type FlinkDeploymentStatus,
  flinkDeploymentSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import { isPlainObject } from "./canonical.ts";
import { canonical } from "./canonicalSpec.ts";
import { formatJavaJson } from "./javaJson.ts";

/**
 * status.reconciliationStatus.lastReconciledSpec and lastStableSpec: the spec as last reconciled, in the form that
 * the Java operator reads and writes (REFERENCE 1.3). The Java operator compares the two as strings, so the string
 * written here is identical, byte for byte.
 *
 * One exception: JavaScript objects put keys that look like array indices first.
 */
export interface LastReconciledSpec<Spec = FlinkDeploymentSpec> {
  readonly spec: Spec;
  /** Absent in the form of early versions of the Java operator. */
  readonly metadata: SpecMetadata | undefined;
}

export interface SpecMetadata {
  /** True from the first deployment until the first upgrade. */
  readonly firstDeployment: boolean;
}

const apiVersion = apiVersionOf(resourceTypes.flinkDeployment);

/** `type` is the declared spec of the resource's kind. */
export function formatLastReconciledSpec(
  spec: object,
  metadata: SpecMetadata,
  type: FieldType = flinkDeploymentSpec,
): string {
  return formatJavaJson({
    spec: canonical(spec, type),
    resource_metadata: { apiVersion, firstDeployment: metadata.firstDeployment },
  });
}

/**
 * Undefined if there is no text. Throws if the text is not a stored spec: treating it as absent would deploy as if
 * for the first time, without the job's state.
 */
export function readLastReconciledSpec<Spec = FlinkDeploymentSpec>(
  text: string | undefined,
  type: FieldType = flinkDeploymentSpec,
): LastReconciledSpec<Spec> | undefined {
  if (text === undefined || text === "") return undefined;
  const known = lastRead.get(text);
  if (known?.type === type) return known.read as LastReconciledSpec<Spec>;
  const { spec, metadata } = partsOf(parse(text));
  const read = { spec: frozen(withoutNulls(spec, type)) as Spec, metadata };
  remember(text, { type, read });
  return read;
}

/** The spec in it. Also undefined if it cannot be read, which the resource's own controller reports. */
export function readableSpec<Spec = FlinkDeploymentSpec>(
  resource: { readonly status?: Pick<FlinkDeploymentStatus, "reconciliationStatus"> | undefined } | undefined,
  type: FieldType = flinkDeploymentSpec,
): Spec | undefined {
  try {
    return readLastReconciledSpec<Spec>(resource?.status?.reconciliationStatus?.lastReconciledSpec, type)
      ?.spec;
  } catch {
    return undefined;
  }
}

interface Read {
  readonly type: FieldType;
  readonly read: LastReconciledSpec<unknown>;
}

/**
 * Cache: a reconcile reads one text several times, and the next one usually reads the same. Its values are immutable.
 */
const lastRead = new Map<string, Read>();
const maxCached = 64;

function remember(text: string, read: Read): void {
  lastRead.set(text, read);
  if (lastRead.size > maxCached) for (const [oldest] of lastRead) return void lastRead.delete(oldest);
}

function frozen(value: unknown): unknown {
  if (typeof value === "object" && value !== null)
    for (const field of Object.values(Object.freeze(value))) frozen(field);
  return value;
}

type JsonObject = Readonly<Record<string, unknown>>;

function parse(text: string): JsonObject {
  let stored: unknown;
  try {
    stored = parseJson(text);
  } catch (error) {
    throw unreadable("it is not JSON", error);
  }
  if (!isPlainObject(stored)) throw unreadable("it is not a JSON object");
  return stored;
}

function partsOf(stored: JsonObject): { spec: JsonObject; metadata: SpecMetadata | undefined } {
  if (!isPlainObject(stored.resource_metadata)) {
    // The early form: the spec itself, plus an apiVersion field.
    const { apiVersion: _, ...spec } = stored;
    return { spec, metadata: undefined };
  }
  if (!isPlainObject(stored.spec)) throw unreadable("it has no spec");
  return {
    spec: stored.spec,
    metadata: { firstDeployment: stored.resource_metadata.firstDeployment === true },
  };
}

const unreadable = (why: string, cause?: unknown): Error =>
  new Error(
    `The spec recorded in status.reconciliationStatus cannot be read: ${why}. ` +
      "Nothing is done, since it is not known what runs.",
    cause === undefined ? undefined : { cause },
  );

/** Removes explicit nulls of declared fields. Free-form fields stay unchanged. */
export function withoutNulls(value: unknown, type: FieldType): unknown {
  if (type.kind !== "object" || type.model !== "own" || !isPlainObject(value)) return value;
  const types = new Map(type.fields.map((field: FieldDeclaration) => [field.name, field.type]));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => {
        const declared = types.get(name);
        return [name, declared === undefined ? field : withoutNulls(field, declared)];
      }),
  );
}
