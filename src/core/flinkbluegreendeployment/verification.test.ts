import { describe, expect, test } from "vitest";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { aChild, aResource, at, now, one, someFacts, template, toGreen, two } from "./decide.fixture.ts";
import { decideBlueGreen } from "./decide.ts";
import type { ChildFacts } from "./facts.ts";

const MINUTE = 60_000;
/** Flink's clock is an hour late. */
const flinkNow = now - 60 * MINUTE;

const key = (name: string): string => `kubernetes.operator.bluegreen.${name}`;
const strict = {
  [key("verification.running-time")]: "60 s",
  [key("verification.min-checkpoints")]: "3",
  [key("verification.max-restarts")]: "1",
};
const manual = { [key("promote")]: "manual" };

interface Seen {
  /** Milliseconds after `now`. */
  readonly later?: number;
  readonly ready?: boolean;
  readonly checkpoints?: number;
  readonly failures?: readonly number[];
  readonly changedAt?: number;
  readonly startedAt?: number;
  readonly answers?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isRefused?: true;
  /** Why its Ingress was refused. */
  readonly refusal?: string;
  /** A crash came after its suspension. */
  readonly isSuspended?: true;
  /** Only this one reconcile, and not the one that follows it at once. */
  readonly once?: true;
}

/** Reconciles of one transition: each goes on from the status that the one before it has left. */
function transition(configuration: Readonly<Record<string, string>>, children: { BLUE?: ChildFacts } = {}) {
  let status: FlinkBlueGreenDeploymentStatus = toGreen;
  const look = (seen: Seen = {}): ReturnType<typeof decideBlueGreen> => {
    const { later = 0, failures = [], changedAt = flinkNow, startedAt = flinkNow - 1 } = seen;
    const spec = seen.isSuspended ? template({ state: "suspended" }, { image: "flink:2" }) : two;
    const green = aChild("GREEN", spec, seen.ready === false ? { status: {} } : {});
    const reported = {
      changedAt: seen.answers === false ? undefined : changedAt,
      exceptions: {
        jobId: "a",
        at: now,
        list: failures.map((timestamp) => ({ timestamp, name: "", stackTrace: "" }) as never),
      },
    };
    const GREEN: ChildFacts = {
      ...green,
      job: { ...green.job, reported, startedAt },
      completedCheckpoints: seen.checkpoints ?? 0,
      seenAt: now + later,
    };
    const resource = aResource(two, status, { annotations: seen.annotations });
    const decision = decideBlueGreen({
      resource: { ...resource, spec: { ...resource.spec, configuration } },
      facts: someFacts(
        { BLUE: aChild("BLUE", one), ...children, GREEN },
        seen.isRefused ? { invalid: { field: "spec", message: "no" } } : {},
      ),
      now: now + later,
      ...(seen.refusal === undefined ? {} : { refusal: seen.refusal }),
    });
    status = decision.status;
    const goesOn = status.verification?.failed !== undefined && seen.once !== true;
    return goesOn ? look({ ...seen, once: true }) : decision;
  };
  return look;
}

const isGivenUp = { blueGreenState: "ACTIVE_BLUE", jobStatus: { state: "FAILING" } };
const isSwitched = (later: number) => ({ deploymentReadyTimestamp: at(later) });

