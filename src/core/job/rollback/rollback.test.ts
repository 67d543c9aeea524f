import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { decide, Input } from "../decide.ts";
import type { Facts } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  aDeployment,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  haOfJob,
  noCluster,
  runningStatus,
  withJobSpec,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

const stableSpec = withJobSpec({ args: ["--edition", "1"] });
/** As it was first launched. */
const stable = formatLastReconciledSpec(withJobSpec({ args: ["--edition", "1"], upgradeMode: "stateless" }), {
  firstDeployment: true,
});
const failedSpec = withJobSpec({ args: ["--edition", "2"] }, { image: "flink:none" });

/** The upgrade was launched at 1,000 and has not become stable. */
const upgraded = (
  more: Parameters<typeof aStatus>[1] = {},
  launchedBy: "savepoint" | "last-state" | "stateless" = "last-state",
): FlinkDeploymentStatus => {
  const status = aStatus(withJobSpec({ ...failedSpec.job, upgradeMode: launchedBy }, failedSpec), {
    observedGeneration: 2,
    jobManagerDeploymentStatus: "DEPLOYING",
    clusterInfo: {},
    ...more,
    job: { state: "RECONCILING", ...more.job },
  });
  return { ...status, reconciliationStatus: { ...status.reconciliationStatus, lastStableSpec: stable } };
};

const neverAvailable: Partial<Facts> = {
  jobManager: {
    ...aDeployment,
    availableReplicas: 0,
    conditions: [
      {
        type: "Available",
        status: "False",
        reason: "",
        message: "",
        lastTransitionTime: aDeployment.creationTimestamp,
      },
    ],
  },
  jobManagerPods: [],
  flink: undefined,
};

const configure = (settings: Partial<Settings> = {}): Partial<Input> => ({
  configure: aConfiguration({ rollbackEnabled: true, readinessTimeoutMs: 60_000, ...settings }),
});
const reconcile = (
  status: FlinkDeploymentStatus,
  facts: Partial<Facts> = {},
  {
    now = 61_000,
    spec = failedSpec,
    settings = {},
  }: { now?: number; spec?: FlinkDeploymentSpec; settings?: object } = {},
) =>
  decideFlinkDeployment(
    anInput(aResource(spec, status), { ...neverAvailable, ...facts }, { ...configure(settings), now }),
  );

const recordedOf = ({ status }: ReturnType<typeof decide>) => status.reconciliationStatus;
const ruledBy = (text: string | undefined) => readLastReconciledSpec(text)?.spec.job;

