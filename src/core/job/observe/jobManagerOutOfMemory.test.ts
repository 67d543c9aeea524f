import { describe, expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { anInput, aResource, aSpec, aStatus, flinkFacts, someFacts } from "../situation.fixture.ts";

const pod = { name: "job-abc", ip: "10.0.0.1", ready: true, deleting: false, problem: undefined };
const status = aStatus(aSpec, { observedGeneration: 1 });
const flink = flinkFacts("RUNNING", { config: { flinkVersion: "2.3.0", flinkRevision: "abc" } });

const seen = (restartCount: number, reason: string, now: number, before = status) => {
  const restarted = { restartCount, at: 100_000, reason };
  const facts = someFacts({ flink, jobManagerPods: [{ ...pod, restarted }] });
  return decideFlinkDeployment(anInput(aResource(aSpec, before, { generation: 1 }), facts, { now }));
};

describe("a JobManager that is back after it ran out of memory", () => {
  test("is not reported the first time", () => {
    expect(seen(1, "OOMKilled", 110_000)).toMatchObject({ events: [], status: { lifecycleState: "STABLE" } });
    expect(seen(1, "OOMKilled", 110_000).status.error).toBeUndefined();
  });

  test("is reported each further time with the count, as one event", () => {
    const second = seen(2, "OOMKilled", 110_000);
    expect(second.status.error).toContain("restarted 2 times, the last time because it used more memory");
    expect(second.events).toMatchObject([{ type: "Warning", reason: "OOMKilled", key: "JobManager again" }]);
    const later = seen(2, "OOMKilled", 200_000, second.status);
    expect(later.events).toEqual([]);
    expect(later.status).toEqual(second.status);
    const third = seen(3, "OOMKilled", 300_000, second.status);
    expect(third.status.error).toContain("restarted 3 times");
    expect(third.events).toMatchObject([{ key: "JobManager again" }]);
  });

  test("is not reported after half an hour without a restart", () => {
    const second = seen(2, "OOMKilled", 110_000);
    expect(seen(2, "OOMKilled", 100_000 + 30 * 60_000, second.status).status.error).toBeUndefined();
  });

  test("is not reported as out of memory if it crashed for another reason", () => {
    expect(seen(5, "Error", 110_000).status.error).toBeUndefined();
  });
});

test("a TaskManager that ran out of memory is reported until the job runs again", () => {
  const problem = {
    container: "flink-main-container",
    reason: "OOMKilled",
    message: "killed because it used more memory than its limit",
    restartCount: 0,
  };
  const killed = someFacts({ flink, taskManagerPods: [{ ...pod, name: "job-taskmanager-1-1", problem }] });
  const input = anInput(aResource(aSpec, status, { generation: 1 }), killed);
  const decision = decideFlinkDeployment(input);
  expect(decision.status.error).toContain(
    "TaskManager: [flink-main-container] killed because it used more memory",
  );
  expect(decision.events).toMatchObject([{ type: "Warning", reason: "OOMKilled" }]);
  // Flink deletes the pod at once.
  const after = (state: "RESTARTING" | "RUNNING") =>
    decideFlinkDeployment(
      anInput(
        aResource(aSpec, decision.status, { generation: 1 }),
        someFacts({ flink: flinkFacts(state, { config: flink.config }) }),
      ),
    ).status.error;
  expect(after("RESTARTING")).toBe(decision.status.error);
  expect(after("RUNNING")).toBeUndefined();
});
