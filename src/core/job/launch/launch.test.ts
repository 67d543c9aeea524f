import { describe, expect, test } from "vitest";
import type { UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Input } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
import type { Launch } from "../model/situation.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  aResource,
  aSituation,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  haOfJob,
  noCluster,
  runningStatus,
  someFacts,
  withJobSpec,
  withUpgradeMode,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";
import { launchPending } from "./launch.ts";

const decidedAt = 2_000;
const aTaskManager = {
  name: "job-taskmanager-1-1",
  ip: "10.0.0.2",
  ready: true,
  deleting: false,
  problem: undefined,
};

/** A launch that is intended while the old cluster still runs. */
function takingDown(
  mode: UpgradeMode,
  facts: Partial<Facts>,
  sinceMs = 0,
  spec = withUpgradeMode(mode),
  jobStatus = runningStatus.jobStatus,
) {
  const outcome = launchPending(
    aSituation({
      spec,
      deployed: {
        spec: { ...spec, job: { ...spec.job, state: "suspended", upgradeMode: mode } },
        metadata: { firstDeployment: false },
      },
      status: {
        ...runningStatus,
        jobStatus,
        observedGeneration: 2,
        reconciliationStatus: { state: "UPGRADING", reconciliationTimestamp: decidedAt },
      },
      facts: someFacts({ taskManagerPods: [aTaskManager], ...facts }),
      now: decidedAt + sinceMs,
    }),
  );
  return outcome?.actions?.map(({ kind }) => kind);
}

describe("the JobManager of a last-state upgrade", () => {
  const stopped = { jobManager: { ...aDeployment, replicas: 0 } };

  test("is stopped before its TaskManagers, which it would only replace", () => {
    expect(takingDown("last-state", {})).toEqual(["stop-job-manager"]);
  });

  test("is stopped once and waited for", () => {
    expect(takingDown("last-state", stopped)).toEqual([]);
  });

  test("is deleted with all remaining objects once it has ended", () => {
    expect(takingDown("last-state", { ...stopped, jobManagerPods: [] })).toEqual(["delete-deployment"]);
  });

  test("is not waited for without limit", () => {
    expect(takingDown("last-state", stopped, 30_000)).toEqual(["delete-deployment"]);
  });

  test("is deleted at once if it has no TaskManagers, or its job has ended with a savepoint", () => {
    expect(takingDown("last-state", { taskManagerPods: [] })).toEqual(["delete-deployment"]);
    expect(takingDown("savepoint", {})).toEqual(["delete-deployment"]);
  });

  test("is also stopped first in a redeployment, whose job keeps running", () => {
    const redeployed = withJobSpec({ savepointRedeployNonce: 1, initialSavepointPath: "file:/sp" });
    const status = { ...runningStatus.jobStatus, upgradeSavepointPath: "file:/sp" };
    expect(takingDown("savepoint", {}, 1_000, redeployed, status)).toEqual(["stop-job-manager"]);
  });
});

const specOf = ({ status }: Decision) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;
const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);
const intended = (upgradeMode: UpgradeMode, more: Parameters<typeof aStatus>[1] = {}, spec = aSpec) =>
  aStatus(
    { ...spec, job: { ...spec.job, state: "suspended", upgradeMode } },
    {
      state: "UPGRADING",
      observedGeneration: 2,
      ...more,
      job: { state: "RECONCILING", ...more?.job },
    },
  );
const launch = (
  status: ReturnType<typeof aStatus>,
  facts: Partial<Facts> = noCluster,
  spec = aSpec,
  more: Partial<Input> = {},
) => decideFlinkDeployment(anInput(aResource(spec, status), facts, more));
const launchOf = ({ actions }: Decision) => {
  const action = actions.find(({ kind }) => kind === "launch" || kind === "expose");
  if (action?.kind !== "launch" && action?.kind !== "expose") return undefined;
  return action.objects.deployment as unknown as { image: string; launch: Launch };
};

