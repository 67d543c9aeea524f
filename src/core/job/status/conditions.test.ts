import { describe, expect, test } from "vitest";
import { aSpec, aStatus } from "../situation.fixture.ts";
import type { DesiredState } from "./conditionReason.ts";
import { withConditions } from "./conditions.ts";

const now = Date.parse("2026-01-01T00:00:10Z");
const earlier = "2026-01-01T00:00:00Z";
const desired: DesiredState = {
  subject: "application",
  generation: 3,
  deleting: false,
  shouldRun: true,
  changePending: false,
  waitsFor: undefined,
};

const conditionsOf = (status: Parameters<typeof withConditions>[0]) =>
  withConditions(status, desired, now).conditions ?? [];
const conditionOf = (type: string, status: Parameters<typeof withConditions>[0]) =>
  conditionsOf(status).find((condition) => condition.type === type);

describe("the condition Running", () => {
  test("shows whether the job runs", () => {
    expect(conditionOf("Running", aStatus(aSpec))).toEqual({
      type: "Running",
      status: "True",
      reason: "Running",
      message: "Job status RUNNING",
      lastTransitionTime: "2026-01-01T00:00:10.000Z",
    });
    expect(conditionOf("Running", aStatus(aSpec, { job: { state: "RECONCILING" } }))).toMatchObject({
      status: "False",
      reason: "Reconciling",
      message: "Job status RECONCILING",
    });
  });

  test.each([
    ["True", "RUNNING", earlier],
    ["False", "RUNNING", "2026-01-01T00:00:10.000Z"],
    ["False", "FAILED", earlier],
  ] as const)("was %s, the job is %s: since %s", (was, state, since) => {
    const conditions = [
      { type: "Running", status: was, reason: "r", message: "m", lastTransitionTime: earlier },
    ];
    expect(conditionOf("Running", aStatus(aSpec, { conditions, job: { state } }))?.lastTransitionTime).toBe(
      since,
    );
  });

  test("is absent before anything is deployed, and if nothing is known of a job", () => {
    expect(conditionOf("Running", {})).toBeUndefined();
    expect(conditionOf("Running", { ...aStatus(aSpec), jobStatus: {} })).toBeUndefined();
  });
});

describe("the conditions of kstatus", () => {
  test("come after conditions of other writers, each once, with the generation they are derived from", () => {
    const other = { type: "Other", status: "True", reason: "r", message: "m", lastTransitionTime: earlier };
    const first = withConditions(aStatus(aSpec, { conditions: [other] }), desired, now);
    const repeated = withConditions(first, desired, now + 5_000);
    expect(repeated).toEqual(first);
    expect(first.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      "Other True",
      "Running True",
      "Ready True",
      "Reconciling False",
      "Stalled False",
    ]);
    expect(first.conditions?.[2]?.observedGeneration).toBe(3);
  });

  test("are added again if the Java operator dropped them", () => {
    const status = withConditions(aStatus(aSpec), desired, now);
    const dropped = { ...status, conditions: status.conditions?.filter(({ type }) => type === "Running") };
    expect(withConditions(dropped, desired, now)).toEqual(status);
  });
});