describe("the verification of a new side", () => {
  test("begins when it is ready, and gives it a time of its own", () => {
    const look = transition(strict);
    expect(look({ ready: false })).toMatchObject({ events: [], status: { abortTimestamp: at(MINUTE) } });
    const { actions, status, events, askNow, requeueAfterMs } = look();
    expect(actions).toEqual([]);
    expect(status).toMatchObject({
      blueGreenState: "TRANSITIONING_TO_GREEN",
      abortTimestamp: at(30 * MINUTE),
      verification: { startTime: at(0), runningSince: at(0), failuresSince: flinkNow },
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: "Ready", status: "False", reason: "Verifying" }),
      ]),
    });
    expect(events).toMatchObject([{ type: "Normal", reason: "Verifying" }]);
    expect(askNow).toBe("ns/app-green");
    expect(requeueAfterMs).toBe(15_000);
  });

  test("ends once it ran for its time and has its checkpoints, and leaves nothing in the status", () => {
    const look = transition(strict);
    look();
    const early = look({ later: 59_000, checkpoints: 3 });
    expect(early).toMatchObject({ actions: [], events: [], requeueAfterMs: 1_000 });
    expect(look({ later: 60_000, checkpoints: 2 }).status.verification).toBeDefined();
    const { status } = look({ later: 61_000, checkpoints: 3 });
    expect(status).toMatchObject(isSwitched(61_000));
    expect(status.verification).toBeUndefined();
  });

  test("writes nothing while nothing changes", () => {
    const look = transition(strict);
    const { status } = look();
    expect(look({ later: 20_000, checkpoints: 1 }).status).toEqual(status);
  });

  test("does not go by what Flink said before its time was over", () => {
    const look = transition({ [key("verification.running-time")]: "60 s" });
    look();
    expect(look({ later: 60_000 }).status).toMatchObject(isSwitched(60_000));
    const green = { ...aChild("GREEN", two), seenAt: now + 1 };
    const resource = aResource(two, {
      ...toGreen,
      verification: { startTime: at(0), runningSince: at(0), failuresSince: 1 },
    });
    const configuration = { [key("verification.running-time")]: "60 s" };
    const { status, requeueAfterMs } = decideBlueGreen({
      resource: { ...resource, spec: { ...resource.spec, configuration } },
      facts: someFacts({ BLUE: aChild("BLUE", one), GREEN: green }),
      now: now + 60_000,
    });
    expect(status.verification).toBeDefined();
    expect(requeueAfterMs).toBe(1_000);
  });

  test("begins its time again with each restart, and gives up after too many", () => {
    const look = transition(strict);
    look();
    const restarted = { failures: [flinkNow + 1], changedAt: flinkNow + 2 };
    expect(look({ later: 30_000, ...restarted }).status.verification?.runningSince).toBe(at(30_000));
    const waits = look({ later: 70_000, checkpoints: 3, ...restarted });
    expect(waits.status).toMatchObject({ verification: { runningSince: at(30_000) } });
    const { status, actions, events } = look({
      later: 80_000,
      failures: [flinkNow + 5, flinkNow + 1],
      changedAt: flinkNow + 6,
    });
    expect(status).toMatchObject(isGivenUp);
    expect(status.error).toMatch(/restarts while it was verified: 2, and at most 1 may be$/);
    expect(actions).toMatchObject([{ kind: "patch-child", name: "app-green" }]);
    expect(events).toMatchObject([{ type: "Warning", reason: "TransitionAborted", message: status.error }]);
    expect(status.verification).toBeUndefined();
  });

  test("counts no failure from before it was ready, but the restart of its JobManager", () => {
    const look = transition({ [key("verification.max-restarts")]: "0", ...manual });
    look({ failures: [flinkNow - 1] });
    expect(look({ later: 1, failures: [flinkNow - 1] }).status.blueGreenState).toBe("TRANSITIONING_TO_GREEN");
    const { status } = look({ later: 2, startedAt: flinkNow + 1, changedAt: flinkNow + 2 });
    expect(status).toMatchObject(isGivenUp);
  });

  test("counts that it was not ready, whatever Flink lists", () => {
    const look = transition({ ...strict, [key("verification.max-restarts")]: "1" });
    look();
    expect(look({ later: 1, ready: false }).status.verification?.interruptions).toBe(1);
    look({ later: 2, ready: false });
    look({ later: 3, failures: [flinkNow + 1] });
    const { status } = look({ later: 4, ready: false, failures: [flinkNow + 1] });
    expect(status).toMatchObject(isGivenUp);
    expect(status.error).toMatch(/restarts while it was verified: 2/);
  });

  test("waits for Flink's answer", () => {
    const look = transition({ [key("verification.max-restarts")]: "0" });
    look({ answers: false });
    const { status } = look({ later: 1, answers: false, failures: [flinkNow] });
    expect(status).toMatchObject({ blueGreenState: "TRANSITIONING_TO_GREEN" });
    expect(look({ later: 2 }).status).toMatchObject(isSwitched(2));
  });

  test("goes on when it is ready again in the time of a start, and gives it up after that", () => {
    const look = transition(strict);
    look();
    const lost = look({ later: 10_000, ready: false });
    expect(lost.status).toMatchObject({ abortTimestamp: at(10_000 + 10 * MINUTE) });
    expect(lost.status.verification?.runningSince).toBeUndefined();
    expect(look({ later: 20_000, ready: false }).status).toEqual(lost.status);
    expect(look({ later: 30_000 }).status).toMatchObject({
      abortTimestamp: at(30 * MINUTE),
      verification: { runningSince: at(30_000) },
    });
    look({ later: 40_000, ready: false });
    expect(look({ later: 11 * MINUTE, ready: false }).status).toMatchObject(isGivenUp);
  });

  test("that does not end is given up, and says what is missing", () => {
    const look = transition({ ...strict, [key("verification.timeout")]: "5 min" });
    look();
    expect(look({ later: 5 * MINUTE, checkpoints: 2 }).status.blueGreenState).toBe("TRANSITIONING_TO_GREEN");
    const { status } = look({ later: 5 * MINUTE + 1, checkpoints: 2 });
    expect(status).toMatchObject(isGivenUp);
    expect(status.error).toMatch(/not verified in 300 s: its job has completed 2 of 3 checkpoints$/);
  });

  test("is not asked of the only one, of one that was changed in place, nor without options", () => {
    const suspended = { ...one, job: { ...one.job, state: "suspended" as const } };
    const only = transition(strict, { BLUE: aChild("BLUE", suspended) });
    expect(only().status).toMatchObject(isSwitched(0));
    expect(transition({})().status).toMatchObject(isSwitched(0));
  });

  test("is over as soon as the options are taken away", () => {
    const options: Record<string, string> = { ...strict };
    const look = transition(options);
    look();
    for (const name of Object.keys(options)) delete options[name];
    const { status } = look({ later: 1 });
    expect(status).toMatchObject(isSwitched(1));
    expect(status.verification).toBeUndefined();
  });
});

