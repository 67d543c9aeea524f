import type { FlinkFacts, JobParallelism, JobVertex } from "../../api/flinkFacts.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { flattenConfiguration } from "../../config/values/configTree.ts";
import { parseMap } from "../../config/values/structured.ts";
import { ValueError } from "../../config/values/valueError.ts";
import type { Decision } from "../job/model/decision.ts";
import type { Facts } from "../job/model/facts.ts";
import type { FlinkResource, FlinkResourceSpec } from "../job/model/flinkResource.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";

/** Stands for the vertices that have no override. */
const OTHER_VERTICES = "other";
/** Flink's own limit. */
const NO_LIMIT = 32_768;

/**
 * The answer of Flink that a decision asks for, where nobody has asked: a job whose vertices have the parallelism of the deployed
 * spec, and no limit.
 */
export function withAssumedParallelism(
  facts: Facts,
  { spec, status }: FlinkResource,
  { poll }: Decision,
): Facts {
  const { flink } = facts;
  if (flink === undefined || flink.parallelism !== undefined) return facts;
  if (poll?.want.parallelism !== true || poll.jobId === undefined) return facts;
  const deployed = readLastReconciledSpec(status?.reconciliationStatus?.lastReconciledSpec)?.spec;
  const parallelism = assumed(flink, poll.jobId, deployed, spec);
  const total = parallelism.vertices.reduce((sum, { running }) => sum + running, 0);
  const jobs = (flink.jobs ?? []).map((job) =>
    job.id === poll.jobId ? { ...job, tasks: { running: total, total } } : job,
  );
  return { ...facts, flink: { ...flink, jobs, parallelism } };
}

function assumed(
  { observedAt }: FlinkFacts,
  jobId: string,
  deployed: FlinkResourceSpec | undefined,
  spec: FlinkResourceSpec,
): JobParallelism {
  const own = deployed?.job?.parallelism ?? 1;
  const known = overridesOf(deployed);
  const ids = [OTHER_VERTICES, ...new Map([...known, ...overridesOf(spec)]).keys()];
  const vertices = ids
    .map((id) => [id, known.get(id) ?? own] as const)
    .map(
      ([id, parallelism]): JobVertex => ({
        id,
        name: id,
        parallelism,
        maxParallelism: NO_LIMIT,
        running: parallelism,
      }),
    );
  const bounds = (upperBound: number) => ({ parallelism: { lowerBound: 1, upperBound } });
  const requirements = Object.fromEntries(vertices.map(({ id, parallelism }) => [id, bounds(parallelism)]));
  return { jobId, at: observedAt, requirements, vertices };
}

/** What cannot be read is reported by the decision. */
function overridesOf(spec: FlinkResourceSpec | undefined): ReadonlyMap<string, number> {
  const { key } = flinkOptions.parallelismOverrides;
  const text = flattenConfiguration(spec?.flinkConfiguration).get(key) ?? "";
  try {
    return new Map([...parseMap(text)].map(([id, value]) => [id, Number(value)]));
  } catch (error) {
    if (error instanceof ValueError) return new Map();
    throw error;
  }
}
