import { diffSpec } from "../../diff/diff.ts";
import { deriveSpecHash } from "../../ids.ts";
import type { LastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { FlinkResource, FlinkResourceStatus } from "../model/flinkResource.ts";
import type { ResourceKind } from "../model/resourceKind.ts";

interface Checked {
  readonly kind: ResourceKind;
  /** With the decisions of the autoscaler in its spec. */
  readonly resource: FlinkResource;
  readonly status: FlinkResourceStatus;
  readonly deployed: LastReconciledSpec | undefined;
}

/**
 * Why the SQL script of this spec is refused, by the result of its check; undefined: it is not, or is not known yet. A
 * refused script is an invalid spec: the deployed one stays in effect, whatever becomes of the job meanwhile.
 */
export function refusedScript({
  kind,
  resource: { spec },
  status: { sqlCheck },
  deployed,
}: Checked): { readonly field: string; readonly message: string } | undefined {
  if (sqlCheck === undefined || !isCheckOf(sqlCheck, spec)) return undefined;
  const { problem, stateLosses = [] } = sqlCheck;
  const isLoss = stateLosses.length > 0 && spec.job?.allowNonRestoredState !== true;
  if (problem === undefined && !isLoss) return undefined;
  // Nothing is to be changed.
  if (deployed !== undefined && diffSpec(deployed.spec, spec, { type: kind.spec }).type === "IGNORE")
    return undefined;
  const field = "spec.job.sql";
  if (problem !== undefined) return { field, message: `${problem}${whenMended(spec)}` };
  const message =
    `the new script does not go on from all state of the running job: ${stateLosses.join("; ")}. ` +
    "Set spec.job.allowNonRestoredState: true to accept that, upgradeMode: stateless to start anew, or change the script";
  return { field, message };
}

/** A change of what the script refers to is none of the spec. */
function whenMended({ job }: FlinkResource["spec"]): string {
  const { scriptFrom = [], variablesFrom = [] } = job?.sql ?? {};
  return scriptFrom.length + variablesFrom.length === 0
    ? ""
    : ". If what the script refers to is mended, another spec.restartNonce has it checked again";
}

/** Whether the result is that of this spec. A decision of the autoscaler makes another spec of the same generation. */
export const isCheckOf = (
  { specHash }: NonNullable<FlinkResourceStatus["sqlCheck"]>,
  spec: FlinkResource["spec"],
): boolean => specHash === deriveSpecHash(spec);