describe("the first deployment", () => {
  test("validates the TaskManagers before anything is created, and writes nothing if they are refused", () => {
    const plain = aConfiguration();
    const configure: Input["configure"] = (...args) => ({
      ...plain(...args),
      build: (launch) => ({
        ...plain(...args).build(launch),
        taskManagerTrial: { metadata: { name: "job-taskmanager" } },
      }),
    });
    const decision = decideFlinkDeployment(anInput(aResource(aSpec, {}), noCluster, { configure }));
    expect(kindsOf(decision)).toEqual(["dry-run", "add-finalizer"]);
    expect(decision.observed.status.reconciliationStatus?.lastReconciledSpec).toBeUndefined();
  });

  test("writes its intent, with the job's id, before anything is created", () => {
    const decision = launch({}, noCluster);
    expect(kindsOf(decision)).toEqual(["add-finalizer"]);
    expect(decision.status).toMatchObject({
      observedGeneration: 2,
      lifecycleState: "UPGRADING",
      jobStatus: { jobId: expect.stringMatching(/^[0-9a-f]{32}$/), state: "RECONCILING" },
    });
    expect(specOf(decision)?.job).toMatchObject({ state: "suspended", upgradeMode: "stateless" });
  });

  test("starts from initialSavepointPath, also if that is edited before the launch", () => {
    const from = (initialSavepointPath: string) => withJobSpec({ initialSavepointPath });
    const first = launch({}, noCluster, from("file:/a"));
    expect(specOf(first)?.job?.upgradeMode).toBe("savepoint");
    const edited = decideFlinkDeployment(
      anInput(aResource(from("file:/b"), first.status, { generation: 3 }), noCluster),
    );
    const created = decideFlinkDeployment(
      anInput(aResource(from("file:/b"), edited.status, { generation: 3 }), noCluster),
    );
    expect(launchOf(created)?.launch).toMatchObject({
      generation: 3,
      restore: { kind: "savepoint", path: "file:/b" },
    });
    expect(created.status.jobStatus?.upgradeSavepointPath).toBe("file:/b");
  });

  test("does not happen for a suspended resource", () => {
    const decision = launch({}, noCluster, withJobSpec({ state: "suspended" }));
    expect(decision).toMatchObject({ actions: [], events: [], status: { lifecycleState: "CREATED" } });
  });

  test("is undone if the resource is suspended before the launch", () => {
    const status = intended("stateless", { firstDeployment: true });
    const decision = decideFlinkDeployment(
      anInput(aResource(withJobSpec({ state: "suspended" }), status, { generation: 3 }), noCluster),
    );
    expect(decision.status.reconciliationStatus?.lastReconciledSpec).toBeUndefined();
    expect(decision.status.lifecycleState).toBe("CREATED");
  });

  test("deletes the objects and the HA metadata of an earlier resource of the same name", () => {
    const status = intended("stateless", { firstDeployment: true });
    expect(kindsOf(launch(status, { flink: undefined }))).toEqual(["delete-deployment"]);
    expect(kindsOf(launch(status))).toEqual(["delete-config-maps", "launch"]);
  });
});

