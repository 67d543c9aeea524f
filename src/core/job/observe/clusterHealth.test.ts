import { describe, expect, test } from "vitest";
import type { FlinkFacts } from "../../../api/flinkFacts.ts";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { aJobId, aSnapshot, checkpointFacts, flinkFacts, runningStatus } from "../situation.fixture.ts";
import { type HealthLimits, unhealthyBecause, withHealth } from "./clusterHealth.ts";

const minute = 60_000;
const start = 1_000 * minute;
const limits: HealthLimits = { restarts: 64, restartsWindowMs: 2 * minute, progressWindowMs: 20 * minute };

interface ReportedMetrics {
  /** Minutes. */
  readonly at: number;
  readonly restarts?: number | undefined;
  readonly before?: { readonly at: number; readonly restarts: number };
  readonly completed?: number;
  /** Minutes at which the newest checkpoint completed. */
  readonly completedAt?: number;
}

const time = (minutes: number) => start + minutes * minute;

const metricsAt = ({ at, restarts = 0, before, completed = 1, completedAt }: ReportedMetrics): FlinkFacts => {
  const latestCompleted = aSnapshot(7, completedAt === undefined ? {} : { completedAt: time(completedAt) });
  const { statistics } = checkpointFacts({ latestCompleted }).checkpoints ?? {};
  return flinkFacts("RUNNING", {
    metrics: {
      jobId: aJobId,
      at: time(at),
      restarts,
      completedCheckpoints: completed,
      before: before && { ...before, at: time(before.at) },
    },
    checkpoints: { jobId: aJobId, at: time(at), statistics },
  });
};

const healthAfter = (...answers: ReportedMetrics[]): FlinkDeploymentStatus =>
  answers.reduce((status, answer) => withHealth(status, metricsAt(answer), limits), runningStatus);
const infoOf = ({ clusterInfo }: FlinkDeploymentStatus) => JSON.parse(clusterInfo?.ClusterHealthInfo ?? "{}");

describe("the recorded health of a job", () => {
  test("has exactly the JSON format of the Java operator", () => {
    const first = healthAfter({ at: 0, completed: 3 });
    expect(first.clusterInfo?.ClusterHealthInfo).toBe(
      `{"timeStamp":${start},"numRestarts":0,"numRestartsEvaluationTimeStamp":${start},` +
        `"numCompletedCheckpoints":3,"numCompletedCheckpointsIncreasedTimeStamp":${start},` +
        `"healthResult":{"healthy":true,"error":null}}`,
    );
  });

  test("stays unchanged for hours while the job runs without a restart", () => {
    const first = healthAfter({ at: 0 });
    const hours = [1, 60, 600].map((at) => ({ at, completed: at, completedAt: at }));
    expect(hours.reduce((status, answer) => withHealth(status, metricsAt(answer), limits), first)).toBe(
      first,
    );
  });

  test("is absent before Flink has collected its metrics, and for another job", () => {
    const silent = flinkFacts("RUNNING", {
      metrics: { jobId: aJobId, at: start, restarts: undefined, completedCheckpoints: undefined },
    });
    expect(withHealth(runningStatus, silent, limits)).toBe(runningStatus);
    const other = flinkFacts("RUNNING", {
      metrics: { jobId: "f".repeat(32), at: start, restarts: 1, completedCheckpoints: 1 },
    });
    expect(withHealth(runningStatus, other, limits)).toBe(runningStatus);
  });

  test("is read as the Java operator wrote it, with its baseline", () => {
    const java = {
      timeStamp: time(10),
      numRestarts: 100,
      numRestartsEvaluationTimeStamp: time(9),
      numCompletedCheckpoints: 5,
      numCompletedCheckpointsIncreasedTimeStamp: time(10),
      healthResult: { healthy: true, error: null },
    };
    const status = { ...runningStatus, clusterInfo: { ClusterHealthInfo: JSON.stringify(java) } };
    expect(withHealth(status, metricsAt({ at: 11, restarts: 100, completed: 5 }), limits)).toBe(status);
    const worse = withHealth(status, metricsAt({ at: 11, restarts: 165, completed: 5 }), limits);
    expect(unhealthyBecause(worse)).toBe("The job restarted more than 64 times within 120 s");
  });

  test.each(["", "{", "[]", '{"timeStamp":1}', "null"])("that is malformed (%s) starts from zero", (text) => {
    const status = { ...runningStatus, clusterInfo: { ClusterHealthInfo: text } };
    expect(infoOf(withHealth(status, metricsAt({ at: 0, restarts: 9 }), limits))).toMatchObject({
      numRestarts: 9,
    });
  });
});

