import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import {
  aDeployment,
  anInput,
  aResource,
  aSpec,
  aStatus,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";
import { type Explanation, withDecision, withLaunch, withStop, withTasksAtWork } from "./decisionRecord.ts";

const at = (seconds: number): number => Date.parse("2026-01-01T00:00:00Z") + seconds * 1_000;
const recovery: Explanation = { act: "Recover", reason: "It is gone.", facts: ["It was RUNNING"] };
const actsOf = ({ decisions = [] }: FlinkDeploymentStatus) => decisions.map(({ act }) => act);

describe("status.decisions", () => {
  test("contains what was decided, why, from which facts, for which generation and when", () => {
    expect(withDecision({}, { ...recovery, restoresFrom: "s3://x" }, 3, at(0)).decisions).toEqual([
      {
        time: "2026-01-01T00:00:00.000Z",
        generation: 3,
        act: "Recover",
        reason: "It is gone.",
        facts: ["It was RUNNING"],
        restoresFrom: "s3://x",
      },
    ]);
  });

  test("keeps one record, with its first time, of a decision that is repeated", () => {
    const once = withDecision({}, recovery, 1, at(0));
    expect(withDecision(once, { ...recovery, facts: ["It was RESTARTING"] }, 1, at(9))).toBe(once);
  });

  test("treats the same words after the launch as another decision", () => {
    const launched = withLaunch(withDecision({}, recovery, 1, at(0)), "s3://x/chk-7", 1, at(20));
    expect(launched.decisions).toMatchObject([
      { restoresFrom: "s3://x/chk-7", launchedAt: "2026-01-01T00:00:20.000Z" },
    ]);
    expect(actsOf(withDecision(launched, recovery, 1, at(60)))).toEqual(["Recover", "Recover"]);
  });

  test("contains from when to when the job was down", () => {
    const launched = withLaunch(withDecision({}, recovery, 1, at(0)), "s3://x", 1, at(20), at(5));
    expect(launched.decisions?.[0]?.stoppedAt).toBe("2026-01-01T00:00:05.000Z");
    expect(withTasksAtWork({ ...launched, run: {} })).toEqual({ ...launched, run: {} });
    expect(withTasksAtWork({ ...launched, run: { stateSince: at(19) } }).decisions).toEqual(
      launched.decisions,
    );
    const runs = withTasksAtWork({ ...launched, run: { stateSince: at(30) } });
    expect(runs.decisions?.[0]?.runningAt).toBe("2026-01-01T00:00:30.000Z");
    expect(withTasksAtWork({ ...runs, run: { stateSince: at(90) } }).decisions).toEqual(runs.decisions);
    const resumed = withDecision({}, { ...recovery, act: "Resume" }, 1, at(0));
    expect(withLaunch(resumed, "s3://x", 1, at(20), at(5)).decisions?.[0]?.stoppedAt).toBeUndefined();
  });

  test("keeps the first stop where the intent of the launch is written anew", () => {
    const stopped = withStop(withStop(withDecision({}, recovery, 1, at(0)), at(5)), at(9));
    expect(stopped.decisions?.[0]?.stoppedAt).toBe("2026-01-01T00:00:05.000Z");
    const launched = withLaunch(stopped, "s3://x", 1, at(20), at(9));
    expect(launched.decisions?.[0]?.stoppedAt).toBe("2026-01-01T00:00:05.000Z");
    expect(withStop(launched, at(30))).toBe(launched);
    const first = withDecision({}, { ...recovery, act: "Launch" }, 1, at(0));
    expect(withStop(first, at(5)).decisions).toEqual(first.decisions);
  });

  test("keeps the newest five, newest first", () => {
    let status: FlinkDeploymentStatus = {};
    for (let generation = 1; generation <= 7; generation++)
      status = withDecision(status, recovery, generation, at(generation));
    expect(status.decisions?.map(({ generation }) => generation)).toEqual([7, 6, 5, 4, 3]);
  });

  test("limits every text and every list, and masks secrets", () => {
    const { decisions } = withDecision(
      {},
      {
        act: "Upgrade",
        reason: "x".repeat(10_000),
        facts: Array.from({ length: 100 }, () => "s3.secret-key: hunter2"),
        refused: Array.from({ length: 100 }, () => ({ snapshot: "s3://me:hunter2@x", why: "old" })),
      },
      1,
      at(0),
    );
    expect(JSON.stringify(decisions).length).toBeLessThan(2_000);
    expect(JSON.stringify(decisions)).not.toContain("hunter2");
  });

  test("contains a launch that another operator intended", () => {
    expect(withLaunch({}, "s3://x", 2, at(0)).decisions).toMatchObject([
      { act: "Launch", restoresFrom: "s3://x", launchedAt: "2026-01-01T00:00:00.000Z" },
    ]);
  });
});

describe("a decision", () => {
  const gone = anInput(aResource(aSpec, aStatus(aSpec), { generation: 1 }), noCluster);

  test("is in the same status as its intent, and not in what is written if it fails", () => {
    const decision = decideFlinkDeployment(gone);
    expect(decision.status.reconciliationStatus?.state).toBe("UPGRADING");
    expect(actsOf(decision.status)).toEqual(["Recover"]);
    expect(decision.observed.status.decisions).toBeUndefined();
  });

  test("is completed by its launch with what the job was restored from", () => {
    const input = anInput(
      aResource(withJobSpec({ initialSavepointPath: "s3://start" }), undefined, { generation: 1 }),
      { ...noCluster, haConfigMaps: [] },
    );
    const intended = decideFlinkDeployment(input).status;
    const launched = decideFlinkDeployment({
      ...input,
      resource: { ...input.resource, status: intended },
    }).status;
    expect(launched.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(launched.decisions).toMatchObject([{ act: "Launch", restoresFrom: "s3://start" }]);
    expect(launched.decisions?.[0]?.launchedAt).toBeDefined();
  });

  test("is absent if nothing is disrupted", () => {
    const input = anInput(aResource(aSpec, aStatus(aSpec), { generation: 1 }), { jobManager: aDeployment });
    expect(decideFlinkDeployment(input).status.decisions).toBeUndefined();
  });
});
