/** The validating and the mutating webhook. */
import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { CANARY_LABEL, SESSION_LABEL } from "../api/v1beta1/names.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import type { KubeApi } from "../kube/api.ts";
import { isKubeError, isNotFound } from "../kube/errors.ts";
import type {
  KindValidator,
  ReferredResource,
  ResourceReference,
  ValidationInput,
  ValidationResult,
} from "./kindValidator.ts";
import { changedTemplates, validatePodTemplates } from "./podTemplates.ts";
import { type AdmissionAnswer, type AdmissionRequest, type PatchOperation, ReviewError } from "./review.ts";
import { flinkBlueGreenDeploymentValidator } from "./validators/flinkBlueGreenDeployment.ts";
import { flinkDeploymentValidator } from "./validators/flinkDeployment.ts";
import { flinkSessionJobValidator } from "./validators/flinkSessionJob.ts";
import { flinkStateSnapshotValidator } from "./validators/flinkStateSnapshot.ts";

/** One for each kind that is validated. */
export const validators: readonly KindValidator[] = [
  flinkDeploymentValidator,
  flinkSessionJobValidator,
  flinkStateSnapshotValidator,
  flinkBlueGreenDeploymentValidator,
];

export interface AdmissionOptions {
  /**
   * Reads only the resource that a resource refers to, and its session cluster. Creates nothing: the only request to create
   * is a dry run that asks whether the API server knows the fields of new pod templates.
   */
  readonly kube: Pick<KubeApi, "get" | "create">;
  /** The current configuration of the operator. */
  config(): FlinkConfig;
}

/** Both reject with a ReviewError if the request itself is invalid. */
export interface Admission {
  validate(request: AdmissionRequest): Promise<AdmissionAnswer>;
  mutate(request: AdmissionRequest): Promise<AdmissionAnswer>;
}

const allowed: AdmissionAnswer = { allowed: true };
const nothingFound: ValidationResult = { errors: [], warnings: [] };

export function createAdmission({ kube, config }: AdmissionOptions): Admission {
  async function lookUp(reference: ResourceReference | undefined): Promise<ReferredResource> {
    if (reference === undefined) return "absent";
    try {
      return await kube.get(reference.type, reference.namespace, reference.name);
    } catch (error) {
      if (isNotFound(error)) return "absent";
      if (isKubeError(error)) return "unknown";
      throw error;
    }
  }

  function validateTemplates(
    validator: KindValidator,
    { oldObject }: AdmissionRequest,
    object: KubeObject,
  ): Promise<ValidationResult> {
    const templates = validator.podTemplatesOf?.(object) ?? [];
    const before = (oldObject && validator.podTemplatesOf?.(oldObject)) ?? [];
    return validatePodTemplates(kube, object, changedTemplates(templates, before));
  }

  return {
    async validate(request) {
      const toValidate = objectToValidate(request);
      if (toValidate === undefined) return allowed;
      const { object } = toValidate;
      const validator = validators.find(
        ({ type }) => type.group === request.kind.group && type.kind === request.kind.kind,
      );
      if (validator === undefined || validator.type.version !== request.kind.version)
        return unexpectedKind(request);
      const reference = validator.referenceOf?.(object);
      const target = await lookUp(reference);
      const clusterReference =
        typeof target === "object" ? validator.clusterReferenceOf?.(target) : undefined;
      const cluster = await lookUp(clusterReference);
      const { errors, warnings } = validateWith(validator, {
        object,
        oldObject: request.oldObject,
        operatorConfig: config(),
        lastReconciledSpec: lastReconciledSpecOf(request.oldObject),
        target,
        cluster,
      });
      const fields = errors.length > 0 ? nothingFound : await validateTemplates(validator, request, object);
      const [first, ...others] = [...errors, ...fields.errors];
      if (first !== undefined) return { allowed: false, errors: [first, ...others] };
      const unknown = target === "unknown" ? reference : cluster === "unknown" ? clusterReference : undefined;
      return {
        allowed: true,
        warnings: [
          ...warnings,
          ...fields.warnings,
          ...(unknown === undefined ? [] : [uncheckedWarning(unknown)]),
        ],
      };
    },

    async mutate(request) {
      const object = objectOf(request);
      return object !== undefined && request.kind.kind === resourceTypes.flinkSessionJob.kind
        ? { allowed: true, patch: sessionLabelPatch(object) }
        : allowed;
    },
  };
}

/** Texts that are too long, or nested too deeply, for the rules exceed what a cluster stores, too. */
function validateWith(validator: KindValidator, input: ValidationInput): ValidationResult {
  try {
    return validator.validate(input);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      errors: [{ field: "spec", message: "is too large, or nested too deeply, to be judged" }],
      warnings: [],
    };
  }
}

/** The object of the request. Undefined for deletions, and for subresources, which only the operator and `kubectl scale` write. */
function objectOf({ operation, subResource, object }: AdmissionRequest): KubeObject | undefined {
  if (operation === "DELETE" || operation === "CONNECT" || subResource !== undefined) return undefined;
  if (object === undefined) throw new ReviewError(`request.object must be set for ${operation}`);
  return object;
}

/**
 * Only a new or changed spec is validated. A stored object must stay manageable: its finalizers and labels can change, and
 * the operator reports its errors in the status.
 */
function objectToValidate(request: AdmissionRequest): { readonly object: KubeObject } | undefined {
  const object = objectOf(request);
  if (object === undefined) return undefined;
  const { labels, deletionTimestamp } = object.metadata;
  if (labels?.[CANARY_LABEL] === "true" || deletionTimestamp !== undefined) return undefined;
  const { oldObject } = request;
  const untouched = oldObject !== undefined && isDeepStrictEqual(object.spec, oldObject.spec);
  return untouched ? undefined : { object };
}

function unexpectedKind({ kind: { group, version, kind } }: AdmissionRequest): AdmissionAnswer {
  const known = validators.find(({ type }) => type.group === group && type.kind === kind);
  const error =
    known === undefined
      ? {
          field: "kind",
          message: `Unexpected resource: ${kind}; known are ${validators.map(({ type }) => type.kind).join(", ")}`,
        }
      : { field: "apiVersion", message: `must be ${group}/${known.type.version}, not ${group}/${version}` };
  return { allowed: false, errors: [error] };
}

function lastReconciledSpecOf(stored: KubeObject | undefined): string | undefined {
  const status = stored?.status as
    | { reconciliationStatus?: { lastReconciledSpec?: unknown } }
    | null
    | undefined;
  const text = status?.reconciliationStatus?.lastReconciledSpec;
  return typeof text === "string" ? text : undefined;
}

function uncheckedWarning({ type, name }: ResourceReference): string {
  return `${type.kind} ${name} could not be asked for, so what depends on it was not checked; the operator checks it again`;
}

/** Sets the label by which the Java operator finds the jobs of a session cluster. */
function sessionLabelPatch({ metadata, spec }: KubeObject): PatchOperation[] {
  const name = (spec as { deploymentName?: unknown } | null | undefined)?.deploymentName;
  const { labels } = metadata;
  // An invalid label value is refused as a name by the validation, with a better message.
  if (typeof name !== "string" || !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return [];
  if (labels?.[SESSION_LABEL] === name) return [];
  return labels === undefined || labels === null
    ? [{ op: "add", path: "/metadata/labels", value: { [SESSION_LABEL]: name } }]
    : [{ op: "add", path: `/metadata/labels/${SESSION_LABEL}`, value: name }];
}
