/** The validation of one kind. */
import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import type { NamedTemplate } from "../core/validate/podTemplateFields.ts";
import type { ValidationError } from "../core/validate/validationError.ts";

/** A reference to another resource. */
export interface ResourceReference {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
}

/** "unknown": it could not be read, so nothing can be concluded. */
export type ReferredResource = KubeObject | "absent" | "unknown";

export interface ValidationInput {
  /** The object that would be stored. Its structure is not validated yet. */
  readonly object: KubeObject;
  /** The stored object before the write. Undefined: the object is created. Its structure is not validated either. */
  readonly oldObject: KubeObject | undefined;
  readonly operatorConfig: FlinkConfig;
  /** status.reconciliationStatus.lastReconciledSpec. Undefined: not reconciled yet. */
  readonly lastReconciledSpec: string | undefined;
  /** The resource of `referenceOf`. "absent" if there is no reference. */
  readonly target: ReferredResource;
  /** The resource of `clusterReferenceOf`. "absent" if there is no reference. */
  readonly cluster: ReferredResource;
}

export interface ValidationResult {
  readonly errors: readonly ValidationError[];
  readonly warnings: readonly string[];
}

export interface KindValidator {
  readonly type: ResourceType;
  /** The resource that the validation needs in addition. */
  referenceOf?(object: KubeObject): ResourceReference | undefined;
  /** The session cluster of that resource, which the validation needs, too. */
  clusterReferenceOf?(target: KubeObject): ResourceReference | undefined;
  /** The pod templates in an object in which `validate` finds no error. */
  podTemplatesOf?(object: KubeObject): readonly NamedTemplate[];
  /** Must not throw for any object, except a RangeError for an object that is too large. */
  validate(input: ValidationInput): ValidationResult;
}
