import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { ownAutoscalerOptions } from "../../../config/operatorOptions/ownAutoscaler.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import type { EvaluatedMetrics, EvaluatedValues, VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import { noConfigOverrides, type ScalingHistory, type ScalingSummary } from "../model/state.ts";
import type { Topology } from "../model/topology.ts";
import type { StateView } from "../state/storedState.ts";
import type { ScaledVertex, UndoneScaling, UndoState, WatchedScaling } from "./undoState.ts";

/**
 * Scalings that are taken back (docs/adr/0035): one after which the job does not run in time, or does not keep up as expected. The
 * record is written with the decision that it is about, so that a crash leaves both or none.
 */

const isEnabled = (config: FlinkConfig): boolean => readOption(config, ownAutoscalerOptions.undoEnabled);

const undoOf = (view: StateView): UndoState => view.get("undo") ?? {};

function putUndo(view: StateView, { watched, undone }: UndoState): void {
  const state = {
    ...(watched === undefined ? {} : { watched }),
    ...(undone === undefined || undone.changes.size === 0 ? {} : { undone }),
  };
  if (Object.keys(state).length > 0) view.put("undo", state);
  else if (view.get("undo") !== undefined) view.remove("undo");
}

export interface NewScaling {
  readonly at: number;
  readonly generation: number;
  readonly topology: Topology;
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
}

/** To be called before a scaling is stored. The function that it returns is to be called after it. */
export function beforeScaling(view: StateView, config: FlinkConfig): (scaling: NewScaling) => void {
  if (!isEnabled(config)) return () => putUndo(view, {});
  const configBefore = view.get("configOverrides");
  return ({ at, generation, topology, summaries }) => {
    const { undone } = undoOf(view);
    const changes = new Map(
      [...summaries].map(([id, { currentParallelism: from, newParallelism: to, metrics }]) => [
        id,
        { from, to, load: metrics.TARGET_DATA_RATE?.average ?? Number.NaN },
      ]),
    );
    const before = new Map([...topology.values()].map(({ id, parallelism }) => [id, parallelism]));
    putUndo(view, { watched: { at, generation, before, configBefore, changes }, ...(undone && { undone }) });
  };
}

/** What is known of the job outside of the cycle. */
export interface JobHealth {
  readonly now: number;
  readonly generation: number;
  /** The decided parallelism is being, or has been, given to the job: nothing else is under way or waits. */
  readonly isCarriedOut: boolean;
  /** The job runs, and nothing of it is being changed. */
  readonly isRunning: boolean;
  /** Since when it has been seen without a break that a job with the decided parallelism does not run. Undefined: it was not. */
  readonly downSince: number | undefined;
}

/** Whether `undoUnhealthy` may have something to do. */
export const isWatched = (view: StateView): boolean => undoOf(view).watched !== undefined;

/** What came of a look at the job. */
export interface HealthJudgement {
  /** The scaling is taken back. */
  readonly event?: AutoscalerEvent;
  /** There is something to write. */
  readonly changed: boolean;
  /** As in JobHealth, for the next look. */
  readonly downSince?: number;
}

/**
 * Takes back a scaling if the job does not run with it for too long. Only what this process sees counts: a status that is as old as
 * an outage of the operator says nothing of the time since.
 */
export function undoUnhealthy(view: StateView, health: JobHealth, config: FlinkConfig): HealthJudgement {
  const { now, generation, isCarriedOut, isRunning, downSince = now } = health;
  const state = undoOf(view);
  const { watched } = state;
  if (watched === undefined) return { changed: false };
  if (!isEnabled(config) || !isOfNow(view, watched, generation)) {
    putUndo(view, { ...(state.undone && { undone: state.undone }) });
    return { changed: true };
  }
  if (!isCarriedOut || isRunning) return { changed: false };
  const timeout = readOption(config, ownAutoscalerOptions.undoTimeout);
  if (now < downSince + timeout) return { changed: false, downSince };
  const why = `the job has not run with it for ${Math.round(timeout / 1_000)} s`;
  return { event: takeBack(view, watched, state.undone, why, now, config), changed: true };
}

/** The record is of the stored parallelism, which an edit, or the Java operator, may have changed since. */
function isOfNow(view: StateView, { generation, before, changes }: WatchedScaling, now: number): boolean {
  const overrides = view.get("parallelismOverrides") ?? new Map();
  return (
    generation === now &&
    [...before].every(([id, parallelism]) => overrides.get(id) === (changes.get(id)?.to ?? parallelism))
  );
}

export interface JudgedScaling {
  readonly now: number;
  readonly generation: number;
  readonly topology: Topology;
  readonly evaluated: EvaluatedMetrics;
  readonly history: ScalingHistory;
  readonly isWindowFull: boolean;
  /** The time of the first sample that was evaluated, in milliseconds since the epoch. */
  readonly windowStart: number;
  readonly config: FlinkConfig;
}

/**
 * Looks at the scaling that is watched: whether the job runs with it and keeps up. The event if it is taken back. Forgets what
 * was taken back earlier and may be tried again.
 */
