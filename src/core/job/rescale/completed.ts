import type { JobParallelism } from "../../../api/flinkFacts.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { formatLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { isDeferred } from "./eligibility.ts";

/** Nothing of a change is left. */
export function cleared(situation: Situation): Outcome & { readonly status: FlinkResourceStatus } {
  const { rescale: _, ...rest } = situation.status;
  const error = isDeferred(situation) ? rest.error : undefined;
  return { status: { ...rest, error, observedGeneration: situation.generation }, requeueAfterMs: 0 };
}

/** The spec is recorded as deployed; stable if the previous one was stable. */
export function completed(
  situation: Situation,
  known: JobParallelism,
  events: readonly EventIntent[] = [],
): Outcome {
  const { status, spec, deployed, kind } = situation;
  const { status: base } = cleared(situation);
  const before = status.reconciliationStatus;
  // The job keeps running as it was started, except for its parallelism.
  const recorded = formatLastReconciledSpec(
    { ...spec, job: { ...deployed?.spec.job, parallelism: spec.job?.parallelism } },
    { firstDeployment: deployed?.metadata?.firstDeployment === true },
    kind.spec,
  );
  const wasStable = before?.lastStableSpec === before?.lastReconciledSpec;
  return {
    status: {
      ...base,
      reconciliationStatus: {
        ...before,
        lastReconciledSpec: recorded,
        ...(wasStable ? { lastStableSpec: recorded } : {}),
      },
    },
    events: [...events, ...unknownVertices(situation, known)],
    // The same edit may ask for a snapshot.
    requeueAfterMs: 0,
  };
}

/** Overrides of vertices that the job does not have change nothing. */
function unknownVertices(
  { settings, nextSettings, generation }: Situation,
  { requirements = {} }: JobParallelism,
): EventIntent[] {
  const before = settings.parallelismOverrides();
  const unknown = [...nextSettings.parallelismOverrides()].flatMap(([id, value]) =>
    requirements[id] === undefined && before.get(id) !== value ? [id] : [],
  );
  if (unknown.length === 0) return [];
  const names = unknown.slice(0, 5).join(", ") + (unknown.length > 5 ? ", …" : "");
  return [
    {
      type: "Warning",
      reason: "Scaling",
      component: "Job",
      message: `${flinkOptions.parallelismOverrides.key}: the running job has no vertex with the id ${names}`,
      key: `UnknownVertices: ${generation}`,
      once: true,
    },
  ];
}
