import { describe, expect, test } from "vitest";
import type { Facts } from "../model/facts.ts";
import { flinkFacts, runningStatus, someFacts } from "../situation.fixture.ts";
import { podRefusal, requestedLog, taskManagerProblem } from "./observeTaskManagers.ts";

const forbidden =
  'pods is forbidden: User "system:serviceaccount:ns:flink" cannot create resource "pods" in API group "" in the ' +
  'namespace "ns"';
const refusedWith = (message: string, pod = "job-taskmanager-1-7") =>
  `2026-01-01 10:00:00,000 WARN  org.apache.flink.kubernetes.KubernetesResourceManagerDriver  [] - Could not create ` +
  `pod ${pod}, exception: java.util.concurrent.CompletionException: a.b.KubernetesClientException: Failure ` +
  `executing: POST at: https://10.96.0.1:443/api/v1/namespaces/ns/pods. Message: ${message}. Received status: ` +
  `Status(apiVersion=v1, code=403).\n2026-01-01 10:00:00,100 INFO  a.b.C [] - Will not retry creating worker in PT3S.`;
const created = "2026-01-01 10:00:01,000 INFO  a.b.C [] - Pod job-taskmanager-1-8 is created.";

const waiting = (more: Partial<Facts> = {}): Facts =>
  someFacts({ flink: flinkFacts("RUNNING", { taskManagers: { at: 1_000, list: [] } }), ...more });
const source = { pod: "job-abc", container: "flink-main-container", restartCount: undefined };
const later = 60_000;

describe("the log of a JobManager without TaskManagers", () => {
  test("is requested while there is neither a pod nor a TaskManager", () => {
    expect(requestedLog(runningStatus, waiting(), later)).toEqual(source);
  });

  test.each<[string, Facts, number]>([
    ["just after the start", waiting(), 2_000],
    [
      "while it is not known who is there",
      someFacts({ flink: flinkFacts("RUNNING", { taskManagers: undefined }) }),
      later,
    ],
    ["of a job that has ended", waiting({ flink: flinkFacts("FINISHED") }), later],
    [
      "once there is a pod",
      waiting({
        taskManagerPods: [
          { name: "job-taskmanager-1-1", ip: undefined, ready: false, deleting: false, problem: undefined },
        ],
      }),
      later,
    ],
  ])("is not requested %s", (_, facts, now) => {
    expect(requestedLog(runningStatus, facts, now)).toBeUndefined();
  });
});

describe("the problem of TaskManagers", () => {
  test("is the API server's answer to Flink", () => {
    const podLog = { ...source, at: later, text: refusedWith(forbidden) };
    expect(taskManagerProblem(runningStatus, waiting({ podLog }), later)).toEqual({
      reason: "FailedCreate",
      message: `TaskManager: ${forbidden}`,
    });
  });

  test("is not taken from the log of a crash", () => {
    const podLog = { ...source, restartCount: 1, at: later, text: refusedWith(forbidden) };
    expect(taskManagerProblem(runningStatus, waiting({ podLog }), later)).toBeUndefined();
  });

  test("is that of a stuck pod", () => {
    const problem = {
      container: "sidecar",
      reason: "ErrImagePull",
      message: "no such image",
      restartCount: 0,
    };
    const pod = { name: "job-taskmanager-1-1", ip: undefined, ready: false, deleting: false, problem };
    expect(taskManagerProblem(runningStatus, waiting({ taskManagerPods: [pod] }), later)).toEqual({
      reason: "ErrImagePull",
      message: "TaskManager: [sidecar] no such image",
    });
  });
});

describe("the refusal of a pod", () => {
  test.each([
    ["the API server's words", refusedWith(forbidden), forbidden],
    [
      "without the name that each attempt has for itself",
      refusedWith('pods "job-taskmanager-1-7" is forbidden: exceeded quota: small'),
      'pods "job-taskmanager" is forbidden: exceeded quota: small',
    ],
    [
      "of a connection that failed",
      "WARN a - Could not create pod p, exception: java.io.IOException: no route\n\tat a.b",
      "java.io.IOException: no route",
    ],
    ["nothing once a pod was created", `${refusedWith(forbidden)}\n${created}`, undefined],
    ["nothing of other logs", "INFO all is well", undefined],
  ])("%s", (_, log, expected) => {
    expect(podRefusal(log)).toBe(expected);
  });

  test("is the last one", () => {
    expect(podRefusal([refusedWith("old"), created, refusedWith(forbidden)].join("\n"))).toBe(forbidden);
  });
});
