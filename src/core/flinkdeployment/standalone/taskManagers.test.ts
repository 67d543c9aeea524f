import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Facts } from "../../job/model/facts.ts";
import type { Settings } from "../../job/model/settings.ts";
import {
  aConfiguration,
  aJobId,
  anInput,
  aResource,
  aSpec,
  aStatus,
  flinkFacts,
  noCluster,
  theTaskManagers,
  withJobSpec,
} from "../../job/situation.fixture.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { decideFlinkDeployment } from "../decide.ts";

const standalone: FlinkDeploymentSpec = { ...aSpec, mode: "standalone", taskManager: { replicas: 1 } };
const scaledTo = (replicas: number) => ({ ...standalone, taskManager: { replicas } });

/** One reconcile of a standalone resource. `desired` is the user's spec, at generation 2. */
function reconcile(
  facts: Partial<Facts>,
  more: {
    desired?: FlinkDeploymentSpec;
    status?: FlinkDeploymentStatus;
    settings?: Partial<Settings>;
  } = {},
) {
  const generation = more.desired === undefined ? 1 : 2;
  const { desired = standalone, status = aStatus(standalone), settings } = more;
  const configure = (spec: FlinkDeploymentSpec) =>
    aConfiguration({ taskManagers: spec.taskManager?.replicas ?? 1, ...settings })(spec, undefined);
  return decideFlinkDeployment(
    anInput(
      aResource(desired, status, { generation }),
      { taskManagers: theTaskManagers(), ...facts },
      { configure },
    ),
  );
}

const kindsOf = ({ actions }: ReturnType<typeof reconcile>) => actions.map(({ kind }) => kind);
const reasonsOf = ({ events }: ReturnType<typeof reconcile>) => events.map(({ reason }) => reason);
const reactive = { reactive: true };

describe("a changed number of TaskManagers", () => {
  test("of a reactive job is applied without a restart, and recorded as deployed", () => {
    const decision = reconcile({}, { desired: scaledTo(3), settings: reactive });
    expect(decision.actions).toEqual([
      { kind: "scale-deployment", name: "job-taskmanager", uid: "deployment-2", replicas: 3 },
    ]);
    expect(decision.events.map(({ reason, message }) => [reason, message])).toEqual([
      ["SpecChanged", expect.stringContaining("taskManager.replicas : 1 -> 3")],
      ["Scaling", "In-place scaling triggered"],
    ]);
    const { reconciliationStatus, taskManager, observedGeneration, jobStatus } = decision.status;
    expect(readLastReconciledSpec(reconciliationStatus?.lastReconciledSpec)?.spec.taskManager?.replicas).toBe(
      3,
    );
    expect(reconciliationStatus?.lastStableSpec).toBe(reconciliationStatus?.lastReconciledSpec);
    expect(taskManager).toEqual({ labelSelector: "component=taskmanager,app=job", replicas: 3 });
    expect([observedGeneration, jobStatus?.state]).toEqual([2, "RUNNING"]);
  });

  test("that a reconcile applied before it could write the status is only recorded", () => {
    const decision = reconcile(
      { taskManagers: theTaskManagers({ replicas: 3 }) },
      { desired: scaledTo(3), settings: reactive },
    );
    expect(decision.actions).toEqual([]);
    expect(decision.status.taskManager?.replicas).toBe(3);
  });

  test.each<[string, FlinkDeploymentSpec, Partial<Settings>, Partial<Facts>]>([
    ["of a job that is not reactive", scaledTo(3), {}, {}],
    ["together with a change that needs a restart", { ...scaledTo(3), image: "flink:new" }, reactive, {}],
    ["of TaskManagers whose Deployment is lost", scaledTo(3), reactive, { taskManagers: undefined }],
  ])("%s restarts the job", (_, desired, settings, facts) => {
    expect(kindsOf(reconcile(facts, { desired, settings }))).toEqual(["dry-run"]);
  });
});

