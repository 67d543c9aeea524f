import { describe, expect, test } from "vitest";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { formatLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import {
  aChild,
  activeBlue,
  aResource,
  at,
  EPOCH,
  kinds,
  now,
  one,
  reconciled,
  someFacts,
  template,
  toGreen,
  two,
} from "./decide.fixture.ts";
import { decideBlueGreen } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { formatStoredSpec } from "./storedSpec.ts";

const HOUR = 3_600_000;
const configuration = { "kubernetes.operator.bluegreen.rollback.time": "1 h" };
const GREEN = aChild("GREEN", two);
const BLUE = aChild("BLUE", one);
const spec = formatStoredSpec({ template: { spec: one } });
const switched = { ...toGreen, deploymentReadyTimestamp: at(-1) } as const;
const stopping = { uid: "blue", spec, stopTimestamp: at(600_000) };

const broken = aChild("GREEN", two, {
  status: { lifecycleState: "DEPLOYED", jobStatus: { state: "RESTARTING" } },
});

/** The old side once its job has been stopped. */
const stopped = (path: string | undefined) => {
  const suspended = template({ state: "suspended" });
  const child = aChild("BLUE", suspended, {
    status: {
      lifecycleState: "SUSPENDED",
      jobStatus: { state: "FINISHED", upgradeSavepointPath: path },
      reconciliationStatus: {
        state: "DEPLOYED",
        lastReconciledSpec: formatLastReconciledSpec(suspended, { firstDeployment: false }),
      },
    },
  });
  return child;
};

const decide = (
  status: FlinkBlueGreenDeploymentStatus,
  children: Facts["children"],
  more: { wanted?: FlinkDeploymentSpec; later?: number; options?: object } = {},
) => {
  const resource = aResource(more.wanted ?? two, status);
  return decideBlueGreen({
    resource: { ...resource, spec: { ...resource.spec, configuration, ...more.options } },
    facts: someFacts(children),
    now: now + (more.later ?? 0),
  });
};

describe("before the old side is deleted, where it can be gone back to", () => {
  test("its spec is recorded before its job is stopped", () => {
    const { actions, status } = decide(switched, { BLUE, GREEN });

    expect(actions).toEqual([]);
    expect(status).toMatchObject({ blueGreenState: "TRANSITIONING_TO_GREEN", rollback: stopping });
  });

  test("its job is stopped with a savepoint, whatever its upgrade mode", () => {
    const lastState = aChild("BLUE", template({ upgradeMode: "last-state" }));
    const { actions, status } = decide({ ...switched, rollback: stopping }, { BLUE: lastState, GREEN });

    expect(actions).toMatchObject([
      {
        kind: "patch-child",
        name: "app-blue",
        uid: "blue",
        spec: { job: { state: "suspended", upgradeMode: "savepoint" } },
      },
    ]);
    expect(status.blueGreenState).toBe("TRANSITIONING_TO_GREEN");
  });

  test("the path is recorded before it is deleted", () => {
    const seen = decide({ ...switched, rollback: stopping }, { BLUE: stopped("s3://sp/1"), GREEN });
    expect(seen.actions).toEqual([]);
    expect(seen.status.rollback).toEqual({ ...stopping, savepointPath: "s3://sp/1" });

    const { actions, status, events, requeueAfterMs } = decide(seen.status, {
      BLUE: stopped("s3://sp/1"),
      GREEN,
    });
    expect(actions).toEqual([{ kind: "delete-child", name: "app-blue", uid: "blue" }]);
    expect(status).toMatchObject({
      blueGreenState: "ACTIVE_GREEN",
      rollback: { savepointPath: "s3://sp/1", expirationTimestamp: at(HOUR) },
    });
    expect(events).toMatchObject([{ reason: "TransitionFinished" }, { reason: "RollbackAvailable" }]);
    expect(requeueAfterMs).toBe(0);
  });

  test("the same holds where the operator dies after the deletion", () => {
    const recorded = { ...switched, rollback: { ...stopping, savepointPath: "s3://sp/1" } };

    expect(decide(recorded, { GREEN }).status.rollback?.expirationTimestamp).toBe(at(HOUR));
  });

  test("one without state is not stopped", () => {
    const stateless = template({ upgradeMode: "stateless" });
    const first = decide(switched, { BLUE: aChild("BLUE", stateless), GREEN });

    expect(kinds(decide(first.status, { BLUE: aChild("BLUE", stateless), GREEN }).actions)).toEqual([
      "delete-child",
    ]);
  });

  test("one that cannot be stopped with a savepoint is waited for until its time is over, and then deleted", () => {
    const waiting = decide({ ...switched, rollback: stopping }, { BLUE: stopped(undefined), GREEN });
    expect(waiting).toMatchObject({ actions: [], requeueAfterMs: 15_000 });

    const { actions, status, events } = decide(
      waiting.status,
      { BLUE: stopped(undefined), GREEN },
      { later: 600_001 },
    );
    expect(kinds(actions)).toEqual(["delete-child"]);
    expect(status.rollback).toBeUndefined();
    expect(events).toMatchObject([
      { reason: "TransitionFinished" },
      { type: "Warning", reason: "RollbackUnavailable" },
    ]);
  });

  test("the path counts before the time that is over", () => {
    const { actions, status } = decide(
      { ...switched, rollback: stopping },
      { BLUE: stopped("s3://sp/1"), GREEN },
      { later: 600_001 },
    );

    expect(actions).toEqual([]);
    expect(status.rollback?.savepointPath).toBe("s3://sp/1");
  });

  test("what a transition recorded that was given up counts no more", () => {
    const given = decide(
      { ...switched, abortTimestamp: at(-1), rollback: { ...stopping, stopTimestamp: at(20_000) } },
      { BLUE, GREEN: broken },
    );
    expect(given.status.blueGreenState).toBe("ACTIVE_BLUE");
    expect(given.status.rollback).toBeUndefined();
  });

  test("an edit of the new side gives the old one its time again", () => {
    const { status } = decide(
      { ...switched, rollback: stopping },
      { BLUE, GREEN },
      { wanted: template({}, { image: "flink:3" }), later: 500_000 },
    );

    expect(status.rollback?.stopTimestamp).toBe(at(1_100_000));
  });

  test("without the option it is deleted, and what was kept before is forgotten", () => {
    const before = { ...stopping, uid: "other", savepointPath: "s3://sp/0", expirationTimestamp: at(HOUR) };
    const { actions, status } = decide(
      { ...switched, rollback: before },
      { BLUE, GREEN },
      { options: { configuration: {} } },
    );

    expect(kinds(actions)).toEqual(["delete-child"]);
    expect(status.rollback).toBeUndefined();
  });
});

describe("what ran before", () => {
  const rollback = { ...stopping, savepointPath: "s3://sp/1", expirationTimestamp: at(HOUR) };
  const activeGreen = {
    ...activeBlue,
    blueGreenState: "ACTIVE_GREEN",
    ...reconciled(two),
    rollback,
  } as const;
  const back = template({ initialSavepointPath: "s3://sp/1", savepointRedeployNonce: 1 });
  test("is kept for its time", () => {
    const kept = decide(activeGreen, { GREEN }, { later: HOUR - 1 });
    expect(kept.status.rollback).toEqual(rollback);
    expect(kept.requeueAfterMs).toBe(2);

    expect(decide(activeGreen, { GREEN }, { later: HOUR }).status.rollback).toBeUndefined();
  });

  test.each([
    ["runs", GREEN],
    ["does not run", broken],
  ])("is gone back to from its own savepoint where the new side %s", (_, green) => {
    const { actions, status } = decide(activeGreen, { GREEN: green }, { wanted: back });

    expect(actions).toMatchObject([
      {
        kind: "create-child",
        child: { metadata: { name: "app-blue" }, spec: { job: { initialSavepointPath: "s3://sp/1" } } },
      },
    ]);
    expect(status).toMatchObject({
      blueGreenState: "TRANSITIONING_TO_BLUE",
      rollback: { ...rollback, startTime: at(0) },
    });
  });

  test("is gone back to without a comparison with what is broken", () => {
    const options = {
      configuration: { ...configuration, "kubernetes.operator.bluegreen.verification.max-lag-factor": "2" },
    };
    const begun = decide(activeGreen, { GREEN: broken }, { wanted: back, options });
    expect(begun.status.rollback?.startTime).toBe(at(0));

    const { status } = decide(
      begun.status,
      { GREEN: broken, BLUE: aChild("BLUE", back) },
      { wanted: back, options },
    );
    expect(status).toMatchObject({ deploymentReadyTimestamp: at(0) });
    expect(status.verification).toBeUndefined();
  });

  test("that has no state is gone back to by its nonce", () => {
    const stateless = template({ upgradeMode: "stateless", savepointRedeployNonce: 1 });
    const { savepointPath: _, ...rest } = rollback;
    const status = {
      ...activeGreen,
      rollback: { ...rest, spec: formatStoredSpec({ template: { spec: stateless } }) },
    };

    expect(kinds(decide(status, { GREEN: broken }, { wanted: stateless }).actions)).toEqual(["create-child"]);
  });

  test("stays known after a change in place", () => {
    const status = { ...activeGreen, blueGreenState: "TRANSITIONING_TO_GREEN" } as const;
    const { events, ...done } = decide(status, { GREEN });

    expect(done.status).toMatchObject({ blueGreenState: "ACTIVE_GREEN", rollback });
    expect(events).toMatchObject([{ reason: "TransitionFinished" }]);
  });

  test("is no reason to redeploy from another savepoint while the new side does not run", () => {
    const other = template({ initialSavepointPath: "s3://sp/2", savepointRedeployNonce: 1 });
    const { actions, status } = decide(activeGreen, { GREEN: broken }, { wanted: other });

    expect(actions).toEqual([]);
    expect(status.error).toMatch(/not READY/);
  });

  test("waits as before once its time is over", () => {
    expect(decide(activeGreen, { GREEN: broken }, { wanted: back, later: HOUR }).status.error).toMatch(
      /not READY/,
    );
  });

  test("stays known while the way back is under way", () => {
    const status = {
      ...toGreen,
      blueGreenState: "TRANSITIONING_TO_BLUE",
      ...reconciled(back),
      abortTimestamp: at(-1),
      deploymentReadyTimestamp: EPOCH,
      rollback: { ...rollback, startTime: at(-1) },
    } as const;
    const blue = aChild("BLUE", back, { status: {} });
    const given = decide(status, { GREEN, BLUE: blue }, { wanted: back });

    expect(given.status.blueGreenState).toBe("ACTIVE_GREEN");
    expect(given.status.rollback).toEqual(rollback);
  });
});

describe("while the old side is being stopped, a new side that breaks", () => {
  const overdue = { ...switched, abortTimestamp: at(-1) };
  const recorded = { ...stopping, savepointPath: "s3://sp/1" };

  test("has the path recorded, and the error names the way back", () => {
    const children = { BLUE: stopped("s3://sp/1"), GREEN: broken };
    const seen = decide({ ...overdue, rollback: stopping }, children);
    expect(seen.status.rollback).toEqual(recorded);

    expect(decide(seen.status, children).status.error).toMatch(/kubectl flink rollback flinkbgdep\/app/);
  });

  test("gives an old side that still runs its time again", () => {
    const late = { ...stopping, stopTimestamp: at(1) };

    expect(
      decide({ ...switched, rollback: late }, { BLUE, GREEN: broken }).status.rollback?.stopTimestamp,
    ).toBe(at(600_000));
  });

  test("starts where it is from what the old one was stopped with, once the spec says so", () => {
    const wanted = template({ initialSavepointPath: "s3://sp/1", savepointRedeployNonce: 1 });
    const { actions } = decide(
      { ...overdue, rollback: recorded },
      { BLUE: stopped("s3://sp/1"), GREEN: broken },
      { wanted },
    );

    expect(actions).toMatchObject([{ kind: "patch-child", name: "app-green", spec: wanted }]);
  });

  test("can be suspended, since no other one runs, and then gone back from", () => {
    const wanted = template({ state: "suspended" }, { image: "flink:2" });
    const blue = stopped("s3://sp/1");
    const asked = decide({ ...overdue, rollback: recorded }, { BLUE: blue, GREEN: broken }, { wanted });
    expect(asked.actions).toMatchObject([{ name: "app-green", spec: { job: { state: "suspended" } } }]);

    const green = aChild("GREEN", wanted, { status: { lifecycleState: "SUSPENDED" } });
    const { status, events } = decide(asked.status, { BLUE: blue, GREEN: green }, { wanted });
    expect(status).toMatchObject({
      blueGreenState: "ACTIVE_GREEN",
      jobStatus: { state: "SUSPENDED" },
      rollback: { ...recorded, expirationTimestamp: at(HOUR) },
    });
    expect(events).toMatchObject([{ reason: "Suspended" }, { reason: "RollbackAvailable" }]);
  });
});

test("a suspension waits for the end of a transition while the old side runs", () => {
  const wanted = template({ state: "suspended" }, { image: "flink:2" });

  expect(decide(toGreen, { BLUE, GREEN: broken }, { wanted }).actions).toEqual([]);
});

test("a record that cannot be read is none", () => {
  const rollback = { ...stopping, spec: "{", expirationTimestamp: at(HOUR) };
  const active = { ...activeBlue, blueGreenState: "ACTIVE_GREEN", ...reconciled(two), rollback } as const;

  expect(decide(active, { GREEN }).status.rollback).toBeUndefined();
});
