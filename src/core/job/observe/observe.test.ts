import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Facts } from "../model/facts.ts";
import {
  aJobId,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  noCluster,
  someFacts,
  someSettings,
  withJobSpec,
} from "../situation.fixture.ts";
import { causeChain, observe } from "./observe.ts";

const seen = (status: ReturnType<typeof aStatus>, facts: Partial<Facts>, settled = true) =>
  observe(
    status,
    readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec),
    someFacts(facts),
    someSettings(),
    100_000,
    settled,
  );

describe("before a first deployment and during an intended launch", () => {
  test("nothing is observed before anything is deployed", () => {
    expect(observe({}, undefined, someFacts(), someSettings(), 0, true).status).toEqual({});
  });

  const pending = aStatus(withJobSpec({ state: "suspended" }), {
    state: "UPGRADING",
    job: { state: "FINISHED" },
  });
  test("the old cluster's job does not affect the status of the next one", () => {
    expect(seen(pending, {}).status).toEqual(pending);
  });
  test("only the absence of the Deployment is recorded", () => {
    expect(seen(pending, noCluster).status).toEqual({ ...pending, jobManagerDeploymentStatus: "MISSING" });
    const missing = { ...pending, jobManagerDeploymentStatus: "MISSING" as const };
    expect(seen(missing, {}).status).toEqual(missing);
  });
});

test("a session cluster that is deleted during its launch is observed: its jobs are cancelled in it", () => {
  const { job: _, ...spec } = aSpec;
  const launching = {
    ...aStatus(spec, { state: "UPGRADING" }),
    jobManagerDeploymentStatus: "MISSING" as const,
  };
  const seenWhile = (deleting: boolean) =>
    observe(
      launching,
      readLastReconciledSpec(launching.reconciliationStatus?.lastReconciledSpec),
      someFacts(),
      someSettings(),
      100_000,
      true,
      deleting,
    ).status.jobManagerDeploymentStatus;
  expect([seenWhile(false), seenWhile(true)]).toEqual(["MISSING", "READY"]);
});

describe("what becomes stable", () => {
  const unstable = (job: object) => {
    const status = aStatus(aSpec, { job });
    return { ...status, reconciliationStatus: { ...status.reconciliationStatus, lastStableSpec: undefined } };
  };
  test.each([
    ["a job that runs", flinkFacts("RUNNING"), true],
    ["a job that ran to its end", flinkFacts("FINISHED", checkpointFacts()), true],
    ["a job that failed", flinkFacts("FAILED", checkpointFacts()), false],
    ["a job that restarts", flinkFacts("RESTARTING"), false],
  ] as const)("%s", (_, flink, expected) => {
    const { reconciliationStatus } = seen(unstable({ state: "RECONCILING" }) as ReturnType<typeof aStatus>, {
      flink,
    }).status;
    expect(reconciliationStatus?.lastStableSpec === reconciliationStatus?.lastReconciledSpec).toBe(expected);
  });
});

