import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import { type CycleInput, type CycleResult, errorEvent, noMemory, runCycle, unexpectedIn } from "./cycle.ts";
import { type CycleExplanation, explainCycle } from "./explain/explainCycle.ts";
import { AutoscalerError, asAutoscalerError } from "./model/autoscalerError.ts";
import { readOption } from "./model/readOption.ts";
import { noConfigOverrides } from "./model/state.ts";
import {
  parallelismKey,
  type Realisable,
  withConfigOverrides,
  withParallelism,
} from "./realise/applyOverrides.ts";
import { changesIn } from "./realise/memoryTuning.ts";
import { openState, type StoredState } from "./state/storedState.ts";
import { type JobHealth, undoUnhealthy } from "./undo/undo.ts";

/** What the stored decisions are laid over. */
export interface RealiseInput<Spec extends Realisable> {
  /** The user's spec. */
  readonly spec: Spec;
  /** Of the user's spec, without overrides. */
  readonly config: FlinkConfig;
  /** The spec that is deployed, with decisions. */
  readonly deployed: Realisable;
  /** The job has TaskManagers of its own. */
  readonly hasTaskManagers: boolean;
}

export interface AutoscaleInput<Spec extends Realisable> extends CycleInput, RealiseInput<Spec> {
  /** `autoscalerResetNonce` of the spec, and the last one that was acted on. */
  readonly resetNonce: number | undefined;
  readonly lastResetNonce: number | undefined;
  /** Absent: nothing is known of the job outside of the cycle. */
  readonly health?: Pick<JobHealth, "isCarriedOut" | "isRunning">;
}

export interface AutoscaleResult<Spec> extends CycleResult {
  /** The spec that is to be deployed: the user's with the stored decisions. */
  readonly spec: Spec;
  /** To be recorded with the deployed spec. */
  readonly lastResetNonce: number | undefined;
  /** Undefined: nothing was decided. */
  readonly explanation: CycleExplanation | undefined;
}

/**
 * What the autoscaler does in one reconcile (AUTOSCALER 1): a reset if one is asked for, one cycle, and the stored decisions
 * in the spec, which also stand after a cycle that failed.
 */
export function autoscale<Spec extends Realisable>(input: AutoscaleInput<Spec>): AutoscaleResult<Spec> {
  const { isEnabled, resetNonce, lastResetNonce } = input;
  const isReset = isEnabled && resetNonce !== undefined && resetNonce !== lastResetNonce;
  const cycle = withUndo(runCycle(isReset ? afterReset(input) : input), input);
  // A reset is written even if the cycle after it fails.
  const explanation = explainCycle(cycle, input.config);
  const result = { ...cycle, isComplete: cycle.isComplete || isReset, explanation };
  const nonce = isReset ? resetNonce : lastResetNonce;
  if (!isEnabled) return { ...result, spec: input.spec, lastResetNonce: nonce };
  try {
    return { ...result, ...realise(input, result.stored), lastResetNonce: nonce };
  } catch (thrown) {
    const error = asAutoscalerError(thrown);
    return {
      ...withError(result, error),
      spec: asDeployed(input.spec, input.deployed, staysTuned(input)),
      lastResetNonce: nonce,
    };
  }
}

/** Takes back a scaling after which the job does not run, which no cycle sees. */
function withUndo(cycle: CycleResult, input: AutoscaleInput<Realisable>): CycleResult {
  const { health, isEnabled, now, generation = 0, config } = input;
  if (health === undefined || !isEnabled) return cycle;
  const view = openState(cycle.stored);
  const { downSince: before } = input.memory;
  try {
    const { event, changed, downSince } = undoUnhealthy(
      view,
      { now, generation, downSince: before, ...health },
      config,
    );
    return {
      ...cycle,
      stored: view.state,
      memory: { ...cycle.memory, downSince },
      isComplete: cycle.isComplete || changed,
      events: event === undefined ? cycle.events : [...cycle.events, event],
    };
  } catch (error) {
    return withError(cycle, asAutoscalerError(error));
  }
}

const withError = <Result extends CycleResult>(result: Result, error: AutoscalerError): Result => {
  const { counters } = result.memory;
  return {
    ...result,
    memory: { ...result.memory, counters: { ...counters, errors: counters.errors + 1 } },
    events: [...result.events, errorEvent(error)],
    ...unexpectedIn(error),
  };
};

/** Nothing is known of the job any more, only what has been counted. */
const afterReset = <Spec extends Realisable>(input: AutoscaleInput<Spec>): AutoscaleInput<Spec> => ({
  ...input,
  stored: {},
  memory: { ...noMemory, counters: input.memory.counters },
});

/**
 * The spec with the decisions that the deployed one has: its parallelism and, if it `isTuned`, its memory. Decisions that cannot be
 * read or applied are no reason to go back to what the user's spec says.
 */
export function asDeployed<Spec extends Realisable>(
  spec: Spec,
  deployed: Realisable,
  isTuned: boolean,
): Spec {
  const overrides = overridesOf(deployed);
  const scaled =
    overrides === undefined
      ? spec
      : { ...spec, flinkConfiguration: { ...spec.flinkConfiguration, [parallelismKey]: overrides } };
  const changes = isTuned ? changesIn(deployed.flinkConfiguration) : undefined;
  return changes === undefined ? scaled : withConfigOverrides(scaled, changes);
}

const overridesOf = ({ flinkConfiguration }: Realisable): string | undefined => {
  const overrides = flinkConfiguration?.[parallelismKey];
  return typeof overrides === "string" ? overrides : undefined;
};

/** `resource` with the decisions that the deployed spec has, for somebody who only looks; as it is if it is not autoscaled. */
export function withDeployedDecisions<Resource extends { readonly spec: Realisable }>(
  resource: Resource,
  deployed: Realisable | undefined,
  settings: () => { readonly autoscaler: boolean; readonly memoryTuning: boolean },
): Resource {
  if (deployed === undefined || overridesOf(deployed) === undefined) return resource;
  const { autoscaler, memoryTuning } = settings();
  return autoscaler ? { ...resource, spec: asDeployed(resource.spec, deployed, memoryTuning) } : resource;
}

const isTuned = ({ config, hasTaskManagers }: RealiseInput<Realisable>): boolean =>
  hasTaskManagers && readOption(config, autoscalerOptions.memoryTuningEnabled);

/** As tuned as it is, if the option itself cannot be read. */
function staysTuned(input: RealiseInput<Realisable>): boolean {
  try {
    return isTuned(input);
  } catch (error) {
    if (error instanceof AutoscalerError) return input.hasTaskManagers;
    throw error;
  }
}

/** The stored decisions in the spec. Throws AutoscalerError if they cannot be read or applied. */
export function realise<Spec extends Realisable>(
  input: RealiseInput<Spec>,
  stored: StoredState,
): Pick<AutoscaleResult<Spec>, "spec" | "stored"> {
  const { spec, config, deployed } = input;
  const view = openState(stored);
  const scaled = withParallelism(spec, view.get("parallelismOverrides"), overridesOf(deployed), config);
  const changes = isTuned(input) ? (view.get("configOverrides") ?? noConfigOverrides) : undefined;
  return { spec: changes === undefined ? scaled : withConfigOverrides(scaled, changes), stored: view.state };
}
