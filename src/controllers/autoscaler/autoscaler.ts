import type { KubeObject } from "../../api/kubernetes.ts";
import type {
  FlinkDeployment,
  FlinkDeploymentSpec,
  FlinkDeploymentStatus,
} from "../../api/v1beta1/flinkdeployment.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import {
  type AutoscaleInput,
  type AutoscaleResult,
  asDeployed,
  autoscale,
  realise,
} from "../../core/autoscaler/autoscale.ts";
import { answersFrom, planRequests } from "../../core/autoscaler/collect/requests.ts";
import { type AutoscalerMemory, errorEvent, noMemory } from "../../core/autoscaler/cycle.ts";
import type { CycleExplanation } from "../../core/autoscaler/explain/explainCycle.ts";
import { withExplanation } from "../../core/autoscaler/explain/explainedStatus.ts";
import { AutoscalerError, asAutoscalerError } from "../../core/autoscaler/model/autoscalerError.ts";
import type { AutoscalerEvent } from "../../core/autoscaler/model/event.ts";
import { isRealised } from "../../core/autoscaler/realise/applyOverrides.ts";
import { processMemoryOf } from "../../core/autoscaler/realise/memoryTuning.ts";
import {
  dataFromState,
  mayBeWrittenLater,
  openState,
  type StoredState,
  stateFromData,
} from "../../core/autoscaler/state/storedState.ts";
import { isWatched } from "../../core/autoscaler/undo/undo.ts";
import { diffSpec } from "../../core/diff/diff.ts";
import type { SpecConfiguration } from "../../core/job/decide.ts";
import type { ResourceKind } from "../../core/job/model/resourceKind.ts";
import type { Settings } from "../../core/job/model/settings.ts";
import { isBeingStopped } from "../../core/job/status/beingStopped.ts";
import {
  formatLastReconciledSpec,
  type LastReconciledSpec,
  readLastReconciledSpec,
} from "../../core/spec/lastReconciledSpec.ts";
import type { Poller } from "../../flink/poller.ts";
import type { KubeApi } from "../../kube/api.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { EventRecorder } from "../../runtime/eventRecorder.ts";
import { type Logger, resourceLogger } from "../../telemetry/log.ts";
import type { ClusterCapacityReader } from "./clusterCapacity.ts";
import { createStateStore, type Stored } from "./stateStore.ts";

/** The autoscaler of all resources of one kind. Nothing is kept or asked for of a resource that is not autoscaled. */
export interface Autoscaler {
  /**
   * The resource with the stored decisions in its spec, on which to decide. If Flink has answered since, a cycle comes first, and
   * its result is stored. Rejects with UnfinishedReconcile while it is not known what is stored.
   */
  prepare(resource: FlinkDeployment): Promise<Prepared>;
  /** Collects metrics while the job runs as it should by this status. */
  collect(prepared: Prepared, status: FlinkDeploymentStatus): void;
  /** The status of a resource was written: whether it has kept the explanation. A CRD without the field drops it. */
  explanationStored(resource: KubeObject, isStored: boolean): void;
  remove(namespace: string, name: string): void;
  readonly size: number;
  /** What gauges show of each autoscaled resource. */
  measured(): Iterable<MeasuredAutoscaler>;
}

export interface Prepared {
  readonly resource: FlinkDeployment;
  /** Of the decisions in the spec: equal texts mean equal specs. "": the user's own spec. */
  readonly decisions: string;
  /** The status has to be written at once: it says that the autoscaler was reset. */
  readonly isReset: boolean;
  /** Milliseconds between two samples. Undefined: the job is not autoscaled. */
  readonly intervalMs: number | undefined;
}

export interface MeasuredAutoscaler {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly memory: Pick<AutoscalerMemory, "evaluated" | "counters">;
}

export interface AutoscalerOptions {
  readonly kube: Pick<KubeApi, "get" | "create" | "mergePatch">;
  readonly poller: Pick<Poller, "collect" | "takeCollected">;
  readonly recorder: Pick<EventRecorder, "record">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  /** Absent: the free capacity of the cluster is not looked at. */
  readonly capacity?: ClusterCapacityReader | undefined;
}

/** The parts of an autoscaler that differ between FlinkDeployments and FlinkSessionJobs. */
export interface AutoscaledKind {
  readonly kind: ResourceKind;
  /** The job has TaskManagers of its own. */
  readonly hasTaskManagers: boolean;
  /** The poller's key for the resource. */
  pollKey(namespace: string, name: string): string;
  /** Of the user's spec. */
  configurationOf(
    resource: FlinkDeployment,
    deployed: LastReconciledSpec,
  ): Pick<SpecConfiguration, "settings" | "error">;
  /** Of the user's spec, and of the TaskManagers that run the job. Only asked for an autoscaled job. */
  configsOf(resource: FlinkDeployment): { readonly job: FlinkConfig; readonly cluster: FlinkConfig };
}