describe("the snapshot that a job leaves behind", () => {
  const DUMMY = "KUBERNETES_OPERATOR_LAST_STATE";
  const discarded = checkpointFacts({ latestCompleted: aSnapshot(5, { discarded: true }) });
  const refusing = {
    partFailures: { checkpoints: { kind: "answered", status: 500, message: "", at: 1 } },
  } as const;
  test.each([
    [
      "its newest",
      "FAILED",
      "file:/old",
      checkpointFacts({ latestCompleted: aSnapshot(5) }),
      "file:/checkpoints/chk-5",
    ],
    ["none, though its tasks were at work: unknown", "CANCELED", "file:/old", checkpointFacts({}), DUMMY],
    [
      "none but what it was started from, though its tasks were at work: unknown",
      "FAILED",
      "file:/old",
      checkpointFacts({ latestRestored: aSnapshot(3, { externalPath: "file:///old/" }) }),
      DUMMY,
    ],
    [
      "none but one that its JobManager went on from: that",
      "FAILED",
      "file:/old",
      checkpointFacts({ latestRestored: aSnapshot(4) }),
      "file:/checkpoints/chk-4",
    ],
    ["none, and it was started from HA metadata: unknown", "FAILED", DUMMY, checkpointFacts({}), DUMMY],
    ["its newest is lost: unknown, not an older one", "CANCELED", "file:/old", discarded, DUMMY],
    [
      "run to its end, checkpoints discarded: where it began",
      "FINISHED",
      "file:/old",
      discarded,
      "file:/old",
    ],
    ["run to its end after a restore from HA metadata: nothing", "FINISHED", DUMMY, discarded, undefined],
    ["Flink refuses to report it: unknown", "FAILED", "file:/old", refusing, DUMMY],
  ] as const)("%s", (_, state, recorded, reported, expected) => {
    const { status } = seen(aStatus(aSpec, { job: { upgradeSavepointPath: recorded } }), {
      flink: flinkFacts(state, reported),
    });
    expect(status.jobStatus).toMatchObject({ state });
    expect(status.jobStatus?.upgradeSavepointPath).toBe(expected);
  });

  test("whose tasks never were at work: what it was started from", () => {
    const status = aStatus(aSpec, {
      run: { startedFrom: "file:/old" },
      job: { upgradeSavepointPath: "file:/old" },
    });
    const after = seen(status, { flink: flinkFacts("FAILED", checkpointFacts({})) }).status;
    expect(after.jobStatus?.upgradeSavepointPath).toBe("file:/old");
  });

  test("once told is not forgotten because Flink refuses to tell it again", () => {
    const status = aStatus(aSpec, { job: { state: "FAILED", upgradeSavepointPath: "file:/chk" } });
    expect(
      seen(status, { flink: flinkFacts("FAILED", refusing) }).status.jobStatus?.upgradeSavepointPath,
    ).toBe("file:/chk");
  });

  test("of a suspended job is not observed again", () => {
    const status = aStatus(withJobSpec({ state: "suspended" }), {
      job: { state: "FINISHED", upgradeSavepointPath: "file:/chosen" },
    });
    const flink = flinkFacts("FINISHED", checkpointFacts({ latestCompleted: aSnapshot(5) }));
    expect(seen(status, { flink }).status.jobStatus).toMatchObject({
      state: "FINISHED",
      upgradeSavepointPath: "file:/chosen",
    });
  });
});

