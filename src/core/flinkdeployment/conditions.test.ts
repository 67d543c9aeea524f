import { describe, expect, test } from "vitest";
import { withRunningCondition } from "./conditions.ts";
import { aSpec, aStatus } from "./situation.fixture.ts";

const now = Date.parse("2026-01-01T00:00:10Z");
const earlier = "2026-01-01T00:00:00Z";

describe("the condition Running", () => {
  test("says whether the job runs", () => {
    expect(withRunningCondition(aStatus(aSpec), now).conditions).toEqual([
      {
        type: "Running",
        status: "True",
        reason: "Running",
        message: "Job status RUNNING",
        lastTransitionTime: "2026-01-01T00:00:10.000Z",
      },
    ]);
    expect(
      withRunningCondition(aStatus(aSpec, { job: { state: "RECONCILING" } }), now).conditions,
    ).toMatchObject([{ status: "False", reason: "Reconciling", message: "Job status RECONCILING" }]);
  });

  test.each([
    ["True", "RUNNING", earlier],
    ["False", "RUNNING", "2026-01-01T00:00:10.000Z"],
    ["False", "FAILED", earlier],
  ] as const)("was %s, the job is %s: since %s", (was, state, since) => {
    const conditions = [
      { type: "Running", status: was, reason: "r", message: "m", lastTransitionTime: earlier },
    ];
    const [condition] =
      withRunningCondition(aStatus(aSpec, { conditions, job: { state } }), now).conditions ?? [];
    expect(condition?.lastTransitionTime).toBe(since);
  });

  test("is not there before anything is deployed, nor where nothing is known of a job", () => {
    expect(withRunningCondition({}, now)).toEqual({});
    const session = aStatus(aSpec);
    expect(withRunningCondition({ ...session, jobStatus: {} }, now).conditions).toEqual([]);
  });

  test("stands beside the conditions of others", () => {
    const other = { type: "Other", status: "True", reason: "r", message: "m", lastTransitionTime: earlier };
    expect(withRunningCondition(aStatus(aSpec, { conditions: [other] }), now).conditions).toHaveLength(2);
  });
});
