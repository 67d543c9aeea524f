import { flinkConfig } from "../../../src/config/flinkConfig.ts";
import { autoscalerOptions } from "../../../src/config/operatorOptions/autoscaler.ts";
import { type AutoscalerMemory, noMemory, runCycle } from "../../../src/core/autoscaler/cycle.ts";
import type { AutoscalerEvent } from "../../../src/core/autoscaler/model/event.ts";
import { processMemoryOf } from "../../../src/core/autoscaler/realise/memoryTuning.ts";
import {
  dataFromState,
  openState,
  type StoredState,
} from "../../../src/core/autoscaler/state/storedState.ts";
import { describeInvalidOption } from "../../../src/core/autoscaler/validate.ts";
import { recordedFlink } from "./answersOf.ts";
import { planStandalone } from "./inPlace.ts";
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
    const config = flinkConfig([
      ...Object.entries<string>(input.operatorConfiguration),
      ...flink.jobConfig.map(({ key, value }: Json) => [key, value] as const),
    ]);
    const job = flink.jobsOverview.jobs.find(({ jid }: Json) => jid === jobId);
    if (job === undefined) {
      stored = {};
      memory = noMemory;
      const result = { stored, memory, isComplete: true, events: [], trace: {} };
      played.push({ result, data: {}, config, specChanges: {} });
      continue;
    }
    const isRunning = job.state === "RUNNING" && job.tasks.running + job.tasks.finished === job.tasks.total;
    const error = describeInvalidOption(config);
    const events: AutoscalerEvent[] = [];
    const requests: Json[] = [];
    if (error !== undefined) {
      played.push({
        result: {
          stored,
          memory,
          isComplete: false,
          trace: {},
          events: [
            {
              type: "Warning",
              reason: "AutoScaler Options Validation",
              message: error,
              intervalMs: flinkConfig(input.operatorConfiguration).get(
                autoscalerOptions.scalingEventInterval,
              ),
            },
          ],
        },
        data: undefined,
        config,
        specChanges: {},
      });
      continue;
    }
    const result = runCycle({
      now: given.t,
      isEnabled: config.get(autoscalerOptions.enabled),
      isRunning,
      config,
      taskManagerCpu: 0,
      taskManagerMemory: processMemoryOf(config),
      reportIntervalMs: config.get(autoscalerOptions.scalingEventInterval),
      answers: flink.answers,
      stored,
      memory,
    });
    ({ stored, memory } = result);
    events.push(...result.events);
    const overrides = openState(stored).get("parallelismOverrides") ?? new Map();
    const isAdaptive = config.entries.get("jobmanager.scheduler")?.toLowerCase() === "adaptive";
    if (overrides.size > 0 && isRunning && isAdaptive) {
      const present = flink.resourceRequirements();
      const requirements = planStandalone(present, overrides);
      requests.push({ path, method: "GET" });
      if (requirements !== undefined) {
        requests.push({ method: "PUT", path, body: requirements });
        events.push({
          type: "Normal",
          reason: "Scaling",
          message: `In-place scaling triggered, the new requirements is {${describe(requirements)}}.`,
        });
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

/** A Java map of Flink's requirements. */
const describe = (requirements: Json): string =>
  Object.entries<Json>(requirements)
    .map(
      ([vertex, { parallelism }]) =>
        `${vertex}=JobVertexResourceRequirements{parallelism=Parallelism{lowerBound=${parallelism.lowerBound}, upperBound=${parallelism.upperBound}}}`,
    )
    .join(", ");