/** What is kept of an autoscaled resource. */
interface Held {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | undefined;
  /** Undefined: it may have been written since by a request whose answer is not known, or by somebody else. */
  configMap: Stored | undefined;
  /** Until when, in milliseconds since the epoch, the ConfigMap counts as one that cannot be used. */
  readonly unusableUntil?: number;
  stored: StoredState;
  /** What the ConfigMap says. */
  written: StoredState;
  memory: AutoscalerMemory;
  realised?: Realised | undefined;
  configs?: KnownConfigs;
  /** Of the last cycle that decided, with its time in milliseconds since the epoch. */
  explained?: { readonly at: number; readonly explanation: CycleExplanation } | undefined;
  /** The status does not keep explanations. */
  isUnexplained?: boolean;
}

type Known = Held & { configMap: Stored };

/** Cache: most cycles have the same configuration as the last one. */
interface KnownConfigs {
  readonly spec: FlinkDeploymentSpec;
  readonly settings: Settings;
  readonly configs: ReturnType<AutoscaledKind["configsOf"]>;
}

/** Cache: most reconciles lay the same decisions over the same spec. */
interface Realised {
  readonly spec: FlinkDeploymentSpec;
  readonly settings: Settings;
  readonly stored: StoredState;
  readonly deployed: string | undefined;
  readonly result: FlinkDeploymentSpec;
}

