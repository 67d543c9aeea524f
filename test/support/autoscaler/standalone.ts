import { flinkConfig } from "../../../src/config/flinkConfig.ts";
import { isAdaptive } from "../../../src/config/flinkOptions.ts";
import { type AutoscalerMemory, noMemory } from "../../../src/core/autoscaler/cycle.ts";
import {
  decideJob,
  invalidOptions,
  jobConfigOf,
  runsWholly,
  scalingEvent,
} from "../../../src/core/autoscaler/standalone/decideJob.ts";
import { planRequirements } from "../../../src/core/autoscaler/standalone/requirements.ts";
import { dataFromState, type StoredState } from "../../../src/core/autoscaler/state/storedState.ts";
import { recordedFlink } from "./answersOf.ts";
import type { Played, PlayedStep } from "./played.ts";
import type { Json, Scenario } from "./recording.ts";

/** Plays a scenario of the autoscaler as a process of its own, which changes the requirements of the job itself. */
export function playStandalone({ input, steps }: Scenario): Played {
  const { jobId } = input;
  const flink = recordedFlink(jobId);
  const path = `/jobs/${jobId}/resource-requirements`;
  let stored: StoredState = {};
  let memory: AutoscalerMemory = noMemory;
  const played: PlayedStep[] = [];
  for (const { in: given } of steps) {
    flink.step(given);
    const own = flinkConfig(input.operatorConfiguration);
    const config = jobConfigOf(
      own,
      flink.jobConfig.map(({ key, value }: Json) => [key, value] as const),
    );
    const job = flink.jobsOverview.jobs.find(({ jid }: Json) => jid === jobId);
    if (job === undefined) {
      stored = {};
      memory = noMemory;
      const result = { stored, memory, isComplete: true, events: [], trace: {} };
      played.push({ result, data: {}, config, specChanges: {} });
      continue;
    }
    const isRunning = runsWholly(job);
    const invalid = invalidOptions(config, own);
    if (invalid !== undefined) {
      const result = { stored, memory, isComplete: false, trace: {}, events: [invalid] };
      played.push({ result, data: undefined, config, specChanges: {} });
      continue;
    }
    const result = decideJob({ now: given.t, config, isRunning, answers: flink.answers, stored, memory });
    ({ stored, memory } = result);
    const events = [...result.events];
    const requests: Json[] = [];
    if (result.wanted !== undefined && isAdaptive(config)) {
      const job = "body" in flink.answers.job ? flink.answers.job.body : { vertices: [] };
      const plan = planRequirements(flink.resourceRequirements(), result.wanted, job.vertices);
      requests.push({ path, method: "GET" });
      if (plan.kind === "put") {
        requests.push({ method: "PUT", path, body: plan.requirements });
        events.push(scalingEvent(plan.requirements));
      }
    }
    played.push({
      result: { ...result, events },
      data: dataFromState(stored, {}),
      config,
      specChanges: {},
      ...(requests.length > 0 ? { requests } : {}),
    });
  }
  return { steps: played };
}