export function judgeScaling(view: StateView, judged: JudgedScaling): AutoscalerEvent | undefined {
  const { generation, evaluated, config, isWindowFull, now } = judged;
  const { watched, undone } = undoOf(view);
  if (watched === undefined && undone === undefined) return undefined;
  const left =
    isWindowFull && undone !== undefined ? stillUndone(undone, generation, evaluated, config) : undone;
  const isOurs = watched !== undefined && isEnabled(config) && isOfNow(view, watched, generation);
  const keep = (next: WatchedScaling | undefined) => {
    if (next !== watched || left !== undone)
      putUndo(view, { ...(next && { watched: next }), ...(left && { undone: left }) });
    return undefined;
  };
  if (!isOurs) return keep(undefined);
  const runs = [...watched.changes].every(([id, { to }]) => judged.topology.get(id)?.parallelism === to);
  // Flink restarts the tasks for another parallelism: earlier samples are of the job before.
  if (!isWindowFull || !runs || judged.windowStart <= watched.at) return keep(watched);
  const why = whatFailed(watched, judged);
  return why === undefined ? keep(undefined) : takeBack(view, watched, left, why, now, config);
}

function stillUndone(
  undone: UndoneScaling,
  generation: number,
  evaluated: EvaluatedMetrics,
  config: FlinkConfig,
): UndoneScaling {
  const changes = [...undone.changes].filter(
    ([id, change]) =>
      generation === undone.generation && isSameLoad(change, evaluated.vertices.get(id), config),
  );
  return changes.length === undone.changes.size ? undone : { ...undone, changes: new Map(changes) };
}

/** The load is still about what it was. One that is not known says nothing. */
export function isSameLoad(
  { load }: ScaledVertex,
  metrics: EvaluatedValues | undefined,
  config: FlinkConfig,
): boolean {
  const now = metrics?.TARGET_DATA_RATE?.average ?? Number.NaN;
  const factor = readOption(config, ownAutoscalerOptions.undoLoadChangeFactor);
  if (load === 0 || now === 0) return load === now;
  return !(now >= load * factor || now * factor <= load);
}

function whatFailed(
  { at, changes }: WatchedScaling,
  { evaluated, history, config }: JudgedScaling,
): string | undefined {
  for (const [id, change] of changes) {
    const metrics = evaluated.vertices.get(id);
    const rate = metrics?.TRUE_PROCESSING_RATE?.average ?? Number.NaN;
    const needed = metrics?.SCALE_UP_RATE_THRESHOLD?.current ?? Number.NaN;
    if (!(rate < needed)) continue;
    if (change.to < change.from) {
      if (isSameLoad(change, metrics, config))
        return `vertex ${id} does not keep up with ${change.to} subtasks (${rate} records/s of ${needed})`;
      continue;
    }
    const decided = history.get(id)?.get(at)?.metrics;
    const before = decided?.TRUE_PROCESSING_RATE?.average ?? Number.NaN;
    const expected = decided?.EXPECTED_PROCESSING_RATE?.current ?? Number.NaN;
    const gain = (rate - before) / (expected - before);
    const least = readOption(config, ownAutoscalerOptions.undoMinGain);
    if (gain < least)
      return `vertex ${id} still does not keep up, and has ${Math.round(gain * 100)} % of the expected gain with ${change.to} subtasks`;
  }
  return undefined;
}

function takeBack(
  view: StateView,
  { at, generation, before, configBefore, changes }: WatchedScaling,
  undone: UndoneScaling | undefined,
  why: string,
  now: number,
  config: FlinkConfig,
): AutoscalerEvent {
  view.put("parallelismOverrides", before);
  view.put("configOverrides", configBefore ?? noConfigOverrides);
  if (view.get("delayedScaleDown") !== undefined) view.put("delayedScaleDown", new Map());
  // What was taken back earlier still holds: two vertices would otherwise be scaled by turns for ever.
  const earlier = undone?.generation === generation ? undone.changes : [];
  putUndo(view, { undone: { at: now, generation, changes: new Map([...earlier, ...changes]) } });
  const factor = readOption(config, ownAutoscalerOptions.undoLoadChangeFactor);
  return {
    type: "Warning",
    reason: "ScalingUndone",
    message:
      `The scaling of ${new Date(at).toISOString()} is taken back: ${why}. The same is not tried again until the load of its ` +
      `vertices has changed by a factor of ${factor}.`,
    // The numbers are others if a crash or a conflict makes the decision anew.
    key: `ScalingUndone${at}`,
  };
}

/** Whether a new parallelism of a vertex would repeat what was taken back. */
export function isUndone(
  undone: UndoneScaling | undefined,
  id: VertexId,
  { from, to }: Pick<ScaledVertex, "from" | "to">,
): boolean {
  const change = undone?.changes.get(id);
  return change !== undefined && to > from === change.to > change.from;
}

/** What must not be tried again now. */
export const undoneIn = (view: StateView, config: FlinkConfig): UndoneScaling | undefined =>
  isEnabled(config) ? undoOf(view).undone : undefined;