describe("an upgrade that does not become stable", () => {
  test("is kept until its time is up, with a requeue at that moment and without a write", () => {
    const status = upgraded();
    const early = reconcile(status, {}, { now: 58_000 });
    expect(early.status.lifecycleState).toBe("DEPLOYED");
    expect(early.requeueAfterMs).toBe(3_000);
    const repeated = reconcile(early.status, {}, { now: 60_999 });
    expect(repeated.status).toEqual(early.status);
    expect(repeated.requeueAfterMs).toBe(1);
  });

  test("gets no more time after a restart", () => {
    const status = upgraded();
    const relaunched: FlinkDeploymentStatus = {
      ...status,
      reconciliationStatus: { ...status.reconciliationStatus, reconciliationTimestamp: 50_000 },
    };
    const launchedAt = new Date(1_000).toISOString();
    const decision = { act: "Upgrade", reason: "", time: launchedAt, launchedAt } as const;
    const of = (generation: number) => ({ ...relaunched, decisions: [{ ...decision, generation }] });
    expect(reconcile(of(2)).status.lifecycleState).toBe("ROLLING_BACK");
    expect(reconcile(of(1)).status.lifecycleState).toBe("DEPLOYED");
  });

  test("has all its time also if the same generation was upgraded before, as the autoscaler does", () => {
    const upgrade = (at: number) => {
      const launchedAt = new Date(at).toISOString();
      return { act: "Upgrade", reason: "", time: launchedAt, launchedAt, generation: 2 } as const;
    };
    const status = upgraded();
    const scaled: FlinkDeploymentStatus = {
      ...status,
      reconciliationStatus: { ...status.reconciliationStatus, reconciliationTimestamp: 50_000 },
      decisions: [{ ...upgrade(50_000), act: "Restart" }, upgrade(40_000), upgrade(1_000)],
    };
    expect(reconcile(scaled).status.lifecycleState).toBe("DEPLOYED");
    expect(reconcile(scaled, {}, { now: 100_000 }).status.lifecycleState).toBe("ROLLING_BACK");
  });

  test("shows the rollback while that is under way, and no longer the error of the upgrade", () => {
    const { status } = reconcile(upgraded({ error: '{"message":"the image cannot be pulled"}' }));
    expect(status.error).toBeUndefined();
    const shown = status.conditions?.filter((condition) => condition.status === "True");
    expect(shown?.map(({ type, reason }) => [type, reason])).toEqual([["Reconciling", "RollingBack"]]);
  });

  test("is then rolled back, and the intent is written before any other action", () => {
    const decision = reconcile(upgraded());
    expect(decision.actions).toEqual([]);
    expect(decision.status.lifecycleState).toBe("ROLLING_BACK");
    expect(recordedOf(decision)).toMatchObject({
      state: "ROLLING_BACK",
      lastStableSpec: stable,
      reconciliationTimestamp: 61_000,
    });
    expect(decision.requeueAfterMs).toBe(0);
    const event = decision.events.find(({ reason }) => reason === "Rollback");
    expect(event).toMatchObject({ type: "Normal", key: "Rolling back failed deployment." });
    expect(event?.message).toMatch(
      /^Rolling back failed deployment\. The upgrade did not become stable within 60 s/,
    );
    expect(decision.status.decisions?.[0]).toMatchObject({ act: "Rollback" });
  });

  test("keeps the failed spec on record, except for the mode of the next launch", () => {
    const decision = reconcile(upgraded({ job: { upgradeSavepointPath: "file:/sp" } }, "savepoint"), {
      haConfigMaps: [haOfJob],
    });
    const recorded = readLastReconciledSpec(recordedOf(decision)?.lastReconciledSpec);
    expect(recorded?.spec).toMatchObject(
      withJobSpec({ ...failedSpec.job, upgradeMode: "last-state" }, failedSpec),
    );
  });

  test.each<[string, ReturnType<typeof upgraded>, Partial<Facts>, object]>([
    ["where that is not switched on", upgraded(), {}, { settings: { rollbackEnabled: false } }],
    ["while an edit waits", upgraded(), {}, { spec: withJobSpec({ args: ["--edition", "3"] }) }],
    ["where it runs", upgraded(), { jobManager: aDeployment, flink: flinkFacts("RUNNING") }, {}],
    [
      "to a spec that was suspended",
      {
        ...upgraded(),
        reconciliationStatus: {
          ...upgraded().reconciliationStatus,
          lastStableSpec: formatLastReconciledSpec(withJobSpec({ state: "suspended" }), {
            firstDeployment: false,
          }),
        },
      },
      {},
      {},
    ],
    [
      "to another version of Flink",
      {
        ...upgraded(),
        reconciliationStatus: {
          ...upgraded().reconciliationStatus,
          lastStableSpec: formatLastReconciledSpec(
            { ...aSpec, flinkVersion: "v2_2" },
            { firstDeployment: false },
          ),
        },
      },
      {},
      {},
    ],
    [
      "to itself, launched another time",
      {
        ...upgraded(),
        reconciliationStatus: {
          ...upgraded().reconciliationStatus,
          lastStableSpec: formatLastReconciledSpec(failedSpec, { firstDeployment: true }),
        },
      },
      {},
      {},
    ],
  ])("is not rolled back %s", (_, status, facts, more) => {
    expect(recordedOf(reconcile(status, facts, more))?.state).not.toBe("ROLLING_BACK");
  });

  test("is rolled back at once if its job has failed for good", () => {
    const failed = {
      jobManager: aDeployment,
      flink: flinkFacts("FAILED", checkpointFacts({ latestRestored: aSnapshot(7) })),
    };
    const decision = reconcile(
      upgraded({ jobManagerDeploymentStatus: "READY" }),
      { ...failed, haConfigMaps: [] },
      { now: 2_000 },
    );
    expect(recordedOf(decision)?.state).toBe("ROLLING_BACK");
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/checkpoints/chk-7");
  });

  test("is rolled back although Flink reports RUNNING, if there is no TaskManager", () => {
    const job = flinkFacts("RUNNING").jobs?.[0];
    if (job === undefined) throw new Error("the fixture has a job");
    const waiting = flinkFacts("RUNNING", { jobs: [{ ...job, tasks: { scheduled: 2, total: 2 } }] });
    const status = upgraded({ jobManagerDeploymentStatus: "READY", job: { state: "RUNNING" } });
    const facts = { jobManager: aDeployment, flink: waiting };
    expect(recordedOf(reconcile(status, facts))?.state).toBe("ROLLING_BACK");
  });
});