export function createAutoscaler(options: AutoscalerOptions, kind: AutoscaledKind): Autoscaler {
  const { poller, recorder, clock, log } = options;
  const held = new Map<string, Held>();
  const kindName = kind.kind.type.kind;
  const keyOf = ({ metadata }: KubeObject) => kind.pollKey(metadata.namespace ?? "", metadata.name);

  const store = createStateStore({
    kube: options.kube,
    kind: kindName,
    onRefused: (resource, configMap, { message }) =>
      record(resource, [standing(`The ConfigMap ${configMap} cannot be written: ${message}`)]),
  });

  function record(resource: KubeObject, events: readonly AutoscalerEvent[]): void {
    const about = { ...resource, apiVersion: API_VERSION, kind: kindName };
    for (const { changeHash, ...event } of events) {
      const change =
        changeHash === undefined ? {} : { changeLabel: CHANGES, labels: { [CHANGES]: changeHash } };
      void recorder.record(about, { ...event, component: "Operator", ...change });
    }
  }

  /** What is stored of the resource, read once. Undefined: its ConfigMap cannot be used, which is said if it `isEnabled`. */
  async function heldOf(resource: FlinkDeployment, isEnabled: boolean): Promise<Known | undefined> {
    const { namespace = "", name, uid } = resource.metadata;
    const key = keyOf(resource);
    const other = held.get(key);
    const known = other?.uid === uid ? other : undefined;
    if (known?.configMap !== undefined) return known as Known;
    if ((known?.unusableUntil ?? 0) > clock.now()) return undefined;
    const kept = await store.read(resource);
    const { counters, downSince } = known?.memory ?? noMemory;
    const fresh = { namespace, name, uid, memory: { ...noMemory, counters, downSince } };
    if ("why" in kept) {
      held.set(key, {
        ...fresh,
        configMap: undefined,
        unusableUntil: clock.now() + LOOK_AGAIN_MS,
        stored: {},
        written: {},
      });
      if (isEnabled) record(resource, [standing(`${kept.why} The job keeps the parallelism that it has.`)]);
      return undefined;
    }
    const stored = stateFromData(kept.data);
    const usable: Known = { ...fresh, configMap: kept, stored, written: stored };
    held.set(key, usable);
    return usable;
  }

  /** One cycle, or a reset, or the end of autoscaling. Resolves to whether its result counts. */
  async function run(
    resource: FlinkDeployment,
    kept: Known,
    input: AutoscaleInput<FlinkDeploymentSpec>,
  ): Promise<boolean> {
    const result: AutoscaleResult<FlinkDeploymentSpec> = autoscale(input);
    if (result.demand !== undefined) options.capacity?.reserve(result.demand);
    record(resource, result.events);
    if (result.unexpected !== undefined)
      resourceLogger(log, kindName, kept.namespace, kept.name).error(
        { error: result.unexpected },
        "a cycle of the autoscaler failed",
      );
    const isReset = result.lastResetNonce !== input.lastResetNonce;
    const isLater = !isReset && mayBeWrittenLater(kept.written, kept.stored, result.stored);
    if (result.isComplete && !isLater) {
      const before = kept.configMap;
      const held: Held = kept;
      held.configMap = undefined;
      const written = await store.write(resource, before, dataFromState(result.stored, before.data));
      held.configMap = written ?? before;
      if (written === undefined) return false;
      kept.written = result.stored;
    }
    kept.stored = result.stored;
    kept.memory = result.memory;
    const { explanation } = result;
    if (explanation !== undefined) kept.explained = { at: input.now, explanation };
    return true;
  }

  function configsOf(resource: FlinkDeployment, kept: Held, settings: Settings): KnownConfigs["configs"] {
    const { spec } = resource;
    if (kept.configs?.spec !== spec || kept.configs.settings !== settings)
      kept.configs = { spec, settings, configs: kind.configsOf(resource) };
    return kept.configs.configs;
  }

  /** The stored decisions in the spec. */
  function realised(
    resource: FlinkDeployment,
    kept: Held,
    settings: Settings,
    deployed: Deployed,
  ): FlinkDeploymentSpec {
    const { spec } = resource;
    const { stored } = kept;
    const last = kept.realised;
    const isKnown = last?.spec === spec && last.settings === settings && last.stored === stored;
    if (isKnown && last.deployed === deployed.recorded) return last.result;
    const config = configsOf(resource, kept, settings).job;
    const input = { spec, config, deployed: deployed.spec, hasTaskManagers: kind.hasTaskManagers };
    const from = { spec, settings, deployed: deployed.recorded };
    try {
      const { spec: result, stored: read } = realise(input, stored);
      kept.stored = read;
      kept.realised = { ...from, stored: read, result };
      return result;
    } catch (error) {
      const { counters } = kept.memory;
      kept.memory = { ...kept.memory, counters: { ...counters, errors: counters.errors + 1 } };
      record(resource, [errorEvent(asAutoscalerError(error))]);
      const result = asDeployedBy(spec, deployed.spec, settings);
      kept.realised = { ...from, stored, result };
      return result;
    }
  }

  const asDeployedBy = (
    spec: FlinkDeploymentSpec,
    deployed: FlinkDeploymentSpec,
    { memoryTuning }: Settings,
  ): FlinkDeploymentSpec => asDeployed(spec, deployed, kind.hasTaskManagers && memoryTuning);

  /** The resource with the decisions of the spec that was recorded last, where the stored ones do not count. */
  function keeping(
    { spec: recorded }: Deployed,
    resource: FlinkDeployment,
    settings: Settings,
  ): Pick<Prepared, "resource" | "decisions"> {
    return scaled(resource, asDeployedBy(resource.spec, recorded, settings));
  }

  return {
    async prepare(resource) {
      const { status, spec } = resource;
      const asIs: Prepared = { resource, decisions: "", isReset: false, intervalMs: undefined };
      const { state, lastReconciledSpec: recorded, lastStableSpec } = status?.reconciliationStatus ?? {};
      if (resource.metadata.deletionTimestamp !== undefined || spec.job === undefined) return asIs;
      const last = deployedIn(recorded, kind.kind);
      // During and after a rollback the last stable spec is the deployed one.
      const isRolledBack = state === "ROLLING_BACK" || state === "ROLLED_BACK";
      const deployed = isRolledBack ? deployedIn(lastStableSpec, kind.kind) : last;
      if (last === undefined || deployed === undefined) return asIs;
      const { settings, error } = kind.configurationOf(resource, deployed);
      // The deployed spec stays in effect, with the decisions that it has.
      if (error !== undefined) return asIs;
      const isEnabled = settings.autoscaler;
      const isOff: Prepared = { ...asIs, resource: withoutExplanation(resource) };
      if (!isEnabled && !held.has(keyOf(resource)) && !wasAutoscaled(recorded)) return isOff;
      const kept = await heldOf(resource, isEnabled);
      if (kept === undefined) return isEnabled ? { ...asIs, ...keeping(last, resource, settings) } : isOff;
      const resetNonce = spec.job.autoscalerResetNonce ?? undefined;
      const lastResetNonce = last.spec.job?.autoscalerResetNonce ?? undefined;
      const isReset = isEnabled && resetNonce !== undefined && resetNonce !== lastResetNonce;
      const jobId = status?.jobStatus?.jobId ?? "";
      const isRunning = isEnabled && runsAsDeployed(status);
      const collected = isRunning ? poller.takeCollected(keyOf(resource), jobId) : undefined;
      if (!isRunning) kept.memory = { ...kept.memory, evaluated: undefined };
      let hasReset = false;
      const isOver = !isEnabled && Object.keys(kept.configMap.data).length > 0;
      const isWatching = isEnabled && isScalingWatched(status, kept.stored);
      const isAsked = isReset || collected !== undefined || isOver || isWatching;
      const configs = isAsked ? configsOf(resource, kept, settings) : undefined;
      const progress = configs && progressOf(resource, kept.stored, last.spec, configs.job);
      const known = isWatching ? progress?.health : undefined;
      if (known?.isRunning !== false && kept.memory.downSince !== undefined)
        kept.memory = { ...kept.memory, downSince: undefined };
      // A job that runs is judged by what is measured of it.
      const health = known?.isRunning === true && collected === undefined ? undefined : known;
      if (configs && (isReset || collected !== undefined || health !== undefined || isOver)) {
        const capacity = collected === undefined ? undefined : options.capacity?.current();
        const isStored = await run(resource, kept, {
          now: clock.now(),
          isEnabled,
          isRunning: collected !== undefined,
          // Nothing is decided before the nodes are known, which a full window of samples outlasts.
          isHeld: progress?.isHeld === true || capacity === "unread",
          capacity: capacity === "unread" ? undefined : capacity,
          config: configs.job,
          taskManagerCpu: configs.cluster.get(flinkOptions.taskManagerCpu) ?? 0,
          taskManagerMemory: processMemoryOf(configs.cluster),
          answers: answersFrom(jobId, collected ?? new Map()),
          stored: kept.stored,
          memory: kept.memory,
          spec,
          deployed: deployed.spec,
          hasTaskManagers: kind.hasTaskManagers,
          resetNonce,
          lastResetNonce,
          generation: resource.metadata.generation ?? 0,
          ...(health === undefined ? {} : { health }),
        });
        hasReset = isReset && isStored;
      }
      if (!isEnabled) return isOff;
      const explained = withExplained(resource, kept);
      const seen = hasReset ? withResetNonce(explained, resetNonce, kind.kind) : explained;
      const more = { isReset: hasReset, intervalMs: settings.reconcileIntervalMs };
      if (isRolledBack) {
        // The recorded spec is the failed one: with other decisions than it had, the same spec would count as a new edit.
        const unedited = keeping(last, seen, settings);
        const { type } = diffSpec(last.spec, unedited.resource.spec, { type: kind.kind.spec });
        if (type === "IGNORE") return { ...unedited, ...more };
      }
      const own = { spec: deployed.spec, recorded: isRolledBack ? lastStableSpec : recorded };
      return { ...scaled(seen, realised(resource, kept, settings, own)), ...more };
    },

    collect({ resource, intervalMs }, status) {
      const key = keyOf(resource);
      const jobId = status.jobStatus?.jobId ?? undefined;
      const isCollected = intervalMs !== undefined && jobId !== undefined && runsAsDeployed(status);
      if (!isCollected) {
        if (held.has(key)) poller.collect(key, undefined);
        return;
      }
      const memory = () => held.get(key)?.memory ?? noMemory;
      poller.collect(key, {
        jobId,
        intervalMs,
        plan: (answers) => planRequests(jobId, memory(), answers),
      });
    },

    explanationStored(resource, isStored) {
      const kept = held.get(keyOf(resource));
      if (kept !== undefined) kept.isUnexplained = !isStored;
    },

    remove(namespace, name) {
      const key = kind.pollKey(namespace, name);
      if (held.delete(key)) poller.collect(key, undefined);
    },

    get size() {
      return held.size;
    },

    *measured() {
      for (const { namespace, name, memory } of held.values())
        yield { namespace, name, kind: kindName, memory };
    },
  };
}