describe("the restore of a launch", () => {
  const ha = (dataKeys: readonly string[]) => ({ ...noCluster, haConfigMaps: [{ ...haOfJob, dataKeys }] });
  const checkpoint = ["checkpointID-0000000000000000007"];

  test.each<[string, UpgradeMode, string | undefined, Partial<Facts>, object, string | undefined]>([
    [
      "savepoint: the recorded path",
      "savepoint",
      "file:/sp",
      noCluster,
      { kind: "savepoint", path: "file:/sp" },
      "file:/sp",
    ],
    [
      "savepoint, of which none is known",
      "savepoint",
      undefined,
      { ...noCluster, haConfigMaps: [] },
      { kind: "none" },
      undefined,
    ],
    [
      "stateless: nothing, whatever is recorded",
      "stateless",
      "file:/sp",
      noCluster,
      { kind: "none" },
      undefined,
    ],
    [
      "last-state: the checkpoint of the HA metadata",
      "last-state",
      "file:/sp",
      ha(checkpoint),
      { kind: "last-state" },
      LAST_STATE_DUMMY_PATH,
    ],
    [
      "last-state of a job that never completed a checkpoint: what it was started from",
      "last-state",
      "file:/sp",
      ha([]),
      { kind: "savepoint", path: "file:/sp" },
      "file:/sp",
    ],
    [
      "last-state of such a job that was started empty",
      "last-state",
      undefined,
      ha([]),
      { kind: "none" },
      undefined,
    ],
  ])("%s", (_, mode, path, facts, restore, recorded) => {
    const decision = launch(intended(mode, { job: { upgradeSavepointPath: path } }), facts);
    expect(launchOf(decision)?.launch.restore).toEqual(restore);
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe(recorded);
  });

  test("never treats the placeholder for HA metadata as a path, and keeps the metadata", () => {
    const decision = launch(intended("savepoint", { job: { upgradeSavepointPath: LAST_STATE_DUMMY_PATH } }));
    expect(kindsOf(decision)).toEqual([]);
    expect(decision.status.error).toContain("Manual restore required.");
  });

  test("keeps HA metadata exactly if it restores from it", () => {
    expect(kindsOf(launch(intended("last-state")))).toEqual(["prepare-ha-restore", "launch"]);
    const fromPath = { job: { upgradeSavepointPath: "file:/sp" } };
    expect(kindsOf(launch(intended("savepoint", fromPath)))).toEqual(["delete-config-maps", "launch"]);
    expect(kindsOf(launch(intended("stateless")))).toEqual(["delete-config-maps", "launch"]);
    const withoutHa = { configure: aConfiguration({ highAvailability: false }) };
    expect(
      kindsOf(launch(intended("stateless"), { ...noCluster, haConfigMaps: [] }, aSpec, withoutHa)),
    ).toEqual(["launch"]);
  });

  test("keeps the job id to restore from HA metadata, and uses a new one otherwise", () => {
    const ended = { job: { state: "FINISHED" as const } };
    expect(launch(intended("last-state", ended)).status.jobStatus?.jobId).toBe(aJobId);
    expect(launch(intended("savepoint", ended)).status.jobStatus?.jobId).not.toBe(aJobId);
    expect(kindsOf(launch(intended("savepoint", ended)))).toEqual([]);
  });
});

describe("a launch whose status write was lost", () => {
  const pending = intended("savepoint", {
    jobManagerDeploymentStatus: "MISSING",
    job: { upgradeSavepointPath: "file:/sp" },
  });
  const launchId = launchOf(launch(pending))?.launch.launchId;
  const ours = { jobManager: { ...aDeployment, generation: "2", launchId } };

  test("is found by its id and completed", () => {
    const decision = launch(pending, { ...ours, flink: undefined });
    expect(kindsOf(decision)).toEqual(["expose"]);
    expect(decision.status).toMatchObject({
      reconciliationStatus: { state: "DEPLOYED" },
      observedGeneration: 2,
    });
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/sp");
  });

  test("does not hide an edit that was made meanwhile", () => {
    const edited = withJobSpec({ args: ["new"] }, { image: "flink:new" });
    const decision = decideFlinkDeployment(
      anInput(aResource(edited, pending, { generation: 3 }), { ...ours, flink: undefined }),
    );
    expect(decision.status.observedGeneration).toBe(2);
    expect(specOf(decision)).toMatchObject({ image: aSpec.image, job: { state: "running" } });
    expect(launchOf(decision)).toMatchObject({ image: aSpec.image, launch: { generation: 2 } });
    const next = decideFlinkDeployment(
      anInput(aResource(edited, decision.status, { generation: 3 }), { jobManager: ours.jobManager }),
    );
    expect(next.events.map(({ reason }) => reason)).toContain("SpecChanged");
  });

  test("is not found in a Deployment of another launch", () => {
    expect(
      kindsOf(launch(pending, { jobManager: { ...ours.jobManager, launchId: "another" }, flink: undefined })),
    ).toEqual(["delete-deployment"]);
  });
});