describe("a side that is verified and whose Ingress is refused", () => {
  const refusal = "spec.ingress: the Ingress was refused: host is taken";

  test("has the time of a start from then on, and not that of the verification", () => {
    const look = transition({ ...strict, [key("verification.timeout")]: "1 d" });
    look();
    const shown = { checkpoints: 3, refusal };
    const waiting = look({ later: MINUTE, ...shown });
    expect(waiting).toMatchObject({ actions: [], status: { abortTimestamp: at(11 * MINUTE) } });
    const again = look({ later: 2 * MINUTE, ...shown });
    expect(again.status.abortTimestamp).toBe(at(11 * MINUTE));
    const { status } = look({ later: 11 * MINUTE + 1, ...shown });
    expect(status).toMatchObject(isGivenUp);
    expect(status.error).toContain(refusal);
  });

  test("has it also where it was verified in the last moment", () => {
    const look = transition(strict);
    look();
    const last = 30 * MINUTE;
    const { status } = look({ later: last, checkpoints: 3, refusal });
    expect(status.abortTimestamp).toBe(at(last + 10 * MINUTE));
  });

  test("has it also where the options are taken away meanwhile", () => {
    const options: Record<string, string> = { ...strict, [key("verification.timeout")]: "1 d" };
    const look = transition(options);
    look();
    for (const name of Object.keys(options)) delete options[name];
    expect(look({ later: 1, refusal }).status.abortTimestamp).toBe(at(1 + 10 * MINUTE));
  });
});

