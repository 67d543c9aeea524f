import type { CheckpointStatistics, JobOverview } from "../api/flinkFacts.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { isAdaptive } from "../config/flinkOptions.ts";
import { autoscalerOptions } from "../config/operatorOptions/autoscaler.ts";
import type { JobDetails } from "../core/autoscaler/collect/answers.ts";
import { answersFrom } from "../core/autoscaler/collect/requests.ts";
import { type AutoscalerMemory, noMemory } from "../core/autoscaler/cycle.ts";
import type { AutoscalerEvent } from "../core/autoscaler/model/event.ts";
import type { ParallelismOverrides } from "../core/autoscaler/model/state.ts";
import {
  decideJob,
  invalidOptions,
  jobConfigOf,
  pluginOption,
  refusedScaling,
  runsWholly,
  scalingEvent,
} from "../core/autoscaler/standalone/decideJob.ts";
import { planRequirements } from "../core/autoscaler/standalone/requirements.ts";
import { isSameEntry, isUnreadable, type StoredState } from "../core/autoscaler/state/storedState.ts";
import type { FlinkRest, RestEndpoint } from "../flink/api.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../telemetry/log.ts";
import { collectAnswers } from "./collect.ts";
import type { EventHandler } from "./eventHandler.ts";
import type { StateStore } from "./stateStore.ts";

export type JobRest = Pick<
  FlinkRest,
  "read" | "checkpoints" | "resourceRequirements" | "updateResourceRequirements"
>;

export interface JobContext {
  readonly rest: JobRest;
  readonly at: RestEndpoint;
  /** The process's own configuration. */
  readonly config: FlinkConfig;
  readonly store: StateStore;
  readonly events: EventHandler;
  readonly clock: Clock;
  readonly log: Logger;
  /** The process ends: nothing new is begun. */
  readonly signal: AbortSignal;
}

/** One job while the cluster has it. */
export interface AutoscaledJob {
  /** One cycle. Rejects if Flink or the store does not answer: the next one begins from what is stored. */
  cycle(overview: JobOverview): Promise<void>;
  readonly name: string;
  readonly memory: AutoscalerMemory;
}

