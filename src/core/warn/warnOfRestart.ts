/** The effect of a valid change of a spec on a running job, as a warning for the user. */
import { changeEffects, type FieldType } from "../../api/declaration.ts";
import type { JobSpec, UpgradeMode } from "../../api/v1beta1/common.ts";
import { type DiffOptions, diffSpec } from "../diff/diff.ts";
import { changesOnlyParallelism } from "../job/rescale/eligibility.ts";

interface SpecWithJob {
  readonly job?: JobSpec | undefined;
}

export interface Change {
  /** The last reconciled spec. */
  readonly deployed: SpecWithJob;
  readonly desired: SpecWithJob;
  /** The declared spec of the kind. */
  readonly type: FieldType;
  readonly mode?: DiffOptions["mode"];
  /** What the plan of the change does with the state, as an upgrade mode. Absent or undefined: what the spec asks for. */
  planned?(): UpgradeMode | undefined;
  /** Of a resource whose edits need approval: its name. */
  readonly approvedAs?: string | undefined;
}

const maxFields = 4;

/** Undefined: nothing running is disrupted. */
export function warnOfRestart({
  deployed,
  desired,
  type,
  mode,
  planned,
  approvedAs,
}: Change): string | undefined {
  const diff = diffSpec(deployed, desired, { type, ...(mode === undefined ? {} : { mode }) });
  const disturbing = diff.changes.filter(
    ({ effect }) => changeEffects.indexOf(effect) >= changeEffects.indexOf("scale"),
  );
  if (disturbing.length === 0) return undefined;
  const fields = disturbing.slice(0, maxFields).map(({ path }) => `spec.${path}`);
  const more = disturbing.length - fields.length;
  const what = [...fields, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  const does = effectOn(
    deployed.job,
    desired.job,
    changesOnlyParallelism({ diff }) ? "SCALE" : diff.type,
    planned?.() ?? desired.job?.upgradeMode ?? "stateless",
  );
  const scalesInPlace =
    diff.type === "SCALE" && (mode ?? (desired as { mode?: unknown }).mode) === "standalone";
  const waits = approvedAs !== undefined && desired.job?.state !== "suspended" && !scalesInPlace;
  const after = waits ? `, once it is approved: kubectl flink approve ${approvedAs}` : "";
  return does && `the change of ${what} ${does}${after}`;
}

function effectOn(
  before: JobSpec | undefined,
  job: JobSpec | undefined,
  type: ReturnType<typeof diffSpec>["type"],
  restore: UpgradeMode,
): string | undefined {
  if (before === undefined || job === undefined)
    return type === "SCALE"
      ? "scales the session cluster in place: jobs on a TaskManager that goes start again from their newest checkpoint"
      : "restarts the session cluster, and with it every job on it";
  const [ranBefore, runsAfter] = [before, job].map(({ state = "running" }) => state === "running");
  if (!ranBefore) return undefined;
  if (type === "SAVEPOINT_REDEPLOY" && runsAfter)
    return (
      `stops the job without a snapshot and starts it again from ${job.initialSavepointPath ?? "initialSavepointPath"}; ` +
      "state younger than that is given up"
    );
  if (!runsAfter) return `stops the job: ${stops[restore]}`;
  const restarts = `restarts the job: ${resumes[restore]}`;
  return type === "SCALE" ? `rescales the job in place where that can be; else it ${restarts}` : restarts;
}

const resumes = {
  savepoint: "it is stopped with a savepoint and goes on from that",
  "last-state": "it goes on from its newest checkpoint",
  stateless: "it starts empty, without its state",
} as const;

const stops = {
  savepoint: "with a savepoint, from which it can be resumed",
  "last-state": "it can be resumed from its newest checkpoint",
  stateless: "its state is given up",
} as const;
