import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { formatMap, parseMap } from "../../../config/values/structured.ts";
import { ValueError } from "../../../config/values/valueError.ts";
import type { VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { ConfigOverrides, ParallelismOverrides } from "../model/state.ts";
import { withProcessMemory } from "./processMemory.ts";

/**
 * The stored decisions in a spec. The resource keeps the user's spec: they are laid over it in each reconcile, and the
 * difference to the deployed spec is then an ordinary change.
 */
export interface Realisable {
  readonly flinkConfiguration?: Readonly<Record<string, unknown>> | undefined;
  readonly taskManager?: object | undefined;
}

export const parallelismKey = flinkOptions.parallelismOverrides.key;

/**
 * The spec with the parallelism of each vertex. A vertex that the configuration excludes keeps the user's. `deployed`: the text
 * in the deployed spec, which stays if it means the same. Nothing changes while nothing is stored.
 */
export function withParallelism<Spec extends Realisable>(
  spec: Spec,
  stored: ParallelismOverrides | undefined,
  deployed: string | undefined,
  config: FlinkConfig,
): Spec {
  if (stored === undefined || stored.size === 0) return spec;
  const excluded = readOption(config, autoscalerOptions.vertexExcludeIds) ?? [];
  const merged = new Map<VertexId, string>(readOption(config, flinkOptions.parallelismOverrides) ?? []);
  for (const [vertex, parallelism] of stored) {
    if (!excluded.includes(vertex) || !merged.has(vertex)) merged.set(vertex, String(parallelism));
  }
  const text = deployed !== undefined && isSameMap(deployed, merged) ? deployed : formatMap(merged);
  return { ...spec, flinkConfiguration: { ...spec.flinkConfiguration, [parallelismKey]: text } };
}

/** Whether the deployed spec has the parallelism that the user's has with the stored one. Throws AutoscalerError. */
export function isRealised(
  spec: Realisable,
  stored: ParallelismOverrides | undefined,
  deployed: Realisable,
  config: FlinkConfig,
): boolean {
  const now = deployed.flinkConfiguration?.[parallelismKey];
  const text = typeof now === "string" ? now : undefined;
  return withParallelism(spec, stored, text, config).flinkConfiguration?.[parallelismKey] === now;
}

function isSameMap(text: string, map: ReadonlyMap<string, string>): boolean {
  try {
    const other = parseMap(text);
    return other.size === map.size && [...map].every(([key, value]) => other.get(key) === value);
  } catch (error) {
    if (error instanceof ValueError) return false;
    throw error;
  }
}

/** The spec with what memory tuning changes: options, and the memory of the TaskManagers' containers. */
export function withConfigOverrides<Spec extends Realisable>(
  spec: Spec,
  { overrides, removals }: ConfigOverrides,
): Spec {
  const configuration = Object.fromEntries(
    [...Object.entries(spec.flinkConfiguration ?? {}), ...overrides].filter(
      ([key]) => !removals.includes(key),
    ),
  );
  const isUnchanged = overrides.size === 0 && removals.length === 0;
  return withProcessMemory(isUnchanged ? spec : { ...spec, flinkConfiguration: configuration });
}
