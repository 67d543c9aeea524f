import { describe, expect, test } from "vitest";
import type { Facts } from "../model/facts.ts";
import { aDeployment, flinkFacts, someFacts } from "../situation.fixture.ts";
import { firstCause, observeJobManager, sqlProblemWritten } from "./observeJobManager.ts";

const pod = { name: "job-abc", ip: "10.0.0.1", ready: true, deleting: false, problem: undefined };
const silent = (failingSince: number) =>
  someFacts({
    flink: flinkFacts("RUNNING", { reachability: "failing", failingSince, consecutiveFailures: 3 }),
  });
const pulling = {
  container: "flink-main-container",
  reason: "ImagePullBackOff",
  message: "not found",
  restartCount: 0,
};
const refused = {
  type: "ReplicaFailure",
  status: "True",
  reason: "FailedCreate",
  message: "quota",
  lastTransitionTime: "",
};

/** REFERENCE 2.7, except that READY is checked again in each reconcile. */
const rows: readonly [string, "READY" | "DEPLOYING" | "MISSING", Facts, string][] = [
  ["no Deployment", "READY", someFacts({ jobManager: undefined }), "MISSING"],
  [
    "a Deployment that is going",
    "READY",
    someFacts({ jobManager: { ...aDeployment, deleting: true } }),
    "MISSING",
  ],
  ["it answers", "MISSING", someFacts(), "READY"],
  [
    "it answers, whatever the pod says",
    "READY",
    someFacts({ jobManagerPods: [{ ...pod, problem: pulling }] }),
    "READY",
  ],
  ["no answer of a new one yet", "MISSING", someFacts({ flink: undefined, jobManagerPods: [] }), "DEPLOYING"],
  ["pod up, no answer yet", "DEPLOYING", someFacts({ flink: undefined }), "DEPLOYED_NOT_READY"],
  ["pod up, the operator has just started", "READY", someFacts({ flink: undefined }), "READY"],
  ["silent for less than the grace", "READY", silent(95_000), "READY"],
  ["silent for longer", "READY", silent(89_000), "DEPLOYED_NOT_READY"],
  [
    "silent, and the pod is not ready",
    "READY",
    { ...silent(99_000), jobManagerPods: [{ ...pod, ready: false }] },
    "DEPLOYING",
  ],
  [
    "silent, and the pod is going",
    "READY",
    { ...silent(99_000), jobManagerPods: [{ ...pod, deleting: true }] },
    "DEPLOYING",
  ],
  [
    "what answered was an older cluster of the same name",
    "READY",
    someFacts({ flink: flinkFacts("RUNNING", { deploymentUid: "older" }), jobManagerPods: [] }),
    "DEPLOYING",
  ],
  [
    "its pod is with a problem",
    "DEPLOYING",
    someFacts({ flink: undefined, jobManagerPods: [{ ...pod, problem: pulling }] }),
    "ERROR",
  ],
  [
    "a pod with a problem that is going already",
    "DEPLOYING",
    someFacts({ flink: undefined, jobManagerPods: [{ ...pod, deleting: true, problem: pulling }] }),
    "DEPLOYING",
  ],
  [
    "no pod may be created",
    "DEPLOYING",
    someFacts({ flink: undefined, jobManager: { ...aDeployment, conditions: [refused] } }),
    "ERROR",
  ],
];

const oom = {
  container: "flink-main-container",
  reason: "OOMKilled",
  message: "killed because it used more memory than its limit",
  restartCount: 0,
};
/** Flink's answer at 1 s is the only known one. */
const pods = (more: Partial<Facts["jobManagerPods"][number]>) =>
  someFacts({ jobManagerPods: [{ ...pod, ready: false, ...more }] });
const repeated = (reason: string, at: number) => ({ restarted: { restartCount: 1, at, reason } });

describe("a JobManager that was READY before", () => {
  const cases: readonly [string, Facts, string, string | undefined][] = [
    [
      "FLINK-41375: was just killed because it ran out of memory",
      pods({ problem: oom }),
      "ERROR",
      "OOMKilled",
    ],
    ["FLINK-41375: boots again after that", pods(repeated("OOMKilled", 5_000)), "ERROR", "OOMKilled"],
    ["boots again after another crash", pods(repeated("Error", 5_000)), "DEPLOYING", undefined],
    ["answered after it was started again", pods(repeated("OOMKilled", 500)), "READY", undefined],
    ["is ready again", pods({ ...repeated("OOMKilled", 5_000), ready: true }), "READY", undefined],
    ["has a sidecar with a problem", pods({ problem: { ...oom, container: "sidecar" } }), "READY", undefined],
    ["fails its probe, but answers", pods({}), "READY", undefined],
  ];
  test.each(cases)("%s", (_, facts, status, reason) => {
    const observed = observeJobManager("READY", facts, 100_000, 10_000);
    expect([observed.status, observed.problem?.reason]).toEqual([status, reason]);
  });
});

