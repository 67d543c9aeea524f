/**
 * Tables 1.6 and 2.3 of the reference, row by row. A title quotes its row; deviations of this operator follow "ours",
 * with the reason.
 */
import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import {
  type Case,
  edited,
  gone,
  imagePullFailure,
  inState,
  job,
  launchedBy,
  never,
  reconcileAll,
  reconciling,
  recorded,
  savepoint,
  silent,
  startedBefore,
  suspendedSpec,
  suspendModeOf,
  withoutHa,
} from "../decisionTables.fixture.ts";
import type { Facts } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
import {
  aJobId,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  noCluster,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

describe("1.6 suspend modes and their effects, of an upgrade", () => {
  test("NOOP | none (job already terminal) | no | – | stateless or savepoint", () => {
    const ended = aStatus(aSpec, { job: { state: "FAILED" } });
    const { acts, status } = reconcileAll(
      { spec: edited("savepoint"), status: ended, facts: job("FAILED") },
      [],
    );
    expect(acts).toEqual(["dry-run", "delete-deployment"]);
    expect(recorded(status)?.job?.upgradeMode).toBe("savepoint");
  });

  test("STATELESS | cancel if cancellable (errors ignored) | yes | deleted | stateless", () => {
    const { acts, status } = reconcileAll({ spec: edited("stateless"), status: aStatus(aSpec) }, [
      job("CANCELED"),
      noCluster,
      noCluster,
    ]);
    expect(acts).toEqual(["dry-run", "cancel", "delete-deployment", "delete-config-maps", "launch"]);
    expect(recorded(status)?.job).toMatchObject({ upgradeMode: "stateless", state: "running" });
  });

  test("SAVEPOINT | stop-with-savepoint | no (JM kept until next deploy) | kept until next deploy deletes it | savepoint", () => {
    const { acts, status } = reconcileAll({ spec: edited("savepoint"), status: aStatus(aSpec) }, [
      savepoint({ state: "unknown" }),
      savepoint({ state: "completed", location: "file:/sp-1" }, "FINISHED"),
      job("FINISHED"),
      noCluster,
      noCluster,
    ]);
    expect(acts).toEqual([
      "dry-run",
      "stop-with-savepoint",
      "delete-deployment",
      "delete-config-maps",
      "launch",
    ]);
    expect(recorded(status)?.job).toMatchObject({ upgradeMode: "savepoint", state: "running" });
    expect(status.jobStatus?.upgradeSavepointPath).toBe("file:/sp-1");
  });

  test("SAVEPOINT, to suspend: the JobManager and the HA metadata are kept", () => {
    const { acts, status } = reconcileAll({ spec: suspendedSpec("savepoint"), status: aStatus(aSpec) }, [
      savepoint({ state: "unknown" }),
      savepoint({ state: "completed", location: "file:/sp-1" }, "FINISHED"),
      job("FINISHED"),
    ]);
    expect(acts).toEqual(["stop-with-savepoint"]);
    expect(status).toMatchObject({ lifecycleState: "SUSPENDED", jobStatus: { state: "FINISHED" } });
  });

  test("CANCEL | PATCH cancel, asynchronous | no | kept until next deploy | savepoint (path read from last checkpoint after CANCELED is observed)", () => {
    const first = { spec: edited("last-state"), status: aStatus(aSpec), facts: job("RUNNING", withoutHa) };
    const { acts, status } = reconcileAll(first, [
      job("CANCELED", withoutHa),
      job("CANCELED", withoutHa),
      { ...noCluster, ...withoutHa },
      { ...noCluster, ...withoutHa },
    ]);
    expect(acts).toEqual(["dry-run", "cancel", "delete-deployment", "delete-config-maps", "launch"]);
    expect(recorded(status)?.job).toMatchObject({ upgradeMode: "savepoint", state: "running" });
    expect(status.jobStatus?.upgradeSavepointPath).toBe("file:/checkpoints/chk-7");
  });

  test("LAST_STATE | none | yes | kept | last-state", () => {
    const { acts, status } = reconcileAll({ spec: edited("last-state"), status: aStatus(aSpec) }, [
      noCluster,
      noCluster,
    ]);
    expect(acts).toEqual(["dry-run", "delete-deployment", "prepare-ha-restore", "launch"]);
    expect(recorded(status)?.job).toMatchObject({ upgradeMode: "last-state", state: "running" });
    expect(status.jobStatus).toMatchObject({ jobId: aJobId, upgradeSavepointPath: LAST_STATE_DUMMY_PATH });
  });
});

describe("2.3 upgrade: state × job/JM status", () => {
  type Row = [
    string,
    { status: FlinkDeploymentStatus; facts?: Partial<Facts>; settings?: Partial<Settings> },
    unknown,
  ];
  const rowsOf = (upgradeMode: "stateless" | "savepoint" | "last-state", rows: readonly Row[]) =>
    test.each(rows)("%s", (_, given, expected) => {
      expect(suspendModeOf({ spec: edited(upgradeMode), ...given })).toEqual(expected);
    });

  rowsOf("stateless", [
    [
      "stateless | terminal | – | NOOP, restore stateless same pass",
      { status: inState("FINISHED", { jobManagerDeploymentStatus: "MISSING" }), facts: gone },
      "NOOP, stateless",
    ],
    [
      "stateless | non-terminal, any JM | – | STATELESS suspend (RUNNING)",
      { status: inState("RUNNING") },
      "STATELESS",
    ],
    [
      "stateless | non-terminal, any JM | – | STATELESS suspend (JM with a problem)",
      { status: reconciling("ERROR"), facts: imagePullFailure },
      "STATELESS",
    ],
    [
      "stateless | non-terminal, any JM | – | STATELESS suspend (JM gone)",
      { status: reconciling("MISSING"), facts: gone },
      "STATELESS",
    ],
  ]);

  rowsOf("savepoint", [
    ["savepoint | RUNNING | – | stop-with-savepoint", { status: inState("RUNNING") }, "stop-with-savepoint"],
    [
      "savepoint | terminal (CANCELED, or JM READY, or no HA) | – | NOOP restore from recorded path: CANCELED",
      { status: inState("CANCELED"), facts: job("CANCELED") },
      "NOOP, savepoint",
    ],
    [
      "savepoint | terminal (CANCELED, or JM READY, or no HA) | – | NOOP restore from recorded path: JM READY",
      { status: inState("FAILED"), facts: job("FAILED") },
      "NOOP, savepoint",
    ],
    [
      "savepoint | terminal (CANCELED, or JM READY, or no HA) | – | NOOP restore from recorded path: no HA",
      {
        status: inState("FINISHED", {
          jobManagerDeploymentStatus: "MISSING",
          job: { upgradeSavepointPath: "file:/sp" },
        }),
        facts: { ...gone, ...withoutHa },
      },
      "NOOP, savepoint",
    ],
    [
      "savepoint | terminal | – | … (dummy path → UpgradeFailed)",
      {
        status: inState("FAILED", {
          jobManagerDeploymentStatus: "MISSING",
          job: { upgradeSavepointPath: LAST_STATE_DUMMY_PATH },
        }),
        facts: { ...gone, ...withoutHa },
      },
      expect.stringMatching(/Manual restore required\.$/),
    ],
    [
      "savepoint | other, fallback on | yes | as last-state",
      { status: inState("RESTARTING"), facts: job("RESTARTING") },
      "LAST_STATE",
    ],
    [
      "savepoint | other, fallback off | – | wait (other actions allowed)",
      { status: inState("RESTARTING"), facts: job("RESTARTING"), settings: { lastStateFallback: false } },
      "wait",
    ],
  ]);

  rowsOf("last-state", [
    [
      "last-state | RUNNING | yes (job-cancel off) | LAST_STATE: delete JM, keep HA",
      { status: inState("RUNNING") },
      "LAST_STATE",
    ],
    [
      "last-state | RUNNING | none or job-cancel on | CANCEL async → savepoint restore from last checkpoint: none",
      { status: inState("RUNNING"), facts: withoutHa },
      "CANCEL async",
    ],
    [
      "last-state | RUNNING | none or job-cancel on | CANCEL async → savepoint restore from last checkpoint: job-cancel",
      { status: inState("RUNNING"), settings: { jobCancel: true } },
      "CANCEL async",
    ],
    ...(["CREATED", "RESTARTING", "FAILING"] as const).map(
      (state): Row => [
        `last-state | ${state} with JM READY | none or job-cancel on | CANCEL async`,
        { status: inState(state), facts: job(state, withoutHa) },
        "CANCEL async",
      ],
    ),
    ...(["CREATED", "RESTARTING", "FAILING"] as const).map(
      (state): Row => [
        `last-state | ${state}, JM READY | yes | unavailable → app fallback LAST_STATE(HA)`,
        { status: inState(state), facts: job(state) },
        "LAST_STATE",
      ],
    ),
    [
      "last-state | RECONCILING, JM DEPLOYING/READY | yes | LAST_STATE(HA): DEPLOYING",
      { status: reconciling("DEPLOYING"), facts: { ...silent, jobManager: startedBefore } },
      "LAST_STATE",
    ],
    [
      "last-state | RECONCILING, JM DEPLOYING/READY | yes | LAST_STATE(HA): READY, without the job",
      { status: reconciling("READY"), facts: { flink: flinkFacts("RUNNING", { jobs: [] }) } },
      "LAST_STATE",
    ],
    [
      "last-state | RECONCILING, JM DEPLOYING/ERROR never started, LRS mode ≠ last-state | no | … NOOP restore from recorded savepoint",
      {
        status: launchedBy("savepoint", {
          jobManagerDeploymentStatus: "ERROR",
          clusterInfo: {},
          job: { state: "RECONCILING", upgradeSavepointPath: "file:/sp" },
        }),
        facts: { ...imagePullFailure, ...withoutHa, jobManager: never },
      },
      "NOOP, savepoint",
    ],
    [
      "last-state | RECONCILING, JM ERROR/MISSING | no | UpgradeFailure UpgradeFailed: MISSING",
      { status: reconciling("MISSING"), facts: { ...gone, ...withoutHa } },
      expect.stringMatching(/HA metadata is not available.*Manual restore required\.$/),
    ],
    [
      "last-state | RECONCILING, JM ERROR/MISSING | no | UpgradeFailure UpgradeFailed: ERROR",
      {
        status: reconciling("ERROR"),
        facts: { ...imagePullFailure, ...withoutHa, jobManager: startedBefore },
      },
      expect.stringMatching(/HA metadata is not available.*Manual restore required\.$/),
    ],
    [
      "last-state | RECONCILING, JM DEPLOYING started before | no | wait",
      {
        status: reconciling("DEPLOYING"),
        facts: { ...silent, ...withoutHa, jobManager: startedBefore },
      },
      "wait",
    ],
    [
      "any stateful | CANCELLING | – | wait, nothing else",
      { status: inState("CANCELLING"), facts: job("CANCELLING") },
      "wait",
    ],
    [
      "any stateful | terminal but JM inaccessible and HA present and not CANCELED | yes | … falls to LAST_STATE(HA)",
      { status: inState("FAILED", { jobManagerDeploymentStatus: "MISSING" }), facts: gone },
      "LAST_STATE",
    ],
  ]);
});

describe("1.6 order of decision", () => {
  const old = { maxCheckpointAgeMs: 60_000 };
  const startedLongAgo = inState("RUNNING", { job: { startTime: "0" } });
  const at = 10_000_000;
  const checkpoints = (completedAt: number, pendingSince?: number) => {
    const reportedCheckpoint = checkpointFacts({
      latestCompleted: aSnapshot(7, { timestamp: completedAt }),
      pendingSince,
    });
    const parts = {
      checkpoints: { jobId: aJobId, at, statistics: reportedCheckpoint.checkpoints?.statistics },
    };
    return { flink: flinkFacts("RUNNING", parts) };
  };
  const recentJob = (startTime: number): Partial<Facts> => {
    const facts = flinkFacts("RUNNING");
    return { flink: { ...facts, jobs: facts.jobs?.map((each) => ({ ...each, startTime })) ?? [] } };
  };
  const next = { flinkVersion: "v2_2" as const };

  test.each<[string, Omit<Case, "status"> & { status: FlinkDeploymentStatus }, string]>([
    [
      "2. a null path counts as known empty: restart without state",
      {
        spec: edited("savepoint"),
        status: inState("FINISHED", { jobManagerDeploymentStatus: "MISSING" }),
        facts: { ...gone, ...withoutHa },
      },
      "NOOP, savepoint",
    ],
    [
      "4. SAVEPOINT, not RUNNING, flinkVersion changed → continue as LAST_STATE, also with fallback off",
      {
        spec: edited("savepoint", next),
        status: inState("RESTARTING"),
        facts: job("RESTARTING"),
        settings: { lastStateFallback: false },
      },
      "CANCEL async",
    ],
    [
      "5. LAST_STATE with changed flinkVersion: RUNNING and savepoint dir set → SAVEPOINT",
      { spec: edited("last-state", next), status: inState("RUNNING") },
      "stop-with-savepoint",
    ],
    [
      "5. … RUNNING without a savepoint dir, cancellable → CANCEL",
      {
        spec: edited("last-state", next),
        status: inState("RUNNING"),
        settings: { savepointDirectory: undefined },
      },
      "CANCEL async",
    ],
    [
      "5. … else wait: HA metadata of one version is not for another",
      { spec: edited("last-state", next), status: reconciling("DEPLOYING"), facts: silent },
      "wait",
    ],
    [
      "6. last-state.max.allowed.checkpoint.age: start time within age → default",
      {
        spec: edited("last-state"),
        status: inState("RUNNING", { job: { startTime: String(at - 1_000) } }),
        facts: recentJob(at - 1_000),
        settings: old,
        now: at,
      },
      "LAST_STATE",
    ],
    [
      "6. … last completed checkpoint within age → default",
      {
        spec: edited("last-state"),
        status: startedLongAgo,
        facts: checkpoints(at - 1_000),
        settings: old,
        now: at,
      },
      "LAST_STATE",
    ],
    [
      "6. … pending checkpoint within age → wait",
      {
        spec: edited("last-state"),
        status: startedLongAgo,
        facts: checkpoints(at - 90_000, at - 100),
        settings: old,
        now: at,
      },
      "wait",
    ],
    [
      "6. … else SAVEPOINT",
      {
        spec: edited("last-state"),
        status: startedLongAgo,
        facts: checkpoints(at - 90_000),
        settings: old,
        now: at,
      },
      "stop-with-savepoint",
    ],
    [
      "6. … where CANCEL is the default, too: a checkpoint within age → CANCEL",
      {
        spec: edited("last-state"),
        status: startedLongAgo,
        facts: { ...checkpoints(at - 1_000), ...withoutHa },
        settings: old,
        now: at,
      },
      "CANCEL async",
    ],
    [
      "7a. HA active in both new and deployed config; ours: HA given up by the new spec → CANCEL, not LAST_STATE",
      {
        spec: edited("last-state"),
        status: inState("RUNNING"),
        settings: { highAvailability: false },
      },
      "CANCEL async",
    ],
    [
      "7b. JM pod never started, fallback off: restore from the recorded savepoint",
      {
        spec: edited("savepoint"),
        status: launchedBy("savepoint", {
          jobManagerDeploymentStatus: "DEPLOYING",
          clusterInfo: {},
          job: { state: "RECONCILING", upgradeSavepointPath: "file:/sp" },
        }),
        facts: { ...silent, ...withoutHa, jobManager: never },
        settings: { lastStateFallback: false },
      },
      "NOOP, savepoint",
    ],
    [
      "7b. JM pod never started, flinkVersion changed: restore from the recorded savepoint",
      {
        spec: edited("last-state", next),
        status: launchedBy("savepoint", {
          jobManagerDeploymentStatus: "DEPLOYING",
          clusterInfo: {},
          job: { state: "RECONCILING", upgradeSavepointPath: "file:/sp" },
        }),
        facts: { ...silent, ...withoutHa, jobManager: never },
      },
      "NOOP, savepoint",
    ],
    [
      "3. job CANCELLING, ours: not awaited without limit if its JobManager is deleted",
      { spec: edited("last-state"), status: inState("CANCELLING"), facts: gone },
      "LAST_STATE",
    ],
  ])("%s", (_, given, expected) => {
    expect(suspendModeOf(given)).toBe(expected);
  });
});