describe("a promotion by a person", () => {
  const promote = (generation: number) => ({
    annotations: { "flink.apache.org/promote": String(generation) },
  });

  test("lets the new side take the place of the old one, for this generation only", () => {
    const look = transition(manual);
    look();
    const { status, events, askNow } = look({ later: 1 });
    expect(events).toMatchObject([
      { type: "Normal", reason: "AwaitingPromotion", message: expect.stringMatching(/promote app$/) },
    ]);
    expect(status).toMatchObject({
      verification: { verifiedTime: at(1) },
      abortTimestamp: at(1 + 86_400_000),
    });
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", reason: "AwaitingPromotion" }),
    );
    expect(askNow).toBeUndefined();
    const other = look({ later: 2, ...promote(2) });
    expect(other.status).toEqual(status);
    expect(other.events).toEqual([]);
    expect(look({ later: 2, isRefused: true, ...promote(3) }).status.verification).toBeDefined();
    expect(look({ later: 3, ...promote(3) }).status).toMatchObject(isSwitched(3));
  });

  test("waits for what else the new side must show", () => {
    const look = transition({ ...manual, ...strict });
    look();
    expect(look({ later: 60_000, checkpoints: 2, ...promote(3) }).status.verification).toBeDefined();
    expect(look({ later: 60_001, checkpoints: 3, ...promote(3) }).status).toMatchObject(isSwitched(60_001));
  });

  test("that nobody gives is not waited for without end", () => {
    const look = transition({ ...manual, [key("promotion.timeout")]: "1 h" });
    look();
    look({ later: 1 });
    const { status } = look({ later: 60 * MINUTE + 2 });
    expect(status).toMatchObject(isGivenUp);
    expect(status.error).toMatch(/nobody has promoted it in 3600 s$/);
  });

  test("is waited for also where the rest was shown in the last moment", () => {
    const look = transition({ ...manual, [key("verification.min-checkpoints")]: "1" });
    look();
    expect(look({ later: 31 * MINUTE, checkpoints: 1 }).status.verification?.verifiedTime).toBe(
      at(31 * MINUTE),
    );
  });

  test("is given up for the reason that was written before, also when the operator dies after the suspension", () => {
    const look = transition(strict);
    look();
    const intended = look({ later: 1, annotations: { "flink.apache.org/reject": "3" }, once: true });
    expect(intended.actions).toEqual([]);
    expect(intended.status).toMatchObject({
      blueGreenState: "TRANSITIONING_TO_GREEN",
      verification: { failed: 'a person has rejected it (flink.apache.org/reject: "3")' },
    });
    const { status, actions } = look({ later: 2, ready: false, isSuspended: true });
    expect(actions).toEqual([]);
    expect(status).toMatchObject(isGivenUp);
    expect(status.error).toMatch(/: a person has rejected it/);
  });

  test("that is refused gives the new side up at once", () => {
    const look = transition(strict);
    look();
    const { status } = look({ later: 1, annotations: { "flink.apache.org/reject": "3" } });
    expect(status).toMatchObject(isGivenUp);
    expect(status.error).toMatch(/a person has rejected it/);
  });
});

test("an old side that has not been ready for the grace period is no measure", () => {
  const lost = aChild("BLUE", one, { status: { lifecycleState: "DEPLOYED" } });
  const look = transition({ [key("verification.max-lag-factor")]: "2" }, { BLUE: lost });
  look();
  expect(look({ later: 10 * MINUTE - 1 }).status).toMatchObject({
    deploymentReadyTimestamp: toGreen.deploymentReadyTimestamp,
    verification: { oldNotReadySince: at(0) },
  });

  expect(look({ later: 10 * MINUTE }).status.deploymentReadyTimestamp).toBe(at(10 * MINUTE));
});
