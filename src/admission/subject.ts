/** What admission knows of a kind. */
import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import type { NamedTemplate } from "../core/validate/podTemplateFields.ts";
import type { ValidationError } from "../core/validate/validationError.ts";

/** Another resource that a resource names. */
export interface TargetReference {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
}

/** "unknown": it could not be asked for, so nothing may be concluded. */
export type Target = KubeObject | "absent" | "unknown";

export interface Case {
  /** As it would be stored; its structure is not known to be right. */
  readonly object: KubeObject;
  /** As it is stored before the write; undefined where it is created. Nothing is known of its structure either. */
  readonly oldObject: KubeObject | undefined;
  readonly operatorConfig: FlinkConfig;
  /** status.reconciliationStatus.lastReconciledSpec; undefined: nothing was acted on yet. */
  readonly lastReconciledSpec: string | undefined;
  /** What `targetOf` names; "absent" where it names nothing. */
  readonly target: Target;
  /** What `clusterOf` names; "absent" where it names nothing. */
  readonly cluster: Target;
}

export interface Verdict {
  readonly errors: readonly ValidationError[];
  readonly warnings: readonly string[];
}

export interface Subject {
  readonly type: ResourceType;
  /** What has to be known before a resource is judged. */
  targetOf?(object: KubeObject): TargetReference | undefined;
  /** What has to be known beside what `targetOf` names: where that runs. */
  clusterOf?(target: KubeObject): TargetReference | undefined;
  /** The pod templates in an object that `judge` finds nothing wrong with. */
  podTemplatesOf?(object: KubeObject): readonly NamedTemplate[];
  /** Must not throw, whatever the object is, but a RangeError where it is too much. */
  judge(of: Case): Verdict;
}
