import { expect, it } from "vitest";
import { flinkConfig } from "../../../src/config/flinkConfig.ts";
import {
  type AnswersByPath,
  answersFrom,
  planRequests,
} from "../../../src/core/autoscaler/collect/requests.ts";
import { type AutoscalerMemory, noMemory, runCycle } from "../../../src/core/autoscaler/cycle.ts";
import type { StoredState } from "../../../src/core/autoscaler/state/storedState.ts";
import { autoscaledConfiguration, fullWindowSeconds } from "../environment/autoscaled.ts";
import { answerOf } from "./answers.ts";
import { createJobManagers, type FakeJob } from "./jobManagers.ts";

/** The answers to one round of requests. */
function collected(job: FakeJob, memory: AutoscalerMemory, now: number): AnswersByPath {
  const answers = new Map<string, { body: unknown }>();
  for (;;) {
    const [path] = planRequests(job.id, memory, answers).next;
    if (path === undefined) return answers;
    const { status, text } = answerOf(job, { method: "GET", url: path, body: "" }, now);
    expect([path, status]).toEqual([path, 200]);
    answers.set(path, { body: JSON.parse(text) });
  }
}

it("has a load that the autoscaler measures in eight requests, and is content with", () => {
  const start = Date.UTC(2026, 10, 30);
  const jobManagers = createJobManagers(() => start);
  jobManagers.start("127.1.0.1", "job-1", { id: "a".repeat(32), restoredFrom: undefined });
  const job = jobManagers.at("127.1.0.1")?.job ?? expect.unreachable();
  const config = flinkConfig(autoscaledConfiguration(1));
  let [memory, stored]: [AutoscalerMemory, StoredState] = [noMemory, {}];
  let requests = 0;
  for (let now = start + 10_000; now <= start + fullWindowSeconds(1) * 1_000; now += 10_000) {
    const answers = collected(job, memory, now);
    requests = answers.size;
    const input = {
      isEnabled: true,
      isRunning: true,
      config,
      taskManagerCpu: 1,
      taskManagerMemory: undefined,
    };
    const result = runCycle({ ...input, now, answers: answersFrom(job.id, answers), stored, memory });
    expect(result.events).toEqual([]);
    ({ memory, stored } = result);
  }
  expect(requests).toBe(8);
  expect(memory.counters).toMatchObject({ scalings: 0, errors: 0 });
  expect(memory.counters.balanced).toBeGreaterThan(0);
});