describe("an edit before the launch", () => {
  const edited = withJobSpec({ args: ["new"] });
  const at = (
    generation: number,
    status: ReturnType<typeof aStatus>,
    facts: Partial<Facts>,
    spec = edited,
    more: Partial<Input> = {},
  ) => decideFlinkDeployment(anInput(aResource(spec, status, { generation }), facts, more));

  test("is deployed, with the restore that was decided", () => {
    const decision = at(3, intended("savepoint", { job: { upgradeSavepointPath: "file:/sp" } }), noCluster);
    expect(specOf(decision)?.job).toMatchObject({
      args: ["new"],
      upgradeMode: "savepoint",
      state: "suspended",
    });
    expect(decision.status).toMatchObject({
      observedGeneration: 3,
      jobStatus: { jobId: aJobId, upgradeSavepointPath: "file:/sp" },
    });
  });

  test("gets a dry run while the old job may still run", () => {
    expect(kindsOf(at(3, intended("last-state"), {}))).toEqual(["dry-run"]);
    expect(kindsOf(at(3, intended("last-state"), noCluster))).toEqual([]);
  });

  test.each<[string, typeof aSpec, Partial<Settings>]>([
    ["another version of Flink", { ...edited, flinkVersion: "v2_2" }, {}],
    ["no high availability", edited, { highAvailability: false }],
    ["savepoints only", edited, { lastStateFallback: false }],
  ])("that is incompatible with HA metadata (%s) waits until the job runs again", (_, spec, next) => {
    const base = aConfiguration();
    const configure: Input["configure"] = (of, deployed) =>
      of === spec ? aConfiguration({ ...next })(of, deployed) : base(of, deployed);
    const withoutFallback = "lastStateFallback" in next ? aConfiguration(next) : configure;
    const decision = at(3, intended("last-state"), noCluster, spec, { configure: withoutFallback });
    expect(launchOf(decision)?.launch).toMatchObject({ generation: 2, restore: { kind: "last-state" } });
    expect(specOf(decision)).toMatchObject({ flinkVersion: "v2_3", job: { state: "running" } });
    expect(decision.status.observedGeneration).toBe(2);
  });

  test("that suspends: uses the savepoint if there is one, else waits until the cluster is deleted", () => {
    const suspend = withJobSpec({ state: "suspended" });
    const ended = { flink: flinkFacts("FINISHED", checkpointFacts()) };
    expect(at(3, intended("savepoint"), ended, suspend).status.lifecycleState).toBe("SUSPENDED");
    expect(kindsOf(at(3, intended("last-state"), { flink: undefined }, suspend))).toEqual([
      "delete-deployment",
    ]);
    expect(at(3, intended("last-state"), noCluster, suspend).status).toMatchObject({
      lifecycleState: "SUSPENDED",
      observedGeneration: 3,
    });
  });

  test("that suspends stays in effect if it is invalid", () => {
    const suspend = withJobSpec({ state: "suspended" });
    const configure = aConfiguration({}, { field: "spec.image", message: "is missing" });
    const decision = at(3, intended("last-state"), noCluster, suspend, { configure });
    expect(kindsOf(decision)).toEqual([]);
    expect(decision.status.lifecycleState).toBe("SUSPENDED");
  });
});

describe("the remaining objects of the old cluster", () => {
  const going = {
    name: "job-taskmanager-1-1",
    ip: undefined,
    ready: false,
    deleting: true,
    problem: undefined,
  };
  const left = { ...noCluster, taskManagerPods: [going] };

  test("are waited for, and reported if they are not deleted in time", () => {
    const status = intended("savepoint", { job: { upgradeSavepointPath: "file:/sp" } });
    const decision = launch(status, left, aSpec, { now: 200_000 });
    expect(decision).toMatchObject({ actions: [], events: [] });
    const late = launch(status, left, aSpec, { now: 301_001 });
    expect(late.status.error).toContain("the pods job-taskmanager-1-1");
    expect(launch(late.status, left, aSpec, { now: 310_000 }).events).toEqual([]);
    expect(launch(late.status, noCluster, aSpec, { now: 310_000 }).status.error).toBeUndefined();
  });
});

describe("a stateless launch over a running job", () => {
  test("lets Flink cancel it first, with a time limit", () => {
    const early = { now: 2_000 };
    expect(kindsOf(launch(intended("stateless"), {}, aSpec, early))).toEqual(["cancel"]);
    expect(kindsOf(launch(intended("stateless"), { flink: flinkFacts("CANCELLING") }, aSpec, early))).toEqual(
      [],
    );
    expect(kindsOf(launch(intended("stateless"), { flink: flinkFacts("CANCELED") }, aSpec, early))).toEqual([
      "delete-deployment",
    ]);
    expect(kindsOf(launch(intended("stateless"), {}, aSpec, { now: 60_000 }))).toEqual(["delete-deployment"]);
  });
});
