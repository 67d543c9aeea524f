import { describe, expect, test } from "vitest";
import type { CheckpointStatistics } from "../../../api/flinkFacts.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  aJobId,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  withJobSpec,
} from "../situation.fixture.ts";

const now = 100_000;
const edited = (upgradeMode: "savepoint" | "last-state" | "stateless") =>
  withJobSpec({ args: ["new"], upgradeMode });

interface Given {
  readonly mode?: "savepoint" | "last-state" | "stateless";
  readonly statistics?: Partial<CheckpointStatistics>;
  readonly asOf?: number;
  readonly failure?: "answered" | "timeout";
  readonly since?: number;
  readonly settings?: Partial<Settings>;
}

/** An edit of a job that runs, of which Flink told this. */
function decided({ mode = "savepoint", statistics = {}, asOf = now, failure, since = now, settings }: Given) {
  const { checkpoints } = checkpointFacts({ latestCompleted: aSnapshot(7), ...statistics });
  const flink = flinkFacts("RUNNING", {
    checkpoints: checkpoints && { ...checkpoints, asOf },
    ...(failure && {
      partFailures: { checkpoints: { kind: failure, status: 500, message: "", at: now, since } },
    }),
  });
  const stored = aResource(edited(mode), aStatus(aSpec));
  const decision = decideFlinkDeployment(
    anInput(stored, { flink }, { now, configure: aConfiguration(settings ?? {}) }),
  );
  const { savepointInfo } = decision.status.jobStatus ?? {};
  const { state } = decision.status.reconciliationStatus ?? {};
  const begun = savepointInfo?.triggerType === "UPGRADE" || state === "UPGRADING";
  return { ...decision, begun, stored };
}

const messageOf = ({ status }: ReturnType<typeof decided>) =>
  status.conditions?.find(({ type }) => type === "Reconciling")?.message;

describe.each(["savepoint", "last-state"] as const)("before an upgrade by %s", (mode) => {
  test("nothing is done or written while it is not known afresh whether somebody else stops the job", () => {
    const decision = decided({ mode, asOf: now - 3_001 });
    expect(decision.actions).toEqual([]);
    expect(decision.events).toEqual([]);
    expect(decision.status).toEqual(decision.stored.status);
    expect(decision.poll).toMatchObject({ pace: "quick", want: { freshCheckpoints: true } });
  });

  test("an answer of the last second is fresh; for a stop that is only intended, one of the time that Flink's cache keeps", () => {
    expect(decided({ mode, asOf: now - 999 }).begun).toBe(true);
    expect(decided({ mode, asOf: now - 2_999 }).begun).toBe(mode === "savepoint");
  });

  test.each<[string, Partial<CheckpointStatistics>, boolean]>([
    ["is under way", { stopping: { since: 90_000 } }, false],
    ["is complete, while the job's tasks end", { stopping: { since: 90_000, completedAt: 99_000 } }, false],
    ["is complete, and the job has gone on since", { stopping: { since: 1, completedAt: 2 } }, true],
  ])("the stop of somebody else is awaited: %s", (_, statistics, begun) => {
    const decision = decided({ mode, statistics });
    expect(decision.begun).toBe(begun);
    if (!begun) expect(messageOf(decision)).toContain("somebody else stops the job");
  });

  test("a savepoint of somebody else is awaited, unless it is to be cut off", () => {
    const statistics = { savepointSince: 99_000 };
    const decision = decided({ mode, statistics });
    expect(decision.begun).toBe(false);
    expect(messageOf(decision)).toContain("a savepoint is being taken that somebody else asked for");
    expect(decided({ mode, statistics, settings: { ignorePendingSavepoint: true } }).begun).toBe(true);
  });

  test("where Flink does not tell, the status says so, until it has refused to for long", () => {
    const asOf = 0;
    expect(decided({ mode, asOf, failure: "answered", since: now - 60_001 }).begun).toBe(true);
    for (const failure of ["answered", "timeout"] as const) {
      const untold = decided({ mode, asOf, failure });
      expect(untold.begun).toBe(false);
      expect(messageOf(untold)).toContain("Flink has not yet told");
    }
  });
});

test("a job that is thrown away is not waited for", () => {
  expect(decided({ mode: "stateless", statistics: { stopping: { since: 90_000 } } }).begun).toBe(true);
});

describe("a stop whose intent is written", () => {
  const triggerId = "b".repeat(32);
  const stopping = (statistics: Partial<CheckpointStatistics>, asOf = now) => {
    const { checkpoints } = checkpointFacts(statistics);
    const status = aStatus(aSpec, {
      job: { savepointInfo: { triggerId, triggerTimestamp: now - 100, triggerType: "UPGRADE" } },
    });
    const flink = flinkFacts("RUNNING", {
      checkpoints: checkpoints && { ...checkpoints, asOf },
      savepoint: { jobId: aJobId, triggerId, at: now, status: { state: "unknown" } },
    });
    return decideFlinkDeployment(anInput(aResource(edited("savepoint"), status), { flink }, { now })).actions;
  };

  test.each<[string, Partial<CheckpointStatistics>, number, readonly string[]]>([
    ["is asked for", {}, now, ["stop-with-savepoint"]],
    ["is not asked for on stale news", {}, now - 1_001, []],
    ["is not asked for beside the stop of somebody else", { stopping: { since: 1 } }, now, []],
  ])("%s", (_, statistics, asOf, expected) => {
    expect(stopping(statistics, asOf).map(({ kind }) => kind)).toEqual(expected);
  });
});