interface Deployed {
  readonly spec: FlinkDeploymentSpec;
  /** As it is recorded in the status. */
  readonly recorded?: string | undefined;
}

function scaled(
  resource: FlinkDeployment,
  spec: FlinkDeploymentSpec,
): Pick<Prepared, "resource" | "decisions"> {
  return spec === resource.spec
    ? { resource, decisions: "" }
    : {
        resource: { ...resource, spec },
        decisions: JSON.stringify([spec.flinkConfiguration, spec.taskManager]),
      };
}

interface Progress {
  /**
   * A change is under way, or waits. Another decision before the last one is carried out would be a scaling that never happens, or
   * change what the job is being stopped for.
   */
  readonly isHeld: boolean;
  /** Undefined: it is not known what the job should be like. */
  readonly health: AutoscaleInput<FlinkDeploymentSpec>["health"];
}

/** Whether the last scaling may have to be taken back, of a job that is not being stopped or replaced. */
const isScalingWatched = (status: FlinkDeploymentStatus = {}, stored: StoredState): boolean =>
  status.reconciliationStatus?.state === "DEPLOYED" &&
  !hasEnded(status) &&
  !isBeingStopped(status) &&
  isWatched(openState(stored));

/** The job has come to its end, or somebody has cancelled it: it is not the scaling why it does not run. */
const hasEnded = ({ jobStatus }: FlinkDeploymentStatus): boolean =>
  jobStatus?.state === "FINISHED" || jobStatus?.state === "CANCELED";