describe("a rollback restores from the newest state:", () => {
  const savepoint = { upgradeSavepointPath: "file:/sp" };
  const lastState = { upgradeSavepointPath: LAST_STATE_DUMMY_PATH };
  const noHa = { haConfigMaps: [] };
  const failed = (path: string) => ({
    jobManager: aDeployment,
    flink: flinkFacts("FAILED", checkpointFacts({ latestRestored: aSnapshot(7, { externalPath: path }) })),
  });
  const ready = { jobManagerDeploymentStatus: "READY" as const };

  test.each<[string, ReturnType<typeof upgraded>, Partial<Facts>, string, string | undefined]>([
    ["HA metadata", upgraded({ job: lastState }), {}, "last-state", LAST_STATE_DUMMY_PATH],
    [
      "the upgrade's savepoint, where it never ran",
      upgraded({ job: savepoint }, "savepoint"),
      noHa,
      "savepoint",
      "file:/sp",
    ],
    [
      "HA metadata of the upgrade that is newer than its savepoint",
      upgraded({ job: savepoint }, "savepoint"),
      {},
      "last-state",
      "file:/sp",
    ],
    [
      "what a job that failed was restored from",
      upgraded({ ...ready, job: lastState }),
      { ...failed("file:/chk-7"), ...noHa },
      "savepoint",
      "file:/chk-7",
    ],
    [
      "HA metadata, which a job leaves whose main method failed",
      upgraded({ ...ready, job: lastState }),
      { jobManager: aDeployment, flink: flinkFacts("FAILED", checkpointFacts()) },
      "last-state",
      LAST_STATE_DUMMY_PATH,
    ],
    ["nothing, where the upgrade gave the state up", upgraded({}, "stateless"), noHa, "stateless", undefined],
  ])("%s", (_, status, facts, mode, path) => {
    const decision = reconcile(status, facts);
    expect(recordedOf(decision)?.state).toBe("ROLLING_BACK");
    expect(ruledBy(recordedOf(decision)?.lastReconciledSpec)?.upgradeMode).toBe(mode);
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe(path);
  });

  test.each<[string, ReturnType<typeof upgraded>, Partial<Facts>]>([
    ["the last checkpoint is unknown", upgraded({ job: lastState }), noHa],
    [
      "the job has run, and left no HA metadata",
      upgraded({ clusterInfo: { "flink-version": "2.3.0" }, job: savepoint }, "savepoint"),
      noHa,
    ],
    [
      "it is in HA metadata that the last stable spec does not read",
      {
        ...upgraded({ job: lastState }),
        reconciliationStatus: {
          ...upgraded().reconciliationStatus,
          lastStableSpec: formatLastReconciledSpec(
            { ...stableSpec, flinkConfiguration: { "high-availability.type": "NONE" } },
            { firstDeployment: false },
          ),
        },
      },
      {},
    ],
  ])("a manual restore is required if %s", (_, status, facts) => {
    const decision = reconcile(status, facts);
    expect(recordedOf(decision)?.state).toBe("DEPLOYED");
    expect(decision.status.error).toContain("Manual restore required.");
    expect(decision.requeueAfterMs).toBeGreaterThan(0);
    expect(reconcile(decision.status, facts).events).toEqual([]);
  });
});