describe("restarts", () => {
  const restartsOnly = { ...limits, progressWindowMs: undefined };
  const restartsAfter = (...answers: ReportedMetrics[]): FlinkDeploymentStatus =>
    answers.reduce((status, answer) => withHealth(status, metricsAt(answer), restartsOnly), runningStatus);

  const rows: readonly [string, ReportedMetrics[], boolean][] = [
    ["as many as are allowed, in a window", [{ at: 0 }, { at: 1, restarts: 64 }], true],
    ["one more than are allowed", [{ at: 0 }, { at: 1, restarts: 65 }], false],
    ["twice as many in twice the window are the same", [{ at: 0 }, { at: 4, restarts: 129 }], true],
    ["more than twice as many in twice the window", [{ at: 0 }, { at: 4, restarts: 130 }], false],
    [
      "a burst after hours of rest: counted from when the count was last the same",
      [{ at: 0 }, { at: 600, restarts: 65, before: { at: 599, restarts: 0 } }],
      false,
    ],
    [
      "a burst in two parts, within one window",
      [
        { at: 0 },
        { at: 600, restarts: 40, before: { at: 599, restarts: 0 } },
        { at: 600.9, restarts: 70, before: { at: 600, restarts: 40 } },
      ],
      false,
    ],
    [
      "the same in two windows",
      [
        { at: 0 },
        { at: 600, restarts: 40, before: { at: 599, restarts: 0 } },
        { at: 602, restarts: 40, before: { at: 599, restarts: 0 } },
        { at: 604, restarts: 80, before: { at: 602, restarts: 40 } },
      ],
      true,
    ],
    [
      "a burst during an operator restart: detected with the next window at the latest",
      [{ at: 0 }, { at: 600, restarts: 100 }, { at: 601, restarts: 200, before: { at: 600, restarts: 100 } }],
      false,
    ],
    [
      "a JobManager that counts from zero again",
      [
        { at: 0, restarts: 100 },
        { at: 1, restarts: 0 },
        { at: 2, restarts: 30 },
      ],
      true,
    ],
  ];
  test.each(rows)("%s", (_, answers, isHealthy) => {
    const status = restartsAfter(...answers);
    expect(infoOf(status).healthResult.healthy).toBe(isHealthy);
    expect(unhealthyBecause(status) === undefined).toBe(isHealthy);
  });

  test("move the baseline once the window is over, and then cause no further write", () => {
    const status = restartsAfter({ at: 0 }, { at: 3, restarts: 2 });
    expect(infoOf(status)).toMatchObject({ numRestarts: 2, numRestartsEvaluationTimeStamp: time(3) });
    expect(withHealth(status, metricsAt({ at: 9, restarts: 2 }), restartsOnly)).toBe(status);
  });
});

describe("checkpoints", () => {
  const rows: readonly [string, ReportedMetrics[], boolean][] = [
    ["one in the window", [{ at: 0 }, { at: 20 }], true],
    ["none in the window", [{ at: 0 }, { at: 20.1 }], false],
    ["the last one a window ago", [{ at: 0 }, { at: 50, completed: 9, completedAt: 30 }], true],
    ["the last one longer ago", [{ at: 0 }, { at: 51, completed: 9, completedAt: 30 }], false],
    [
      "fewer than before: another JobManager counts",
      [
        { at: 0, completed: 9 },
        { at: 30, completed: 0 },
      ],
      true,
    ],
    [
      "none since another JobManager counts",
      [
        { at: 0, completed: 9 },
        { at: 30, completed: 0 },
        { at: 51, completed: 0 },
      ],
      false,
    ],
  ];
  test.each(rows)("%s", (_, answers, isHealthy) => {
    const status = healthAfter(...answers);
    expect(infoOf(status).healthResult).toEqual(
      isHealthy
        ? { healthy: true, error: null }
        : { healthy: false, error: "No checkpoint of the job has completed for 1200 s" },
    );
  });

  test("are not checked if the check is off or the job has none", () => {
    const off = { ...limits, progressWindowMs: undefined };
    const status = withHealth(runningStatus, metricsAt({ at: 0 }), off);
    expect(withHealth(status, metricsAt({ at: 900 }), off)).toBe(status);
  });

  test("get a new time limit after a JobManager restart, which loses the last one", () => {
    const startedAgain = (minutes: number, at: number): FlinkFacts => {
      const { jobs = [], ...facts } = metricsAt({ at: 0 });
      return {
        ...facts,
        jobs: jobs.map((job) => ({ ...job, startTime: time(minutes) })),
        checkpoints: {
          jobId: aJobId,
          at: time(at),
          statistics: checkpointFacts({ latestCompleted: undefined }).checkpoints?.statistics,
        },
      };
    };
    const status = healthAfter({ at: 0 });
    expect(unhealthyBecause(withHealth(status, startedAgain(20, 21), limits))).toBeUndefined();
    expect(unhealthyBecause(withHealth(status, startedAgain(20, 40), limits))).toBeUndefined();
    expect(unhealthyBecause(withHealth(status, startedAgain(20, 40.1), limits))).toBeDefined();
  });

  test("that complete again make the job healthy again", () => {
    const status = healthAfter({ at: 0 }, { at: 30 }, { at: 31, completed: 2, completedAt: 31 });
    expect(unhealthyBecause(status)).toBeUndefined();
  });
});