describe("the status of the JobManager", () => {
  test.each(rows)("%s (was %s)", (_, previous, facts, expected) => {
    expect(observeJobManager(previous, facts, 100_000, 10_000).status).toBe(expected);
  });

  test("a problem is reported in Kubernetes' words, with the container", () => {
    const facts = someFacts({ flink: undefined, jobManagerPods: [{ ...pod, problem: pulling }] });
    expect(observeJobManager("DEPLOYING", facts, 0, 0).problem).toEqual({
      reason: "ImagePullBackOff",
      message: "[flink-main-container] not found",
      crashed: undefined,
    });
  });

  test("a crash loop causes a request for the log", () => {
    const problem = {
      ...pulling,
      reason: "CrashLoopBackOff",
      message: "CrashLoop - back-off",
      restartCount: 3,
    };
    const facts = someFacts({ flink: undefined, jobManagerPods: [{ ...pod, ready: false, problem }] });
    expect(observeJobManager("DEPLOYING", facts, 0, 0).problem?.crashed).toEqual({
      pod: "job-abc",
      container: "flink-main-container",
      restartCount: 3,
    });
  });
});

describe("the line of a log that shows why a process ended", () => {
  test.each([
    [
      "a.b.X: outer\n\tat a.b.C.d(C.java)\nCaused by: a.b.Y: why\n\tat a.b.C.e\nCaused by: a.b.Z: root",
      "a.b.Z: root",
    ],
    ["starting\na.b.FooException: why\n\tat x\nbye", "a.b.FooException: why"],
    ["2026-01-01 12:00:00,123 ERROR a.b.C - no space left\nbye", "ERROR a.b.C - no space left"],
    ["2026-01-01T12:00:00Z bye", "bye"],
    [
      "Caused by: a.KubernetesClientException: Failure executing: GET at: https://10.96.0.1:443/api/v1/x. " +
        'Message: configmaps "y" is forbidden: no. Received status: Status(code=403, message=…).',
      'configmaps "y" is forbidden: no',
    ],
    [
      "2026-11-30 05:24:59,060 INFO  org.apache.flink.client.python.PythonDriver [] - Traceback (most recent call last):\n" +
        '2026-11-30 05:24:59,060 INFO  org.apache.flink.client.python.PythonDriver [] -   File "/job.py", line 2\n' +
        "2026-11-30 05:24:59,060 INFO  org.apache.flink.client.python.PythonDriver [] - ValueError: no topic\n" +
        "a.b.X: outer\nCaused by: java.lang.RuntimeException: Python process exits with code: 1",
      "python: job.py, line 2: ValueError: no topic",
    ],
    [
      "2026-11-30 05:24:59,060 INFO  org.apache.flink.client.python.PythonDriver [] - Traceback (most recent call last):\n" +
        "2026-11-30 05:24:59,060 INFO  org.apache.flink.client.python.PythonDriver [] - ValueError: no topic\n" +
        "Caused by: a.b.Z: something else",
      "a.b.Z: something else",
    ],
    ["one\ntwo\n\n", "two"],
    ["", undefined],
  ])("%j", (log, expected) => {
    expect(firstCause(log)).toBe(expected);
  });
});

describe("the termination message of a JobManager whose script is wrong", () => {
  const written =
    'CrashLoop - {"sql":{"message":"sql: b.sql, line 5, column 22: Encountered \\"src\\"","file":"b.sql","line":5,"column":22}}';

  test("is its problem, whatever its log says", () => {
    const problem = { ...pulling, reason: "CrashLoopBackOff", message: written };
    const facts = someFacts({
      flink: undefined,
      jobManagerPods: [{ ...pod, ready: false, problem }],
      podLog: { pod: pod.name, container: "c", restartCount: 0, at: 1, text: "Caused by: a.B: c" },
    });
    expect(observeJobManager("DEPLOYING", facts, 100_000, 10_000).problem).toEqual({
      reason: "CrashLoopBackOff",
      message: 'sql: b.sql, line 5, column 22: Encountered "src"',
      crashed: undefined,
    });
  });

  test("is ignored if it is cut off", () => {
    expect(sqlProblemWritten(written.slice(0, -4))).toBeUndefined();
    expect(sqlProblemWritten("CrashLoop - ")).toBeUndefined();
  });
});
