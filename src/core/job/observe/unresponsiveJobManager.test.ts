import { describe, expect, test } from "vitest";
import type { RestFailureKind } from "../../../api/flinkFacts.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { anInput, aResource, aSpec, aStatus, flinkFacts, someFacts } from "../situation.fixture.ts";

const pod = { name: "job-abc", ip: "10.0.0.1", ready: true, deleting: false, problem: undefined };
const status = aStatus(aSpec, { observedGeneration: 1 });
const start = 1_000_000;

const silent = (
  seconds: number,
  more: { kind?: RestFailureKind; runningSince?: number; before?: typeof status; ready?: boolean } = {},
) => {
  const { kind = "timeout", runningSince = 0, before = status, ready = true } = more;
  const now = start + seconds * 1_000;
  const flink = flinkFacts("RUNNING", {
    reachability: "failing",
    failingSince: start,
    consecutiveFailures: 9,
    lastFailure: { kind, status: kind === "answered" ? 503 : 0, message: "", at: now },
  });
  const facts = someFacts({ flink, jobManagerPods: [{ ...pod, ready, runningSince }] });
  return decideFlinkDeployment(anInput(aResource(aSpec, before, { generation: 1 }), facts, { now }));
};
const never = { ...status, clusterInfo: {}, jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" as const };

describe("FLINK-41311: a JobManager that accepts connections and does not answer", () => {
  test("is not READY after its grace period, and is reported after a minute, once", () => {
    expect(silent(5).status.jobManagerDeploymentStatus).toBe("READY");
    const early = silent(59);
    expect(early.status).toMatchObject({
      jobManagerDeploymentStatus: "DEPLOYED_NOT_READY",
      jobStatus: { state: "RECONCILING" },
    });
    expect(early.status.error).toBeUndefined();
    const late = silent(60, { before: early.status });
    expect(late.status.error).toContain("its REST API does not answer: requests get no answer in time");
    expect(late.events).toMatchObject([{ type: "Warning", reason: "NotResponding" }]);
    const later = silent(600, { before: late.status, kind: "broken" });
    expect(later.events).toEqual([]);
    expect(later.status).toEqual(late.status);
  });

  test.each([
    ["refused", "connections are refused"],
    ["broken", "answers break off"],
    ["answered", "requests are answered with HTTP status 503"],
  ] as const)("is reported with the kind of failure: %s", (kind, words) => {
    expect(silent(90, { kind }).status.error).toContain(words);
  });

  test("has time to boot after its container was restarted", () => {
    expect(silent(90, { runningSince: start + 20_000 }).status.error).toBeUndefined();
    expect(silent(140, { runningSince: start + 20_000 }).status.error).toContain("does not answer");
  });

  test("is also reported if it never answered, after a longer time", () => {
    expect(silent(290, { before: never }).status.error).toBeUndefined();
    expect(silent(300, { before: never }).status.error).toContain("does not answer");
  });

  test("is not reported while its pod is not ready", () => {
    expect(silent(600, { ready: false }).status.error).toBeUndefined();
  });
});
