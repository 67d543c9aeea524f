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
  flinkFacts,
  haOfJob,
  noCluster,
  runningStatus,
  toldCheckpoints,
  withJobSpec,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

const stableSpec = withJobSpec({ args: ["--edition", "1"] });
/** As it was launched first. */
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

const neverUp: Partial<Facts> = {
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
const pass = (
  status: FlinkDeploymentStatus,
  facts: Partial<Facts> = {},
  {
    now = 61_000,
    spec = failedSpec,
    settings = {},
  }: { now?: number; spec?: FlinkDeploymentSpec; settings?: object } = {},
) =>
  decideFlinkDeployment(
    anInput(aResource(spec, status), { ...neverUp, ...facts }, { ...configure(settings), now }),
  );

const recordedOf = ({ status }: ReturnType<typeof decide>) => status.reconciliationStatus;
const ruledBy = (text: string | undefined) => readLastReconciledSpec(text)?.spec.job;

describe("an upgrade that does not become stable", () => {
  test("is left alone until its time is up, and looked at just then, without a write", () => {
    const status = upgraded();
    const early = pass(status, {}, { now: 58_000 });
    expect(early.status.lifecycleState).toBe("DEPLOYED");
    expect(early.requeueAfterMs).toBe(3_000);
    const again = pass(early.status, {}, { now: 60_999 });
    expect(again.status).toEqual(early.status);
    expect(again.requeueAfterMs).toBe(1);
  });

  test("has no more time where it was launched again on the way", () => {
    const status = upgraded();
    const relaunched: FlinkDeploymentStatus = {
      ...status,
      reconciliationStatus: { ...status.reconciliationStatus, reconciliationTimestamp: 50_000 },
    };
    const launchedAt = new Date(1_000).toISOString();
    const decision = { act: "Upgrade", reason: "", time: launchedAt, launchedAt } as const;
    const of = (generation: number) => ({ ...relaunched, decisions: [{ ...decision, generation }] });
    expect(pass(of(2)).status.lifecycleState).toBe("ROLLING_BACK");
    expect(pass(of(1)).status.lifecycleState).toBe("DEPLOYED");
  });

  test("is then rolled back, which is written down before anything is touched", () => {
    const decision = pass(upgraded());
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

  test("keeps the failed spec on record, but for the mode of the launch that follows", () => {
    const decision = pass(upgraded({ job: { upgradeSavepointPath: "file:/sp" } }, "savepoint"), {
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
    expect(recordedOf(pass(status, facts, more))?.state).not.toBe("ROLLING_BACK");
  });

  test("is rolled back at once where its job has failed for good", () => {
    const failed = {
      jobManager: aDeployment,
      flink: flinkFacts("FAILED", toldCheckpoints({ latestRestored: aSnapshot(7) })),
    };
    const decision = pass(
      upgraded({ jobManagerDeploymentStatus: "READY" }),
      { ...failed, haConfigMaps: [] },
      { now: 2_000 },
    );
    expect(recordedOf(decision)?.state).toBe("ROLLING_BACK");
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/checkpoints/chk-7");
  });

  test("is rolled back though Flink says RUNNING, where not one TaskManager has come", () => {
    const job = flinkFacts("RUNNING").jobs?.[0];
    if (job === undefined) throw new Error("the fixture has a job");
    const waiting = flinkFacts("RUNNING", { jobs: [{ ...job, tasks: { scheduled: 2, total: 2 } }] });
    const status = upgraded({ jobManagerDeploymentStatus: "READY", job: { state: "RUNNING" } });
    const facts = { jobManager: aDeployment, flink: waiting };
    expect(recordedOf(pass(status, facts))?.state).toBe("ROLLING_BACK");
  });
});

describe("a rollback goes on from the newest state:", () => {
  const savepoint = { upgradeSavepointPath: "file:/sp" };
  const lastState = { upgradeSavepointPath: LAST_STATE_DUMMY_PATH };
  const noHa = { haConfigMaps: [] };
  const failed = (path: string) => ({
    jobManager: aDeployment,
    flink: flinkFacts("FAILED", toldCheckpoints({ latestRestored: aSnapshot(7, { externalPath: path }) })),
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
      "HA metadata that the upgrade made since its savepoint",
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
      { jobManager: aDeployment, flink: flinkFacts("FAILED", toldCheckpoints()) },
      "last-state",
      LAST_STATE_DUMMY_PATH,
    ],
    ["nothing, where the upgrade gave the state up", upgraded({}, "stateless"), noHa, "stateless", undefined],
  ])("%s", (_, status, facts, mode, path) => {
    const decision = pass(status, facts);
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
  ])("a person is asked where %s", (_, status, facts) => {
    const decision = pass(status, facts);
    expect(recordedOf(decision)?.state).toBe("DEPLOYED");
    expect(decision.status.error).toContain("Manual restore required.");
    expect(decision.requeueAfterMs).toBeGreaterThan(0);
    expect(pass(decision.status, facts).events).toEqual([]);
  });
});

describe("a rollback under way", () => {
  const begun = pass(upgraded({ job: { upgradeSavepointPath: LAST_STATE_DUMMY_PATH } })).status;

  test("takes the failed cluster down and launches the last stable spec", () => {
    expect(pass(begun).actions.map(({ kind }) => kind)).toEqual(["delete-deployment"]);
    const named = pass(begun, noCluster);
    const launched = pass(named.status, noCluster);
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

  test("is carried out the same way where the Java operator began it", () => {
    const { decisions: _, ...theirs } = begun;
    const status = { ...theirs, jobManagerDeploymentStatus: "MISSING" as const };
    expect(recordedOf(pass(status, noCluster))?.state).toBe("ROLLING_BACK");
  });

  test("becomes an upgrade with a new edit", () => {
    const spec = withJobSpec({ args: ["--edition", "3"] });
    const resource = aResource(spec, begun, { generation: 3 });
    const edited = decideFlinkDeployment(anInput(resource, neverUp, { ...configure(), now: 62_000 }));
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

  test("comes to rest, and is not rolled back again", () => {
    const first = pass(rolledBack, runs);
    expect(first.status.lifecycleState).toBe("ROLLED_BACK");
    const second = pass(first.status, runs);
    expect(second).toMatchObject({ actions: [], events: [], status: first.status });
  });

  test("is recovered as the last stable spec, and stays rolled back", () => {
    const decision = pass(rolledBack, noCluster);
    expect(decision.events.map(({ reason }) => reason)).toContain("RecoverDeployment");
    expect(recordedOf(decision)).toMatchObject({ state: "ROLLING_BACK", lastStableSpec: stable });
  });

  test("stays rolled back under an edit that is refused, also where it has to be recovered", () => {
    const error = { field: "spec.image", message: "must not be empty" };
    const refused = (status: FlinkDeploymentStatus, facts: Parameters<typeof anInput>[1]) => {
      const spec = withJobSpec({ args: ["--edition", "4"] });
      const resource = aResource(spec, status, { generation: 3 });
      const settings = { rollbackEnabled: true, readinessTimeoutMs: 60_000 };
      const configureEach: Input["configure"] = (asked, deployed) =>
        aConfiguration(settings, asked === spec ? error : undefined)(asked, deployed);
      return decideFlinkDeployment(anInput(resource, facts, { configure: configureEach, now: 62_000 }));
    };
    const first = refused(rolledBack, runs);
    expect(first.status.error).toContain("spec.image");
    expect(recordedOf(first)).toMatchObject({ state: "ROLLED_BACK", lastStableSpec: stable });
    expect(recordedOf(first)?.lastReconciledSpec).toContain('"image":"flink:none"');
    expect(recordedOf(refused(first.status, noCluster))).toMatchObject({ state: "ROLLING_BACK" });
  });

  test("runs what a new edit asks for, where that is the last stable spec", () => {
    const decision = pass(rolledBack, runs, { spec: stableSpec });
    expect(decision.actions).toEqual([]);
    expect(recordedOf(decision)).toMatchObject({ state: "DEPLOYED", lastReconciledSpec: stable });
    expect(decision.status.lifecycleState).toBe("STABLE");
  });

  test("is upgraded from what runs", () => {
    const decision = pass(rolledBack, runs, { spec: withJobSpec({ args: ["--edition", "3"] }) });
    expect(decision.events.find(({ reason }) => reason === "SpecChanged")?.message).toContain(
      "--edition, 1] -> [--edition, 3]",
    );
    expect(decision.status.jobStatus?.savepointInfo?.triggerType).toBe("UPGRADE");
  });
});
