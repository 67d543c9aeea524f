import { describe, expect, test } from "vitest";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { aChild, aResource, at, now, one, someFacts, toGreen, two } from "./decide.fixture.ts";
import { decideBlueGreen } from "./decide.ts";
import type { ChildFacts } from "./facts.ts";

const MINUTE = 60_000;
const key = (name: string): string => `kubernetes.operator.bluegreen.verification.${name}`;

interface Shown {
  /** Undefined: not measured. */
  readonly lag?: number | undefined;
  readonly failures?: number;
  /** How many milliseconds ago it was measured. */
  readonly ago?: number;
  readonly answers?: false;
}

/** Flink's clocks differ from that of the operator, and from each other. */
const clocks = { BLUE: now - 7 * MINUTE, GREEN: now + 3 * MINUTE } as const;

function side(color: "BLUE" | "GREEN", later: number, shown: Shown): ChildFacts {
  const child = aChild(color, color === "BLUE" ? one : two);
  const { lag, failures = 0, ago = 0 } = shown;
  const list = Array.from(
    { length: failures },
    (_, nth) => ({ timestamp: clocks[color] + 1 + nth }) as never,
  );
  const reported = {
    // A failure before the verification does not count.
    exceptions: { jobId: "a", at: now, list: [...list, { timestamp: clocks[color] - 1 } as never] },
    changedAt: shown.answers === false ? undefined : clocks[color],
  };
  return {
    ...child,
    job: { ...child.job, reported },
    seenAt: now + later,
    sources:
      lag === undefined
        ? undefined
        : { jobId: "a", at: now + later - ago, pendingRecords: lag, recordsPerSecond: 1 },
  };
}

/** The reconciles of one transition. */
function transition(options: Readonly<Record<string, string>>) {
  let status: FlinkBlueGreenDeploymentStatus = toGreen;
  const configuration = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [key(name), value]),
  );
  return (later: number, shown: { readonly BLUE?: Shown; readonly GREEN?: Shown } = {}) => {
    const resource = aResource(two, status);
    const children = {
      BLUE: side("BLUE", later, shown.BLUE ?? {}),
      GREEN: side("GREEN", later, shown.GREEN ?? {}),
    };
    const decision = decideBlueGreen({
      resource: { ...resource, spec: { ...resource.spec, configuration } },
      facts: someFacts(children),
      now: now + later,
    });
    status = decision.status;
    return decision;
  };
}

const isSwitched = (later: number) => ({ deploymentReadyTimestamp: at(later) });
const waits = {
  blueGreenState: "TRANSITIONING_TO_GREEN",
  deploymentReadyTimestamp: toGreen.deploymentReadyTimestamp,
};

describe("the lag of both sides", () => {
  const options = { "max-lag-factor": "1.5", "lag-tolerance": "10" };

  test("is measured at the interval of a transition, and only while they are compared", () => {
    const look = transition(options);

    expect(look(0).measure).toEqual([
      { cluster: "ns/app-green", jobId: "a", intervalMs: 15_000 },
      { cluster: "ns/app-blue", jobId: "a", intervalMs: 15_000 },
    ]);
    expect(look(1, { BLUE: { lag: 100 }, GREEN: { lag: 1 } }).measure).toEqual([]);
    expect(transition({ "max-error-factor": "1" })(0).measure).toEqual([]);
  });

  test.each([
    ["less than the old side's", 90, 100],
    ["as many times as it may be", 150, 100],
    ["within the tolerance, whatever the old side has", 10, undefined],
  ])("lets a new side through whose lag is %s", (_, lag, before) => {
    const look = transition(options);
    look(0);

    expect(look(1, { GREEN: { lag }, BLUE: { lag: before } }).status).toMatchObject(isSwitched(1));
  });

  test.each([
    ["is greater", { lag: 151 }, { lag: 100 }],
    ["is not known", {}, { lag: 100 }],
    ["of the old side is not known", { lag: 11 }, {}],
    ["was measured too long ago", { lag: 1, ago: 76_000 }, { lag: 100 }],
  ])("makes it wait where it %s, until its time is over", (_, next, old) => {
    const look = transition({ ...options, timeout: "5 min" });
    look(0);

    expect(look(2 * MINUTE, { GREEN: next, BLUE: old }).status).toMatchObject(waits);
    look(5 * MINUTE + 1, { GREEN: next, BLUE: old });
    const { status } = look(5 * MINUTE + 2, { GREEN: next, BLUE: old });
    expect(status).toMatchObject({ blueGreenState: "ACTIVE_BLUE", jobStatus: { state: "FAILING" } });
    expect(status.error).toMatch(/not verified in 300 s: .*(lag|read 151 records)/);
  });

  test("that was measured before it ran for its time does not count", () => {
    const look = transition({ ...options, "running-time": "60 s" });
    look(0);
    const lag = { GREEN: { lag: 1, ago: 1 }, BLUE: { lag: 100 } };

    expect(look(MINUTE, lag).status).toMatchObject(waits);
    expect(look(MINUTE + 1, lag).status).toMatchObject(isSwitched(MINUTE + 1));
  });
});

describe("the failures of both sides", () => {
  const options = { "max-error-factor": "2" };

  test.each([
    [0, 0],
    [2, 0],
    [2, 1],
    [6, 3],
  ])("let a new side through with %i beside %i", (failures, before) => {
    const look = transition(options);
    look(0, { BLUE: { answers: false }, GREEN: { answers: false } });
    look(1, { BLUE: { answers: false } });

    expect(look(2, { GREEN: { failures }, BLUE: { failures: before } }).status).toMatchObject(isSwitched(2));
  });

  test.each([
    [3, 1, /failed 3 times, that of the old side 1 times/],
    [9, 4, /failed 9 times, that of the old side 4 times/],
  ])("give it up with %i beside %i", (failures, before, error) => {
    const look = transition({ ...options, timeout: "1 min" });
    look(0, { BLUE: { answers: false }, GREEN: { answers: false } });
    look(1, { BLUE: { answers: false } });
    const shown = { GREEN: { failures }, BLUE: { failures: before } };

    expect(look(2, shown).status).toMatchObject(waits);
    look(MINUTE + 1, shown);
    expect(look(MINUTE + 2, shown).status.error).toMatch(error);
  });

  test("are not compared with a JobManager that does not answer", () => {
    const look = transition(options);
    look(0, { BLUE: { answers: false } });

    expect(look(1, { BLUE: { answers: false } }).status).toMatchObject(waits);
  });
});

describe("an expression over both sides", () => {
  const options = { expression: "new.failures == 0 && new.pendingRecords <= 2 * old.pendingRecords" };

  test("lets a new side through for which it holds", () => {
    const look = transition(options);
    expect(look(0).events).toMatchObject([{ message: expect.stringContaining(options.expression) }]);

    expect(look(1, { GREEN: { lag: 7 }, BLUE: { lag: 3 } }).status).toMatchObject(waits);
    expect(look(2, { GREEN: { lag: 6 }, BLUE: { lag: 3 } }).status).toMatchObject(isSwitched(2));
  });

  test("makes it wait where it has no value, and says of what", () => {
    const look = transition({ ...options, timeout: "1 min" });
    look(0);

    expect(look(1, { GREEN: { lag: 7 } }).status).toMatchObject(waits);
    look(MINUTE + 1);
    expect(look(MINUTE + 2).status.error).toMatch(
      /the expression has no value: No such key: pendingRecords$/,
    );
  });
});
