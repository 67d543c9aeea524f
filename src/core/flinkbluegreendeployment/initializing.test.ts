import { expect, test } from "vitest";
import { aChild, aResource, at, decide, idle, one, reconciled, template, two } from "./decide.fixture.ts";

const suspended = template({ state: "suspended" });
const handedOver = {
  blueGreenState: "INITIALIZING_BLUE",
  jobStatus: { state: "FAILING" },
  ...idle,
  ...reconciled(suspended),
} as const;
const stopped = { lifecycleState: "SUSPENDED", jobStatus: { upgradeSavepointPath: "s3://state" } };

test.each(["BLUE", "GREEN"] as const)(
  "the only side, %s, that has the job's state goes on where it is",
  (color) => {
    const children = { [color]: aChild(color, suspended, { status: stopped }) };
    const { actions, status } = decide(aResource(one, handedOver), children);
    expect(actions).toEqual([]);
    const resumed = decide(aResource(one, status), children);
    expect(resumed.actions).toMatchObject([
      { kind: "patch-child", uid: color.toLowerCase(), spec: { job: one.job } },
    ]);
    expect(resumed.status.blueGreenState).toBe(`TRANSITIONING_TO_${color}`);
  },
);

test("each attempt of the first deployment is given up in its time, and may start anew", () => {
  const slow = { lifecycleState: "DEPLOYED", jobStatus: { state: "RECONCILING" } };
  const given = { ...handedOver, ...reconciled(one) };
  const BLUE = aChild("BLUE", suspended, { status: {} });
  const { actions, status } = decide(aResource(two, given), { BLUE });
  expect(actions).toMatchObject([{ kind: "patch-child", spec: two }]);
  const late = aResource(two, { ...status, abortTimestamp: at(-1) });
  expect(decide(late, { BLUE: aChild("BLUE", two, { status: slow }) })).toMatchObject({
    actions: [{ kind: "patch-child", spec: { job: { state: "suspended" } } }],
    status: { blueGreenState: "INITIALIZING_BLUE", ...idle },
  });
  expect(decide(aResource(two, status), {}).actions).toMatchObject([{ kind: "create-child" }]);
});
