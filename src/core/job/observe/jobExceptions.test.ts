import { describe, expect, test } from "vitest";
import type { JobException } from "../../../api/flinkFacts.ts";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import {
  aJobId,
  anInput,
  aResource,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  runningStatus,
  someFacts,
  someSettings,
} from "../situation.fixture.ts";
import { exceptionEvents } from "./jobExceptions.ts";

const now = Date.parse("2026-01-01T01:00:00Z");
const stack = (name: string, frames: number): string =>
  [name, ...Array.from({ length: frames }, (_, index) => `\tat a.B.c${index}(B.java)`)].join("\n");
const exception = (secondsAgo: number, more: Partial<JobException> = {}): JobException => ({
  name: "a.b.X",
  stackTrace: stack(`a.b.X: ${secondsAgo}`, 2),
  timestamp: now - secondsAgo * 1_000,
  taskName: undefined,
  endpoint: undefined,
  taskManagerId: undefined,
  failureLabels: {},
  ...more,
});
const reported = (list: JobException[], jobId = aJobId, deploymentUid?: string) =>
  exceptionEvents(
    runningStatus,
    someFacts({
      flink: flinkFacts("RUNNING", {
        exceptions: { jobId, at: now, list },
        ...(deploymentUid === undefined ? {} : { deploymentUid }),
      }),
    }),
    someSettings(),
    now,
  );

describe("the exceptions of a job", () => {
  test("are reported with place and time, five lines of each", () => {
    const where = { taskName: "Map (1/2)", endpoint: "10.0.0.2:6122", taskManagerId: "tm-1" };
    const [event] = reported([
      exception(5, { stackTrace: stack("a.b.X: x", 9), failureLabels: { "my type": "USER" }, ...where }),
    ]);
    expect(event).toMatchObject({
      type: "Warning",
      reason: "JobException",
      component: "Job",
      at: now - 5_000,
      annotations: {
        "exception-timestamp": "2026-01-01T00:59:55.000Z",
        "task-name": "Map (1/2)",
        endpoint: "10.0.0.2:6122",
        "tm-id": "tm-1",
        "failure-label-my_type": "USER",
      },
    });
    expect(event?.message.split("\n")).toHaveLength(6);
    expect(event?.message).toContain("... (5 more lines)");
    expect(event?.key).toMatch(/^jobmanager-exception-[0-9a-f]+$/);
  });

  test("are reported oldest first, at most ten in one reconcile", () => {
    const events = reported(Array.from({ length: 12 }, (_, index) => exception(index)));
    expect(events).toHaveLength(10);
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort());
  });

  test("of the same text are one event", () => {
    const [first, second] = reported([exception(1, { stackTrace: "x" }), exception(9, { stackTrace: "x" })]);
    expect(first?.key).toBe(second?.key);
  });

  test.each<[string, Parameters<typeof reported>]>([
    ["from half an hour ago are history", [[exception(1_801)]]],
    ["of another job are not its", [[exception(1)], "b".repeat(32)]],
    ["of an older cluster are not its", [[exception(1)], aJobId, "older"]],
  ])("%s", (_, args) => {
    expect(reported(...args)).toEqual([]);
  });

  describe("that include the failure that ended the job", () => {
    const failure = { className: "a.b.J", stackTrace: "a.b.J: given up\nCaused by: a.b.X: 5" };
    const flinkOf = (list: JobException[]) =>
      flinkFacts("FAILED", {
        exceptions: { jobId: aJobId, at: now, list },
        jobResult: { jobId: aJobId, at: now, result: { status: "FAILED", failure } },
        ...checkpointFacts({}),
      });
    const warnings = (status: FlinkDeploymentStatus, list: JobException[]) => {
      const decision = decideFlinkDeployment(
        anInput(aResource(aSpec, status), { flink: flinkOf(list) }, { now }),
      );
      const reasons = decision.events.filter(({ type }) => type === "Warning").map(({ reason }) => reason);
      return { reported: reasons, status: decision.status };
    };

    test("are one Warning together with it in the same reconcile", () => {
      const { reported: first, status } = warnings(aStatus(aSpec), [exception(5)]);
      expect(first).toEqual(["JobException"]);
      expect(status.error).toContain("a.b.J: given up");
    });

    test("are one Warning together with it if the failure was reported first", () => {
      const first = warnings(aStatus(aSpec), []);
      expect(first.reported).toEqual(["Error"]);
      expect(warnings(first.status, [exception(5)]).reported).toEqual([]);
      expect(warnings(first.status, [exception(5), exception(9)]).reported).toEqual(["JobException"]);
    });

    test("are reported with the failure if they are already old", () => {
      expect(warnings(aStatus(aSpec), [exception(1_801, { stackTrace: "a.b.X: 5" })]).reported).toEqual([
        "Error",
      ]);
    });
  });

  test("are not reported for a resource that is being deleted", () => {
    const flink = flinkFacts("RUNNING", { exceptions: { jobId: aJobId, at: now, list: [exception(1)] } });
    const reasons = (metadata: object) =>
      decideFlinkDeployment(
        anInput(aResource(aSpec, aStatus(aSpec), metadata), { flink }, { now }),
      ).events.map(({ reason }) => reason);
    expect(reasons({ generation: 1 })).toContain("JobException");
    expect(reasons({ generation: 1, deletionTimestamp: "2026-01-01T00:59:00Z" })).not.toContain(
      "JobException",
    );
  });
});