export function createJob(jobId: string, context: JobContext): AutoscaledJob {
  const { rest, at, store, clock, signal } = context;
  const log = context.log.child({ jobId });
  /** Undefined: to be read. */
  let stored: StoredState | undefined;
  /** What the store has of it. */
  let written: StoredState = {};
  let memory = noMemory;
  let lastNow = 0;
  let name = "";
  /** Says a text once, and again after something else was the case. "": nothing is. */
  const createTell = () => {
    let last = "";
    return (text: string): void => {
      if (text !== last && text !== "") log.warn({ name }, text);
      last = text;
    };
  };
  /** Why the job is left alone. */
  const tell = createTell();
  const tellOfPlugin = createTell();

  const report = async (events: readonly AutoscalerEvent[]): Promise<void> => {
    for (const event of events) await context.events.handle(jobId, event);
  };

  async function readConfig(): Promise<FlinkConfig> {
    const { body } = await rest.read(at, `/jobs/${encodeURIComponent(jobId)}/jobmanager/config`);
    return jobConfigOf(context.config, entriesOf(body));
  }

  async function apply(
    wanted: ParallelismOverrides,
    config: FlinkConfig,
    details: JobDetails,
  ): Promise<void> {
    if (!isAdaptive(config)) return tell(notAdaptive);
    const present = await rest.resourceRequirements(at, jobId);
    if (present === undefined) return tell(notAdaptive);
    const plan = planRequirements(present, wanted, details.vertices);
    if (plan.kind === "problem") return report([refusedScaling(plan.message)]);
    if (plan.kind === "done") return tell("");
    const why = whyNotNow(await rest.checkpoints(at, jobId), await takesCheckpoints());
    if (why !== undefined) return tell(why);
    if (signal.aborted) return;
    await rest.updateResourceRequirements(at, jobId, plan.requirements);
    tell("");
    await report([scalingEvent(plan.requirements)]);
  }

  /** Without periodic checkpoints there is none to wait for: any restart of such a job begins anew. */
  async function takesCheckpoints(): Promise<boolean> {
    const path = `/jobs/${encodeURIComponent(jobId)}/checkpoints/config`;
    const body = await rest.read(at, path).then(
      (answer) => answer.body as { readonly interval?: unknown } | null,
      (error: { readonly status?: number }) => {
        if (error.status === 404) return null;
        throw error;
      },
    );
    const interval = Number(body?.interval ?? 0);
    return interval > 0 && interval < NO_INTERVAL;
  }

  return {
    async cycle(overview) {
      name = overview.name;
      if (!runsWholly(overview)) {
        memory = { ...memory, evaluated: undefined };
        return;
      }
      const config = await readConfig();
      if (stored === undefined) {
        written = await store.read(jobId);
        stored = written;
      }
      const before = stored;
      const invalid = invalidOptions(config, context.config);
      if (invalid !== undefined) return report([invalid]);
      const isOn = config.get(autoscalerOptions.enabled);
      if (!isOn && Object.keys(before).length === 0) return;
      const plugin = isOn ? pluginOption(config) : undefined;
      tellOfPlugin(
        plugin === undefined ? "" : `${plugin} has no effect: it names a plugin of the Java autoscaler`,
      );
      const collected = isOn
        ? await collectAnswers(rest, at, { jobId, remembered: memory, clock, signal })
        : new Map();
      if (signal.aborted) return;
      lastNow = Math.max(clock.now(), lastNow + 1);
      const answers = answersFrom(jobId, collected);
      const decision = decideJob({ now: lastNow, config, isRunning: true, answers, stored: before, memory });
      const { unexpected } = decision;
      if (unexpected !== undefined) log.error({ error: unexpected }, "a cycle of the autoscaler failed");
      // The stored state is the intent: it is certain before Flink is asked for anything.
      stored = undefined;
      if (decision.isComplete) {
        await store.write(jobId, decision.stored);
        written = decision.stored;
      }
      // An entry that cannot be read may have been removed from the store by the next cycle.
      if (!isUnreadable(decision.stored)) stored = decision.stored;
      memory = decision.memory;
      await report(decision.events);
      const isCertain = isSameEntry(written.parallelismOverrides, decision.stored.parallelismOverrides);
      if (decision.wanted !== undefined && isCertain && "body" in answers.job)
        await apply(decision.wanted, config, answers.job.body);
    },
    get name() {
      return name;
    },
    get memory() {
      return memory;
    },
  };
}

/** Flink's interval of a job without periodic checkpoints is Java's largest number. */
const NO_INTERVAL = 2 ** 62;

const notAdaptive =
  "The parallelism of this job is decided, and not changed: its cluster needs jobmanager.scheduler: adaptive";

/**
 * Why a change would lose state or a savepoint now. Flink 1 restarts a job without a checkpoint from nothing (RESCALE.md), and a
 * savepoint fails with the tasks that it is taken of.
 */
function whyNotNow(
  checkpoints: CheckpointStatistics | undefined,
  takesCheckpoints: boolean,
): string | undefined {
  if (checkpoints === undefined) return undefined;
  const { stopping, savepointSince, latestCompleted, latestRestored } = checkpoints;
  if (stopping !== undefined || savepointSince !== undefined)
    return "The parallelism is changed once the savepoint that is being taken is complete";
  // A restart does not go back to a savepoint that was taken in between.
  const hasState = latestCompleted !== undefined || latestRestored !== undefined;
  return hasState || !takesCheckpoints
    ? undefined
    : "The parallelism is changed once the job has a checkpoint: without one it would begin anew";
}

/** [{key, value}] */
const entriesOf = (body: unknown): (readonly [string, string])[] =>
  (Array.isArray(body) ? body : []).flatMap((entry: { key?: unknown; value?: unknown } | null) =>
    typeof entry?.key === "string" && typeof entry.value === "string"
      ? [[entry.key, entry.value] as const]
      : [],
  );