describe("the Deployment of the TaskManagers", () => {
  test("is created again if it is lost, without a restart", () => {
    const decision = reconcile({ taskManagers: undefined });
    expect(decision.actions).toMatchObject([{ kind: "expose", deploymentUid: "deployment-1" }]);
    expect(reasonsOf(decision)).toEqual(["RecoverDeployment"]);
    expect(reconcile({ taskManagers: undefined }, { settings: { recoveryEnabled: false } }).actions).toEqual(
      [],
    );
  });

  test("gets its replicas set again, unless they were set through its own scale subresource", () => {
    const edited = reconcile({ taskManagers: theTaskManagers({ replicas: 5 }) });
    expect(edited.actions).toMatchObject([{ kind: "scale-deployment", replicas: 1 }]);
    expect(reasonsOf(edited)).toEqual(["Scaling"]);
    const scaled = theTaskManagers({ replicas: 5, scaledDirectly: true });
    expect(reconcile({ taskManagers: scaled })).toMatchObject({ actions: [], events: [] });
  });

  test.each<[string, Partial<Facts>, FlinkDeploymentStatus]>([
    [
      "on its way out",
      { taskManagers: theTaskManagers({ deleting: true, replicas: 5 }) },
      aStatus(standalone),
    ],
    [
      "of a job that has ended",
      { taskManagers: undefined, flink: flinkFacts("FINISHED") },
      aStatus(standalone, { job: { state: "FINISHED" } }),
    ],
  ])("%s is left alone", (_, facts, status) => {
    expect(reconcile(facts, { status }).actions).toEqual([]);
  });
});

describe("a standalone session cluster", () => {
  const { job: _, ...session } = standalone;
  const deployed: FlinkDeploymentStatus = {
    ...aStatus(session),
    jobStatus: undefined,
    clusterInfo: { "flink-version": "2.3" },
  };
  const inSession = (
    facts: Partial<Facts>,
    more: {
      desired?: FlinkDeploymentSpec;
      status?: FlinkDeploymentStatus;
      settings?: Partial<Settings>;
    } = {},
  ) => reconcile({ sessionJobs: [], ...facts }, { desired: session, status: deployed, ...more });
  const toThree = { ...session, taskManager: { replicas: 3 } };

  test("gets more TaskManagers without being replaced, recorded as deployed without a job", () => {
    const decision = inSession({}, { desired: toThree });
    expect(decision.actions).toEqual([
      { kind: "scale-deployment", name: "job-taskmanager", uid: "deployment-2", replicas: 3 },
    ]);
    expect(decision.events).toMatchObject([
      { reason: "SpecChanged" },
      { reason: "Scaling", component: "JobManagerDeployment" },
    ]);
    const recorded = readLastReconciledSpec(decision.status.reconciliationStatus?.lastReconciledSpec)?.spec;
    expect([recorded?.job, recorded?.taskManager?.replicas]).toEqual([undefined, 3]);
    expect(decision.status).toMatchObject({
      taskManager: { replicas: 3 },
      observedGeneration: 2,
      lifecycleState: "STABLE",
    });
  });

  test("is replaced by a change that needs new pods, also if the number changes too", () => {
    const decision = inSession({}, { desired: { ...toThree, image: "flink:new" } });
    expect(kindsOf(decision)).toEqual(["dry-run"]);
    expect(decision.status.replacement).toMatchObject({ generation: 2 });
  });

  test("keeps its TaskManagers, also while its jobs save their state before it is replaced", () => {
    const edited = theTaskManagers({ replicas: 5 });
    expect(inSession({ taskManagers: edited }).actions).toMatchObject([{ replicas: 1 }]);
    expect(inSession({ taskManagers: undefined }).actions).toMatchObject([{ kind: "expose" }]);
    const replacement = { generation: 2, since: "", until: new Date(1e9).toISOString() };
    const saving = inSession(
      { taskManagers: undefined },
      { desired: { ...session, image: "flink:new" }, status: { ...deployed, replacement } },
    );
    expect(saving.actions).toMatchObject([{ kind: "expose" }]);
    expect(reasonsOf(saving)).toEqual(["RecoverDeployment"]);
  });
});