describe("errors", () => {
  const error = '{"message":"refused"}';

  test.each<[string, ReturnType<typeof aStatus>, Partial<Facts>, boolean, boolean]>([
    ["of a job that runs stable are history", aStatus(aSpec, { error }), {}, true, true],
    ["stay while an edit waits", aStatus(aSpec, { error }), {}, false, false],
    [
      "of a failed job stay",
      aStatus(aSpec, { error, job: { state: "FAILED" } }),
      { flink: flinkFacts("FAILED", checkpointFacts()) },
      true,
      false,
    ],
    [
      "stay while the job is not there",
      aStatus(aSpec, { error, job: { state: "RECONCILING" } }),
      { flink: flinkFacts("RUNNING", { jobs: [] }) },
      true,
      false,
    ],
    [
      "stay until Flink has reported its TaskManagers",
      aStatus(aSpec, { error }),
      { flink: flinkFacts("RUNNING", { taskManagers: undefined }) },
      true,
      false,
    ],
    [
      "stay while the JobManager is not ready",
      aStatus(aSpec, { error }),
      { flink: undefined, jobManagerPods: [] },
      true,
      false,
    ],
  ])("%s", (_, status, facts, settled, cleared) => {
    expect(seen(status, facts, settled).status.error).toBe(cleared ? undefined : error);
  });

  test("the failure of a job is reported with its causes, once", () => {
    const result = {
      status: "FAILED" as const,
      failure: {
        className: "a.b.JobFailed",
        stackTrace:
          "a.b.JobFailed: job\n\tat a.b.C.d(C.java:1)\nCaused by: a.b.Root: disk full\n\tat a.b.C.e(C.java:2)",
      },
    };
    const flink = flinkFacts("FAILED", { ...checkpointFacts(), jobResult: { jobId: aJobId, at: 1, result } });
    const first = seen(aStatus(aSpec), { flink });
    expect(first.events.at(-1)).toMatchObject({
      reason: "Error",
      component: "Job",
      message: "a.b.JobFailed: job -> a.b.Root: disk full",
    });
    expect(JSON.parse(first.status.error ?? "")).toMatchObject({
      type: "a.b.JobFailed",
      throwableList: [{ type: "a.b.Root", message: "disk full" }],
    });
    expect(seen(first.status as ReturnType<typeof aStatus>, { flink }).events).toEqual([]);
  });

  describe("a main method that failed", () => {
    const listed = flinkFacts("FAILED").jobs?.map((job) => ({ ...job, name: "(application driver)" }));
    const failedWith = (stackTrace: string) => {
      const exception = {
        name: "a.b.X",
        stackTrace,
        timestamp: 99_000,
        taskName: undefined,
        endpoint: undefined,
      };
      return flinkFacts("FAILED", {
        ...checkpointFacts(),
        jobs: listed,
        jobResult: {
          jobId: aJobId,
          at: 1,
          result: { status: "FAILED", failure: { className: "a.b.X", stackTrace } },
        },
        exceptions: {
          jobId: aJobId,
          at: 1,
          list: [{ ...exception, taskManagerId: undefined, failureLabels: {} }],
        },
      });
    };

    test("of an SQL script is told with line and column, by one event", () => {
      const problem = "sql: line 5, column 22: Column 'nme' not found in any table";
      const flink = failedWith(
        `a.b.X: main\n\tat a.b.C.d\nCaused by: flink.operator.sql.SqlProblem: ${problem}`,
      );
      const { status, events } = seen(aStatus(aSpec), { flink });
      expect(JSON.parse(status.error ?? "")).toMatchObject({ message: problem });
      expect(events.filter(({ type }) => type === "Warning")).toMatchObject([{ message: problem }]);
    });

    test("of a Python program is told once the JobManager's log is read", () => {
      const flink = failedWith("a.b.X: java.lang.RuntimeException: Python process exits with code: 1");
      const jobManagerPods = [
        { name: "jm", ip: "10.0.0.1", ready: true, deleting: false, problem: undefined },
      ];
      const first = seen(aStatus(aSpec), { flink, jobManagerPods });
      expect(first.logRequest).toMatchObject({ pod: "jm" });
      expect(first.status.error).toBeUndefined();
      const text = ["Traceback (most recent call last):", '  File "/job.py", line 2', "ValueError: no topic"]
        .map((line) => `1 INFO PythonDriver [] - ${line}`)
        .join("\n");
      const podLog = { pod: "jm", container: "c", restartCount: undefined, at: 1, text };
      const second = seen(aStatus(aSpec), { flink, jobManagerPods, podLog });
      expect(second.events.at(-1)).toMatchObject({ message: "python: job.py, line 2: ValueError: no topic" });
      const third = seen(second.status as ReturnType<typeof aStatus>, { flink, jobManagerPods });
      expect(third).toMatchObject({
        events: [],
        logRequest: undefined,
        status: { error: second.status.error },
      });
    });
  });

  test("a TaskManager that ran out of memory is told to be the Python processes' too", () => {
    const problem = { container: "c", reason: "OOMKilled", message: "killed", restartCount: 1 };
    const pod = { name: "tm", ip: undefined, ready: false, deleting: false, problem };
    const messages = (spec: FlinkDeploymentSpec) =>
      seen(aStatus(spec), { taskManagerPods: [pod] }).events.map(({ message }) => message);
    const python = { ...aSpec, job: { ...aSpec.job, python: { file: "local:///job.py" } } };
    expect(messages(python)).toEqual([
      expect.stringMatching(/killed: the processes of its Python functions/),
    ]);
    expect(messages(aSpec)).toEqual(["TaskManager: [c] killed"]);
  });

  test("a lost JobManager is reported, one that is being deleted is not", () => {
    expect(seen(aStatus(aSpec), noCluster).events).toMatchObject([
      { reason: "Missing", message: "Missing JobManager deployment" },
    ]);
    const going = someFacts().jobManager;
    if (going === undefined) throw new Error("the fixture has a JobManager");
    expect(seen(aStatus(aSpec), { jobManager: { ...going, deleting: true } }).events).toEqual([]);
  });

  test("a job that its JobManager does not know is reported once, in the words that tools match", () => {
    const flink = flinkFacts("RUNNING", { jobs: [] });
    const first = seen(aStatus(aSpec), { flink });
    expect(first.status).toMatchObject({ error: "Job Not Found", jobStatus: { state: "RECONCILING" } });
    expect(first.events).toMatchObject([{ reason: "Missing", component: "Job" }]);
    const second = seen(first.status as ReturnType<typeof aStatus>, { flink });
    expect(second).toMatchObject({ status: { error: "Job Not Found" }, events: [] });
    expect(seen(second.status as ReturnType<typeof aStatus>, {}).status.error).toBeUndefined();
  });

  test("a job that has not been submitted yet is not a problem", () => {
    const flink = flinkFacts("RUNNING", { jobs: [] });
    expect(seen(aStatus(aSpec, { job: { state: "RECONCILING" } }), { flink }).events).toEqual([]);
  });

  test("an image that cannot be pulled is reported once, whichever wording the kubelet uses", () => {
    const inTrouble = (reason: string, message: string): Partial<Facts> => ({
      flink: undefined,
      jobManagerPods: [
        {
          name: "p",
          ip: undefined,
          ready: false,
          deleting: false,
          problem: { container: "main", reason, message, restartCount: 0 },
        },
      ],
    });
    const first = seen(aStatus(aSpec), inTrouble("ErrImagePull", "not found: x:1"));
    expect(first.events.at(-1)).toMatchObject({ reason: "ErrImagePull", message: "[main] not found: x:1" });
    const second = seen(
      first.status as ReturnType<typeof aStatus>,
      inTrouble("ImagePullBackOff", "Back-off pulling image x:1"),
    );
    expect(second.events).toEqual([]);
    expect(second.status).toEqual(first.status);
    const other = seen(
      first.status as ReturnType<typeof aStatus>,
      inTrouble("CreateContainerConfigError", "no secret"),
    );
    expect(other.events).toMatchObject([{ reason: "CreateContainerConfigError" }]);
  });
});