/** How far the job is with the stored decisions. */
function progressOf(
  { spec, status = {} }: FlinkDeployment,
  stored: StoredState,
  recorded: FlinkDeploymentSpec,
  config: FlinkConfig,
): Progress {
  const { rescale, pendingChange, warmUpgrade, sqlCheck } = status;
  const changes = [rescale, pendingChange, warmUpgrade, sqlCheck];
  try {
    const overrides = openState(stored).get("parallelismOverrides");
    const isDeployed = isRealised(spec, overrides, recorded, config);
    return {
      isHeld: !isDeployed || isBeingStopped(status) || changes.some((change) => change !== undefined),
      health: {
        isCarriedOut: pendingChange === undefined && (rescale !== undefined || isDeployed),
        isRunning: runsAsDeployed(status) && rescale === undefined,
      },
    };
  } catch (error) {
    // Reported where the decisions are laid over the spec.
    if (error instanceof AutoscalerError) return { isHeld: true, health: undefined };
    throw error;
  }
}

function withExplained(resource: FlinkDeployment, { explained, isUnexplained }: Held): FlinkDeployment {
  if (explained === undefined || isUnexplained === true) return resource;
  const before = resource.status?.autoscaler ?? undefined;
  const autoscaler = withExplanation(before, explained.explanation, explained.at);
  return autoscaler === before ? resource : { ...resource, status: { ...resource.status, autoscaler } };
}

function withoutExplanation(resource: FlinkDeployment): FlinkDeployment {
  const { autoscaler, ...status } = resource.status ?? {};
  return autoscaler === undefined ? resource : { ...resource, status };
}

/** The label of an event with the hash of its changes, as in the Java operator. */
const CHANGES = "parallelismMap";

/** How often a refusal is reported that stays, in milliseconds. */
const REFUSED_EVENT_MS = 1_800_000;

const standing = (message: string): AutoscalerEvent => ({
  ...errorEvent(new Error(message)),
  intervalMs: REFUSED_EVENT_MS,
});

/** After which time a ConfigMap that could not be used is looked at again, in milliseconds. */
const LOOK_AGAIN_MS = 300_000;

/**
 * No cycle is made of a job that is being stopped, replaced or started (AUTOSCALER 1). One that was rolled back runs with another
 * spec than the resource has, for which nothing can be decided.
 */
const runsAsDeployed = (status: FlinkDeploymentStatus | undefined): boolean =>
  status?.jobStatus?.state === "RUNNING" && status.reconciliationStatus?.state === "DEPLOYED";

/**
 * Whether something may be stored of a job whose spec does not ask for autoscaling (any more): the deployed spec names options
 * of the autoscaler, or a parallelism that it may have set.
 */
const wasAutoscaled = (recorded: string | undefined): boolean =>
  recorded !== undefined && /job\.autoscaler\.|"autoscaler"|jobvertex-parallelism-overrides/.test(recorded);

/** Undefined: none, or one that cannot be read, which the decision reports. */
function deployedIn(recorded: string | undefined, { spec: type }: ResourceKind) {
  try {
    return readLastReconciledSpec(recorded, type);
  } catch {
    return undefined;
  }
}

/** The resource as if its status already said that the autoscaler was reset. */
function withResetNonce(
  resource: FlinkDeployment,
  nonce: number | undefined,
  kind: ResourceKind,
): FlinkDeployment {
  const { reconciliationStatus } = resource.status ?? {};
  const deployed = deployedIn(reconciliationStatus?.lastReconciledSpec, kind);
  if (deployed === undefined) return resource;
  const spec = {
    ...deployed.spec,
    job: { ...deployed.spec.job, ...(nonce === undefined ? {} : { autoscalerResetNonce: nonce }) },
  };
  const lastReconciledSpec = formatLastReconciledSpec(
    spec,
    deployed.metadata ?? { firstDeployment: false },
    kind.spec,
  );
  return {
    ...resource,
    status: { ...resource.status, reconciliationStatus: { ...reconciliationStatus, lastReconciledSpec } },
  };
}
