import type { FlinkResource, FlinkResourceStatus } from "../model/flinkResource.ts";

/**
 * Why the SQL script of this generation is refused, by the result of its check; undefined: it is not, or is not known yet. A
 * refused script is an invalid spec: the deployed one stays in effect, whatever becomes of the job meanwhile.
 */
export function refusedScript(
  { metadata, spec }: FlinkResource,
  { sqlCheck }: FlinkResourceStatus,
): { readonly field: string; readonly message: string } | undefined {
  if (sqlCheck?.generation !== metadata.generation) return undefined;
  const { problem, stateLosses = [] } = sqlCheck ?? {};
  const field = "spec.job.sql";
  if (problem !== undefined) return { field, message: problem };
  if (stateLosses.length === 0 || spec.job?.allowNonRestoredState === true) return undefined;
  const message =
    `the new script does not go on from all state of the running job: ${stateLosses.join("; ")}. ` +
    "Set spec.job.allowNonRestoredState: true to accept that, upgradeMode: stateless to start anew, or change the script";
  return { field, message };
}