describe("clusterInfo", () => {
  const reported = {
    config: { flinkVersion: "2.3.0", flinkRevision: "abc" },
    taskManagers: { at: 1, list: [] },
  };
  test("appears with the job, not before", () => {
    const status = aStatus(aSpec, { clusterInfo: {}, job: { state: "RECONCILING" } });
    expect(seen(status, { flink: flinkFacts("INITIALIZING", reported) }).status.clusterInfo).toEqual({});
    expect(seen(status, { flink: flinkFacts("RUNNING", reported) }).status.clusterInfo).toEqual({
      "flink-version": "2.3.0",
      "flink-revision": "abc",
      "total-cpu": "2.0",
      "total-memory": "1024",
    });
  });

  test("omits values that cannot be computed from the configuration", () => {
    const status = aStatus(aSpec, { clusterInfo: {} });
    const deployed = readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec);
    const settings = someSettings({ totalMemory: () => undefined });
    const { clusterInfo } = observe(
      status,
      deployed,
      someFacts({ flink: flinkFacts("RUNNING", reported) }),
      settings,
      0,
      true,
    ).status;
    expect(clusterInfo).not.toHaveProperty("total-memory");
    expect(clusterInfo).toHaveProperty("total-cpu");
  });
});

describe("a chain of causes", () => {
  const trace = (...causes: string[]) =>
    causes
      .map((cause, index) => `${index === 0 ? "" : "Caused by: "}${cause}\n\tat a.b.C.d(C.java:1)`)
      .join("\n");
  test.each([
    ["one", trace("a.b.X: x"), "a.b.X: x"],
    ["three", trace("a.b.X: x", "a.b.Y: y", "a.b.Z"), "a.b.X: x -> a.b.Y: y -> a.b.Z"],
    [
      "the first and the last two of more",
      trace("a.b.X: x", "a.b.M: m", "a.b.Y: y", "a.b.Z: z"),
      "a.b.X: x -> a.b.Y: y -> a.b.Z: z",
    ],
    ["no stack trace", "it just failed\nand more", "it just failed"],
    ["nothing", "", ""],
  ])("%s", (_, text, expected) => {
    expect(causeChain(text)).toBe(expected);
  });
});

test("a JobManager that restarts after a crash without its job requires a manual restore and reports that", () => {
  const source = { pod: "job-abc", container: "flink-main-container", restartCount: 1 };
  const pod = { name: "job-abc", ip: "10.0.0.1", ready: true, deleting: false, problem: undefined };
  const { error = "" } = seen(aStatus(aSpec, { job: { state: "RECONCILING" } }), {
    jobManagerPods: [{ ...pod, restarted: { restartCount: 1, at: 10_000 } }],
    flink: flinkFacts("RUNNING", { jobs: [] }),
    podLog: { ...source, at: 100_000, text: "Caused by: java.io.FileNotFoundException: none" },
  }).status;
  expect(error).toContain("has no job since: java.io.FileNotFoundException: none. Known snapshots");
  expect(error).toContain("Manual restore required.");
});
