import type {
  JobParallelism,
  JobVertex,
  ParallelismBounds,
  ResourceRequirements,
} from "../../../api/flinkFacts.ts";
import type { Rescale } from "../../../api/v1beta1/commonStatus.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { formatMap, parseMap } from "../../../config/values/structured.ts";
import type { Settings } from "../model/settings.ts";
import type { Situation } from "../model/situation.ts";

/** The parallelism of vertices, by id. */
export type Parallelism = ReadonlyMap<string, number>;

/** Which parallelism the vertices of the running job are to have. */
export interface Target {
  /** Of the vertices that change: what the deployed spec gives them, and what the new one does. */
  readonly before: Parallelism;
  readonly after: Parallelism;
}

/** The most vertices that one change may have: the status names each. */
const MAX_VERTICES = 500;

/** What a spec asks for. */
interface Asked {
  readonly default: number;
  readonly overrides: ReadonlyMap<string, string>;
}

/**
 * The target of a change from the deployed spec to the new one, or why there is none, as a clause. `begun`: the parallelism
 * before the change under way, which Flink may have noted already.
 *
 * Flink does not tell which vertices set their own parallelism. Those with the default of the deployed spec follow it; the others
 * keep theirs, as after a restart.
 */
export function targetOf(
  situation: Pick<Situation, "spec" | "deployed" | "settings" | "nextSettings">,
  { requirements = {}, vertices }: JobParallelism,
  begun: Parallelism,
): Target | string {
  const { spec, deployed, settings, nextSettings } = situation;
  const [old, next] = [asked(deployed?.spec, settings), asked(spec, nextSettings)];
  const before = new Map<string, number>();
  const after = new Map<string, number>();
  let follows = false;
  let isFree = false;
  for (const [id, { parallelism }] of Object.entries(requirements)) {
    const vertex = vertices.find((each) => each.id === id);
    const present = begun.get(id) ?? parallelism.upperBound;
    const override = next.overrides.get(id);
    if (override === undefined && old.overrides.has(id)) return `the override of vertex ${id} is removed`;
    isFree ||= override === undefined;
    // One that has the new default already follows too: Flink may have noted it before a change was forgotten.
    follows ||= override === undefined && (present === old.default || present === next.default);
    const wanted =
      override !== undefined
        ? Number(override)
        : present === old.default && !isSingle(vertex)
          ? next.default
          : present;
    if (wanted !== present || begun.has(id)) {
      const problem = problemOf(id, vertex, wanted);
      if (problem !== undefined) return problem;
      before.set(id, present);
      after.set(id, wanted);
    }
  }
  if (old.default !== next.default && isFree && !follows)
    return `no vertex has the parallelism ${old.default} of the deployed spec`;
  if (before.size > MAX_VERTICES) return `more than ${MAX_VERTICES} vertices change`;
  return { before, after };
}

/** A session job is submitted with the parallelism of its spec. */
const asked = (spec: Situation["spec"] | undefined, settings: Settings): Asked => ({
  default:
    (spec?.flinkVersion === undefined ? spec?.job?.parallelism : undefined) ?? settings.defaultParallelism,
  overrides: settings.parallelismOverrides(),
});

/** The program allows no other parallelism than 1. */
const isSingle = (vertex: JobVertex | undefined): boolean => vertex?.maxParallelism === 1;

/** What Flink does not refuse in every case may end its process. */
function problemOf(id: string, vertex: JobVertex | undefined, wanted: number): string | undefined {
  if (vertex === undefined) return undefined;
  const name = `vertex ${id} (${vertex.name})`;
  const { parallelismOverrides } = flinkOptions;
  if (!Number.isInteger(wanted) || wanted < 1)
    return `${parallelismOverrides.key}: the parallelism of ${name} must be a whole number of 1 or more`;
  return wanted > vertex.maxParallelism
    ? `${name} can have a parallelism of ${vertex.maxParallelism} at most, and not ${wanted}`
    : undefined;
}

/** Flink has told of each vertex that it has requirements of. Its two answers are of different times. */
export const isComplete = ({ requirements = {}, vertices }: JobParallelism): boolean =>
  vertices.length > 0 && Object.keys(requirements).every((id) => vertices.some((vertex) => vertex.id === id));

/**
 * What to ask Flink for. `firm`: a rise without a smaller parallelism in between, so that the job runs on until all its slots are
 * there. Otherwise each lower bound that is firm becomes 1: with a higher one, a job that has lost slots fails.
 */
export function requirementsFor(
  present: ResourceRequirements,
  { before, after }: Target,
  firm: boolean,
): ResourceRequirements {
  return Object.fromEntries(
    Object.entries(present).map(([id, { parallelism }]) => {
      const upperBound = after.get(id);
      if (upperBound === undefined) return [id, { parallelism: firm ? parallelism : relaxed(parallelism) }];
      const isRise = upperBound > (before.get(id) ?? upperBound);
      return [id, { parallelism: { lowerBound: firm && isRise ? upperBound : 1, upperBound } }];
    }),
  );
}

const relaxed = (bounds: ParallelismBounds): ParallelismBounds =>
  bounds.lowerBound === bounds.upperBound ? { ...bounds, lowerBound: 1 } : bounds;

export const isSameRequirements = (one: ResourceRequirements, other: ResourceRequirements): boolean =>
  Object.entries(one).every(([id, { parallelism }]) => {
    const bounds = other[id]?.parallelism;
    return bounds?.lowerBound === parallelism.lowerBound && bounds.upperBound === parallelism.upperBound;
  });

/** As the status has recorded it. */
export const recordedTarget = ({ before, after }: Pick<Rescale, "before" | "after">): Target => ({
  before: parseParallelism(before),
  after: parseParallelism(after),
});

/** Back to what the job had. */
export const undoing = ({ before }: Target): Target => ({ before, after: before });

export const formatParallelism = (parallelism: Parallelism): string =>
  formatMap(new Map([...parallelism].map(([id, value]) => [id, String(value)])));

export const parseParallelism = (text: string | undefined): Parallelism =>
  new Map([...parseMap(text ?? "")].map(([id, value]) => [id, Number(value)]));