describe("a standalone cluster", () => {
  const suspended = { ...standalone, job: { ...standalone.job, state: "suspended" as const } };
  const stopping = aStatus(standalone, {
    job: { savepointInfo: { triggerId: "t", triggerType: "UPGRADE", triggerTimestamp: 90_000 } },
  });
  const stopped = {
    flink: flinkFacts("FINISHED", {
      savepoint: {
        jobId: aJobId,
        triggerId: "t",
        at: 99_000,
        status: { state: "completed", location: "file:///sp" },
      },
    }),
  };

  test("is deleted for a suspension, once the job has stopped with its savepoint", () => {
    const intent = reconcile(stopped, { desired: suspended, status: stopping });
    expect(intent.status.reconciliationStatus?.state).toBe("UPGRADING");
    expect(intent.status.jobStatus?.upgradeSavepointPath).toBe("file:///sp");
    const next = (facts: Partial<Facts>) => reconcile(facts, { desired: suspended, status: intent.status });
    expect(next(stopped).actions).toMatchObject([{ kind: "delete-deployment", name: "job" }]);
    expect(next(noCluster).actions).toMatchObject([{ kind: "delete-deployment", name: "job-taskmanager" }]);
    const end = next({ ...noCluster, taskManagers: undefined });
    expect(kindsOf(end)).toEqual(["delete-config-maps"]);
    expect(end.status).toMatchObject({
      lifecycleState: "SUSPENDED",
      reconciliationStatus: { state: "DEPLOYED" },
      jobStatus: { upgradeSavepointPath: "file:///sp" },
      taskManager: { replicas: 0 },
    });
  });

  test("keeps its HA data if the job is resumed from them", () => {
    const intent = aStatus(
      { ...suspended, job: { ...suspended.job, upgradeMode: "last-state" } },
      {
        state: "UPGRADING",
        job: { state: "FINISHED" },
      },
    );
    const end = reconcile({ ...noCluster, taskManagers: undefined }, { desired: suspended, status: intent });
    expect([kindsOf(end), end.status.lifecycleState]).toEqual([[], "SUSPENDED"]);
  });

  test("is deleted after its job's end, with the TTL of a JobManager", () => {
    const status = aStatus(standalone, { job: { state: "FINISHED", updateTime: "1000" } });
    const settings = { jobManagerShutdownTtlMs: 10_000 };
    const ended = (facts: Partial<Facts>) => reconcile(facts, { status, settings });
    const reported = {
      flink: flinkFacts("FINISHED", { checkpoints: { jobId: aJobId, at: 1, statistics: undefined } }),
    };
    expect(ended(reported).actions).toMatchObject([{ kind: "delete-deployment", name: "job" }]);
    expect(ended(noCluster).actions).toMatchObject([{ kind: "delete-deployment", name: "job-taskmanager" }]);
    expect(ended({ ...noCluster, taskManagers: undefined }).actions).toEqual([]);
  });

  test("is launched over the remaining objects of a lost one only when they are deleted", () => {
    const lost = reconcile({ ...noCluster });
    expect(reasonsOf(lost)).toContain("RecoverDeployment");
    const relaunch = (facts: Partial<Facts>) =>
      reconcile({ ...noCluster, ...facts }, { status: lost.status });
    expect(relaunch({}).actions).toMatchObject([{ kind: "delete-deployment", name: "job-taskmanager" }]);
    expect(relaunch({ taskManagers: theTaskManagers({ deleting: true }) }).actions).toEqual([]);
    const named = relaunch({ taskManagers: undefined });
    expect(named.actions).toEqual([]);
    const created = reconcile({ ...noCluster, taskManagers: undefined }, { status: named.status });
    expect(kindsOf(created)).toEqual(["prepare-ha-restore", "launch"]);
  });

  test("is upgraded by savepoint like a native one", () => {
    const desired = withJobSpec({ args: ["--new"] }, { mode: "standalone", taskManager: { replicas: 1 } });
    expect(kindsOf(reconcile({}, { desired }))).toEqual(["dry-run"]);
    const intent = reconcile(stopped, { desired, status: stopping });
    expect(reconcile(stopped, { desired, status: intent.status }).actions).toMatchObject([
      { kind: "delete-deployment", name: "job" },
    ]);
  });
});
