/** The answers to the two questions of the API server: whether an object may be stored, and how it is completed. */
import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { CANARY_LABEL, SESSION_LABEL } from "../api/v1beta1/names.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import type { KubeApi } from "../kube/api.ts";
import { isKubeError, isNotFound } from "../kube/errors.ts";
import { changedTemplates, judgePodTemplates } from "./podTemplates.ts";
import { type AdmissionAnswer, type AdmissionRequest, type PatchOperation, ReviewError } from "./review.ts";
import type { Case, Subject, Target, TargetReference, Verdict } from "./subject.ts";
import { flinkBlueGreenDeploymentSubject } from "./subjects/flinkBlueGreenDeployment.ts";
import { flinkDeploymentSubject } from "./subjects/flinkDeployment.ts";
import { flinkSessionJobSubject } from "./subjects/flinkSessionJob.ts";
import { flinkStateSnapshotSubject } from "./subjects/flinkStateSnapshot.ts";

/** By the kinds that are judged. */
export const subjects: readonly Subject[] = [
  flinkDeploymentSubject,
  flinkSessionJobSubject,
  flinkStateSnapshotSubject,
  flinkBlueGreenDeploymentSubject,
];

export interface AdmissionOptions {
  /**
   * Asked for the one other resource that a resource names, and for its session cluster; and, in a request that cannot
   * create anything, whether it knows the fields of new pod templates.
   */
  readonly kube: Pick<KubeApi, "get" | "create">;
  /** The operator's own configuration, as it is now. */
  config(): FlinkConfig;
}

/** Both reject with a ReviewError where the question itself makes no sense. */
export interface Admission {
  validate(request: AdmissionRequest): Promise<AdmissionAnswer>;
  mutate(request: AdmissionRequest): Promise<AdmissionAnswer>;
}

const allowed: AdmissionAnswer = { allowed: true };
const noVerdict: Verdict = { errors: [], warnings: [] };

export function createAdmission({ kube, config }: AdmissionOptions): Admission {
  async function lookUp(named: TargetReference | undefined): Promise<Target> {
    if (named === undefined) return "absent";
    try {
      return await kube.get(named.type, named.namespace, named.name);
    } catch (error) {
      if (isNotFound(error)) return "absent";
      if (isKubeError(error)) return "unknown";
      throw error;
    }
  }

  function judgeFields(
    subject: Subject,
    { oldObject }: AdmissionRequest,
    object: KubeObject,
  ): Promise<Verdict> {
    const templates = subject.podTemplatesOf?.(object) ?? [];
    const before = (oldObject && subject.podTemplatesOf?.(oldObject)) ?? [];
    return judgePodTemplates(kube, object, changedTemplates(templates, before));
  }

  return {
    async validate(request) {
      const judged = judgedOf(request);
      if (judged === undefined) return allowed;
      const { object } = judged;
      const subject = subjects.find(
        ({ type }) => type.group === request.kind.group && type.kind === request.kind.kind,
      );
      if (subject === undefined || subject.type.version !== request.kind.version) return unexpected(request);
      const named = subject.targetOf?.(object);
      const target = await lookUp(named);
      const runsOn = typeof target === "object" ? subject.clusterOf?.(target) : undefined;
      const cluster = await lookUp(runsOn);
      const { errors, warnings } = judge(subject, {
        object,
        oldObject: request.oldObject,
        operatorConfig: config(),
        lastReconciledSpec: lastReconciledSpecOf(request.oldObject),
        target,
        cluster,
      });
      const fields = errors.length > 0 ? noVerdict : await judgeFields(subject, request, object);
      const [first, ...others] = [...errors, ...fields.errors];
      if (first !== undefined) return { allowed: false, errors: [first, ...others] };
      const unknown = target === "unknown" ? named : cluster === "unknown" ? runsOn : undefined;
      return {
        allowed: true,
        warnings: [...warnings, ...fields.warnings, ...(unknown === undefined ? [] : [unchecked(unknown)])],
      };
    },

    async mutate(request) {
      const object = objectOf(request);
      return object !== undefined && request.kind.kind === resourceTypes.flinkSessionJob.kind
        ? { allowed: true, patch: labelOfTarget(object) }
        : allowed;
    },
  };
}

/** What is too long a text, or nested too deeply, for the rules to look at is more than a cluster stores, too. */
function judge(subject: Subject, of: Case): Verdict {
  try {
    return subject.judge(of);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      errors: [{ field: "spec", message: "is too large, or nested too deeply, to be judged" }],
      warnings: [],
    };
  }
}

/** What is to be looked at: not what goes, and not a subresource, which only the operator and `kubectl scale` write. */
function objectOf({ operation, subResource, object }: AdmissionRequest): KubeObject | undefined {
  if (operation === "DELETE" || operation === "CONNECT" || subResource !== undefined) return undefined;
  if (object === undefined) throw new ReviewError(`request.object must be set for ${operation}`);
  return object;
}

/**
 * Only a spec that is new is judged. Whatever is stored already must stay manageable: its finalizers go, its labels
 * change, and the operator says in its status what is wrong with it.
 */
function judgedOf(request: AdmissionRequest): { readonly object: KubeObject } | undefined {
  const object = objectOf(request);
  if (object === undefined) return undefined;
  const { labels, deletionTimestamp } = object.metadata;
  if (labels?.[CANARY_LABEL] === "true" || deletionTimestamp !== undefined) return undefined;
  const { oldObject } = request;
  const untouched = oldObject !== undefined && isDeepStrictEqual(object.spec, oldObject.spec);
  return untouched ? undefined : { object };
}

function unexpected({ kind: { group, version, kind } }: AdmissionRequest): AdmissionAnswer {
  const known = subjects.find(({ type }) => type.group === group && type.kind === kind);
  const error =
    known === undefined
      ? {
          field: "kind",
          message: `Unexpected resource: ${kind}; known are ${subjects.map(({ type }) => type.kind).join(", ")}`,
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

function unchecked({ type, name }: TargetReference): string {
  return `${type.kind} ${name} could not be asked for, so what depends on it was not checked; the operator checks it again`;
}

/** The label by which the Java operator finds the jobs of a session cluster. */
function labelOfTarget({ metadata, spec }: KubeObject): PatchOperation[] {
  const name = (spec as { deploymentName?: unknown } | null | undefined)?.deploymentName;
  const { labels } = metadata;
  // What is no value of a label is refused as a name, in better words than those for a label.
  if (typeof name !== "string" || !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return [];
  if (labels?.[SESSION_LABEL] === name) return [];
  return labels === undefined || labels === null
    ? [{ op: "add", path: "/metadata/labels", value: { [SESSION_LABEL]: name } }]
    : [{ op: "add", path: `/metadata/labels/${SESSION_LABEL}`, value: name }];
}
