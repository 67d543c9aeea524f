/** AdmissionReview of admission.k8s.io/v1: the API server's request and the response. */
import { formatJson, parseJson } from "../api/exactJson.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import type { ValidationError } from "../core/validate/validationError.ts";

export const REVIEW_API_VERSION = "admission.k8s.io/v1";
const reviewKind = "AdmissionReview";

export const operations = ["CREATE", "UPDATE", "DELETE", "CONNECT"] as const;

export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly operation: (typeof operations)[number];
  /** For example "status". Undefined: the object itself. */
  readonly subResource: string | undefined;
  /** Undefined on deletion. Its fields are not validated yet. */
  readonly object: KubeObject | undefined;
  /** Undefined on creation. */
  readonly oldObject: KubeObject | undefined;
}

/** An operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: "add" | "replace";
  readonly path: string;
  readonly value: unknown;
}

export type AdmissionAnswer =
  | {
      readonly allowed: true;
      readonly warnings?: readonly string[];
      /** Absent or empty: the object is not changed. */
      readonly patch?: readonly PatchOperation[];
    }
  | {
      readonly allowed: false;
      readonly errors: readonly [ValidationError, ...ValidationError[]];
      readonly warnings?: readonly string[];
    };

/** The request is not a valid AdmissionReview. */
export class ReviewError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ReviewError";
  }
}

/** Throws ReviewError. */
export function readReview(text: string): AdmissionRequest {
  const { apiVersion, kind, request } = objectOf(parse(text), "the body");
  if (kind !== reviewKind) throw new ReviewError(`kind must be ${reviewKind}, not ${shown(kind)}`);
  if (apiVersion !== REVIEW_API_VERSION)
    throw new ReviewError(
      `apiVersion must be ${REVIEW_API_VERSION}, not ${shown(apiVersion)}: set admissionReviewVersions to ["v1"]`,
    );
  const { uid, kind: of, operation, subResource, object, oldObject } = objectOf(request, "request");
  if (typeof uid !== "string" || uid === "") throw new ReviewError("request.uid must be a text");
  const { group, version, kind: name } = objectOf(of, "request.kind");
  if (typeof group !== "string" || typeof version !== "string" || typeof name !== "string")
    throw new ReviewError("request.kind must have the texts group, version and kind");
  if (!operations.includes(operation as AdmissionRequest["operation"]))
    throw new ReviewError(
      `request.operation must be one of ${operations.join(", ")}, not ${shown(operation)}`,
    );
  return {
    uid,
    kind: { group, version, kind: name },
    operation: operation as AdmissionRequest["operation"],
    subResource: typeof subResource === "string" && subResource !== "" ? subResource : undefined,
    object: kubeObjectOf(object, "request.object"),
    oldObject: kubeObjectOf(oldObject, "request.oldObject"),
  };
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new ReviewError("the body is not JSON");
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ReviewError(`${what} must be an object`);
  return value as Record<string, unknown>;
}

function kubeObjectOf(value: unknown, what: string): KubeObject | undefined {
  if (value === undefined || value === null) return undefined;
  const { metadata, ...rest } = objectOf(value, what);
  return { ...rest, metadata: { ...objectOf(metadata, `${what}.metadata`) } as KubeObject["metadata"] };
}

const shown = (value: unknown): string => (value === undefined ? "absent" : formatJson(value).slice(0, 60));

/** The API server sends warnings as HTTP headers, and truncates all of them together at 4096 characters. */
const maxWarningLength = 240;
const maxWarnings = 12;

export function formatReview(uid: string, answer: AdmissionAnswer): string {
  const warnings = (answer.warnings ?? []).slice(0, maxWarnings).map(shorten);
  return formatJson({
    apiVersion: REVIEW_API_VERSION,
    kind: reviewKind,
    response: {
      uid,
      allowed: answer.allowed,
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(answer.allowed ? patchOf(answer.patch) : { status: statusOf(answer.errors) }),
    },
  });
}

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length <= maxWarningLength ? line : `${line.slice(0, maxWarningLength - 1)}…`;
};

/** An empty patch is omitted: the API server would count, log and audit it as a change (FLINK-39509). */
const patchOf = (patch: readonly PatchOperation[] = []) =>
  patch.length === 0
    ? {}
    : { patchType: "JSONPatch", patch: Buffer.from(formatJson(patch)).toString("base64") };

const statusOf = (errors: readonly ValidationError[]) => ({
  status: "Failure",
  code: 422,
  reason: "Invalid",
  message: errors.map(({ field, message }) => `${field}: ${message}`).join("; "),
  details: {
    causes: errors.map(({ field, message }) => ({ reason: "FieldValueInvalid", field, message })),
  },
});