describe("a rollback in progress", () => {
  const started = reconcile(upgraded({ job: { upgradeSavepointPath: LAST_STATE_DUMMY_PATH } })).status;

  test("deletes the failed cluster and launches the last stable spec", () => {
    expect(reconcile(started).actions.map(({ kind }) => kind)).toEqual(["delete-deployment"]);
    const named = reconcile(started, noCluster);
    const launched = reconcile(named.status, noCluster);
    expect(launched.actions.map(({ kind }) => kind)).toEqual(["prepare-ha-restore", "launch"]);
    const launch = launched.actions.find(({ kind }) => kind === "launch");
    expect(launch).toMatchObject({ objects: { deployment: { image: aSpec.image } } });
    expect(launched.status.lifecycleState).toBe("ROLLED_BACK");
    expect(recordedOf(launched)).toMatchObject({ state: "ROLLED_BACK", lastStableSpec: stable });
    expect(ruledBy(recordedOf(launched)?.lastReconciledSpec)).toMatchObject({
      args: ["--edition", "2"],
      state: "running",
    });
  });

  test("continues the same way if the Java operator began it", () => {
    const { decisions: _, ...javaStatus } = started;
    const status = { ...javaStatus, jobManagerDeploymentStatus: "MISSING" as const };
    expect(recordedOf(reconcile(status, noCluster))?.state).toBe("ROLLING_BACK");
  });

  test("becomes an upgrade with a new edit", () => {
    const spec = withJobSpec({ args: ["--edition", "3"] });
    const resource = aResource(spec, started, { generation: 3 });
    const edited = decideFlinkDeployment(anInput(resource, neverAvailable, { ...configure(), now: 62_000 }));
    expect(recordedOf(edited)?.state).toBe("UPGRADING");
    expect(ruledBy(recordedOf(edited)?.lastReconciledSpec)).toMatchObject({
      args: ["--edition", "3"],
      upgradeMode: "last-state",
    });
  });
});

describe("a resource that is rolled back", () => {
  const rolledBack: FlinkDeploymentStatus = {
    ...runningStatus,
    observedGeneration: 2,
    conditions: [],
    reconciliationStatus: {
      state: "ROLLED_BACK",
      lastReconciledSpec: formatLastReconciledSpec(failedSpec, { firstDeployment: false }),
      lastStableSpec: stable,
      reconciliationTimestamp: 1_000,
    },
  };
  const runs = { jobManager: aDeployment, flink: flinkFacts("RUNNING") };

  test("becomes stable, and is not rolled back again", () => {
    const first = reconcile(rolledBack, runs);
    expect(first.status.lifecycleState).toBe("ROLLED_BACK");
    const second = reconcile(first.status, runs);
    expect(second).toMatchObject({ actions: [], events: [], status: first.status });
  });

  test("is recovered with the last stable spec, and stays rolled back", () => {
    const decision = reconcile(rolledBack, noCluster);
    expect(decision.events.map(({ reason }) => reason)).toContain("RecoverDeployment");
    expect(recordedOf(decision)).toMatchObject({ state: "ROLLING_BACK", lastStableSpec: stable });
  });

  test("stays rolled back under a rejected edit, also if it has to be recovered", () => {
    const error = { field: "spec.image", message: "must not be empty" };
    const refused = (status: FlinkDeploymentStatus, facts: Parameters<typeof anInput>[1]) => {
      const spec = withJobSpec({ args: ["--edition", "4"] });
      const resource = aResource(spec, status, { generation: 3 });
      const settings = { rollbackEnabled: true, readinessTimeoutMs: 60_000 };
      const configureEach: Input["configure"] = (given, deployed) =>
        aConfiguration(settings, given === spec ? error : undefined)(given, deployed);
      return decideFlinkDeployment(anInput(resource, facts, { configure: configureEach, now: 62_000 }));
    };
    const first = refused(rolledBack, runs);
    expect(first.status.error).toContain("spec.image");
    expect(recordedOf(first)).toMatchObject({ state: "ROLLED_BACK", lastStableSpec: stable });
    expect(recordedOf(first)?.lastReconciledSpec).toContain('"image":"flink:none"');
    expect(recordedOf(refused(first.status, noCluster))).toMatchObject({ state: "ROLLING_BACK" });
  });

  test("needs no restart for a new edit that equals the last stable spec", () => {
    const decision = reconcile(rolledBack, runs, { spec: stableSpec });
    expect(decision.actions).toEqual([]);
    expect(recordedOf(decision)).toMatchObject({ state: "DEPLOYED", lastReconciledSpec: stable });
    expect(decision.status.lifecycleState).toBe("STABLE");
  });

  test("is upgraded from the last stable spec", () => {
    const decision = reconcile(rolledBack, runs, { spec: withJobSpec({ args: ["--edition", "3"] }) });
    expect(decision.events.find(({ reason }) => reason === "SpecChanged")?.message).toContain(
      "--edition, 1] -> [--edition, 3]",
    );
    expect(decision.status.jobStatus?.savepointInfo?.triggerType).toBe("UPGRADE");
  });
});
