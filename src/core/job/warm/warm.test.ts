import { describe, expect, test } from "vitest";
import type { FlinkFacts } from "../../../api/flinkFacts.ts";
import { deriveLaunchId } from "../../ids.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Facts, OtherCluster, RequestFacts } from "../model/facts.ts";
import { aDeployment, flinkFacts, haOfJob, lately, noCluster, withJobSpec } from "../situation.fixture.ts";

import {
  begun,
  type Case,
  decide,
  edited,
  kindsOf,
  messageOf,
  newJob,
  podsWith,
  running,
  SAVEPOINT,
  standby,
  startTime,
  stopped,
  stopping,
  stops,
  trigger,
  withoutSlots,
} from "./warm.fixture.ts";

describe("before the old job is stopped", () => {
  test("the intent comes first, and the job is not stopped with it", () => {
    const decision = decide({});
    expect(kindsOf(decision)).toEqual(["dry-run"]);
    expect(decision.status.warmUpgrade).toMatchObject({
      clusterId: "job-warm",
      generation: 2,
      startTime: 100_000,
    });
    expect(stops(decision)).toBe(false);
    expect(decision.desired.waitsFor).toContain("the new cluster to stand");
  });

  test("then the cluster, under a name of its own and with the slots of the job", () => {
    const decision = decide({ status: { warmUpgrade: begun }, settings: { slots: 3 } });
    expect(kindsOf(decision)).toEqual(["launch-standby"]);
    expect(decision.actions[0]).toMatchObject({
      objects: {
        deployment: { launch: { clusterId: "job-warm", jobId: newJob, gate: { slots: 3 }, generation: 2 } },
      },
    });
    expect(stops(decision)).toBe(false);
  });

  test("a job that runs in the second cluster moves back to the name of the resource", () => {
    const decision = decide({ status: { clusterId: "job-warm" }, facts: { clusterId: "job-warm" } });
    expect(decision.status.warmUpgrade?.clusterId).toBe("job");
  });

  test.each<[string, Partial<OtherCluster>]>([
    ["REST does not answer", { flink: undefined }],
    [
      "it answered for another Deployment",
      { flink: flinkFacts("RUNNING", { deploymentUid: "old", jobs: [] }) },
    ],
    ["TaskManagers are missing", { flink: withoutSlots }],
  ])("it is waited for: %s", (_, more) => {
    const decision = decide({ status: { warmUpgrade: begun }, facts: { other: standby(more) } });
    expect(kindsOf(decision)).toEqual([]);
    expect(stops(decision)).toBe(false);
    expect(decision.pollOther).toMatchObject({ deploymentUid: "standby-1", want: { taskManagers: true } });
  });

  test("it stands: the old job is stopped with a savepoint", () => {
    const decision = decide({ status: { warmUpgrade: begun }, facts: { other: standby() } });
    expect(stops(decision)).toBe(true);
    expect(decision.status.warmUpgrade).toEqual(begun);
  });

  test("its main method fails: the old job is untouched, and the error says so", () => {
    const failed = flinkFacts("FAILED", { deploymentUid: "standby-1" });
    const decision = decide({
      status: { warmUpgrade: begun },
      facts: { other: standby({ flink: failed }) },
      now: 9e6,
    });
    expect(messageOf(decision)).toBe(
      "The job stays as it is, since its new cluster does not start: its main method fails",
    );
    expect(stops(decision)).toBe(false);
    expect(kindsOf(decision)).toEqual([]);
  });

  test("its image is not there: the same, however long", () => {
    const problem = { container: "c", reason: "ErrImagePull", message: "not found", restartCount: 0 };
    const other = standby({ flink: undefined, jobManagerPods: podsWith({ problem }) });
    const decision = decide({ status: { warmUpgrade: begun }, facts: { other }, now: 9e6 });
    expect(messageOf(decision)).toContain("ErrImagePull");
    expect(stops(decision)).toBe(false);
  });

  test("there is no room for it: after the timeout it is given up, deleted, and the upgrade is cold", () => {
    const taskManagerPods = podsWith({ unschedulable: "Insufficient cpu" });
    const other = standby({
      taskManagerPods,
      flink: withoutSlots,
    });
    const status = { warmUpgrade: begun };
    expect(
      decide({ status, facts: { other }, now: startTime + 299_000 }).status.warmUpgrade?.failure,
    ).toBeUndefined();
    const late = decide({ status, facts: { other }, now: startTime + 300_000 });
    expect(late.status.warmUpgrade?.failure).toBe("Insufficient cpu");
    expect(stops(late)).toBe(false);
    const cold = decide({ status: late.status, facts: { other }, now: startTime + 301_000 });
    expect(kindsOf(cold)).toEqual(["delete-deployment", "dry-run"]);
    expect(cold.actions[0]).toMatchObject({ name: "job-warm", uid: "standby-1" });
    expect(stops(cold)).toBe(true);
    expect(cold.events.find(({ reason }) => reason === "UpgradedCold")?.message).toContain(
      "Insufficient cpu",
    );
  });

  test.each<[string, Case]>([
    ["taken back", { spec: running }],
    ["another one", { status: { warmUpgrade: { ...begun, generation: 1 } } }],
    [
      "with another parallelism, by the autoscaler",
      { status: { warmUpgrade: { ...begun, specHash: "other" } } },
    ],
    ["a suspension", { spec: withJobSpec({ state: "suspended" }) }],
    ["of a launch that nobody remembers", { facts: { other: standby({ jobManager: aDeployment }) } }],
  ])("the edit is %s: what stands is deleted", (_, { spec = edited, status, facts }) => {
    const decision = decide({
      spec,
      status: { warmUpgrade: begun, ...status },
      facts: { other: standby(), ...facts },
    });
    expect(decision.actions[0]).toMatchObject({ kind: "delete-deployment", name: "job-warm" });
  });

  test.each<[string, Case]>([
    ["in standalone mode", { spec: { ...edited, mode: "standalone" } }],
    [
      "no job of a jar",
      { spec: { ...edited, job: { sql: { script: "SELECT 1" }, upgradeMode: "savepoint" } } },
    ],
    ["entryClass is not set", { spec: withJobSpec({ jarURI: "https://x/job.jar", args: ["new"] }) }],
    ["since 1.19", { settings: { notWarm: "Flink can do it since 1.19" } }],
    ["would submit its job again", { settings: { submitsAgain: "high-availability.type is not set" } }],
    ["more than 40 characters", { name: "n".repeat(41) }],
    ["another FlinkDeployment", { facts: { otherIsTaken: true } }],
    ["without the jar of the gate", { facts: { withoutGate: true } }],
    [
      "drops status.warmUpgrade",
      {
        facts: {
          requests: { unsent: new Set(), cancelled: undefined, dropsWarmUpgrade: true } as RequestFacts,
        },
      },
    ],
    [
      "not stopped with a savepoint",
      { spec: { ...edited, job: { ...edited.job, upgradeMode: "last-state" } } },
    ],
  ])("cold, and an event says why: %s", (why, each) => {
    const decision = decide({ ...each, settings: { sqlCheckTimeoutMs: undefined, ...each.settings } });
    expect(decision.status.warmUpgrade).toBeUndefined();
    expect(decision.events.find(({ reason }) => reason === "UpgradedCold")?.message).toContain(why);
  });

  test("where the option is off, nothing is said of it", () => {
    const decision = decide({ settings: { warmUpgradeTimeoutMs: undefined } });
    expect(decision.events.map(({ reason }) => reason)).toEqual(["SpecChanged", "Suspended"]);
    expect(stops(decision)).toBe(true);
  });
});

describe("from the savepoint on", () => {
  test("one write makes the new cluster that of the resource; nothing is done in it", () => {
    const decision = decide({ status: stopping, facts: { ...stopped, other: standby() } });
    expect(kindsOf(decision)).toEqual([]);
    expect(decision.status).toMatchObject({
      clusterId: "job-warm",
      warmUpgrade: { ...begun, savepoint: SAVEPOINT },
      jobStatus: { jobId: newJob, state: "RECONCILING", upgradeSavepointPath: SAVEPOINT },
      reconciliationStatus: { state: "DEPLOYED" },
      run: { startedFrom: SAVEPOINT },
      taskManager: { labelSelector: "component=taskmanager,app=job-warm" },
    });
    expect(decision.status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    const recorded = readLastReconciledSpec(decision.status.reconciliationStatus?.lastReconciledSpec);
    expect(recorded?.spec.job).toMatchObject({ args: ["new"], state: "running", upgradeMode: "savepoint" });
  });

  const failing = flinkFacts("RUNNING", {
    deploymentUid: "standby-1",
    jobs: [],
    reachability: "failing",
    failingSince: 90_000,
    lastFailure: { kind: "timeout", status: 0, message: "refused", at: 1 },
  });

  test.each<[string, OtherCluster | undefined]>([
    ["is gone", undefined],
    ["is being deleted", standby({ jobManager: { ...aDeployment, deleting: true } })],
    ["is of an upgrade that nobody remembers", standby({ jobManager: aDeployment })],
    ["has lost its TaskManagers", standby({ flink: withoutSlots })],
    ["does not answer any more", standby({ flink: failing })],
    ["has no JobManager that is reached", standby({ restHost: undefined, flink: undefined })],
    ["fails in its main method", standby({ flink: flinkFacts("FAILED", { deploymentUid: "standby-1" }) })],
  ])("the new cluster %s: the job is launched as by any upgrade", (_, other) => {
    const decision = decide({ status: stopping, facts: { ...stopped, other } });
    expect(decision.status).toMatchObject({
      reconciliationStatus: { state: "UPGRADING" },
      jobStatus: { upgradeSavepointPath: SAVEPOINT },
    });
    expect(decision.status.clusterId).toBeUndefined();
  });

  test("the option was switched off meanwhile: the job is launched as by any upgrade, and the standby is deleted", () => {
    const settings = { warmUpgradeTimeoutMs: undefined };
    const decision = decide({ status: stopping, facts: { ...stopped, other: standby() }, settings });
    expect(decision.status).toMatchObject({ reconciliationStatus: { state: "UPGRADING" } });
    expect(decision.actions).toMatchObject([{ kind: "delete-deployment", name: "job-warm" }]);
  });

  test.each<[string, OtherCluster["flink"]]>([
    ["has not heard of the new cluster yet", undefined],
    ["has not heard of it just now", { ...failing, failingSince: 99_000 }],
    ["hears of it again, without its TaskManagers", { ...withoutSlots, answeringSince: 99_000 }],
  ])("this process %s: that is waited for", (_, flink) => {
    const decision = decide({ status: stopping, facts: { ...stopped, other: standby({ flink }) } });
    expect(kindsOf(decision)).toEqual([]);
    expect(decision.desired.waitsFor).toBe("the new cluster to answer");
    expect(decision.status.jobStatus?.savepointInfo?.triggerId).toBe(trigger.triggerId);
    expect(decision.pollOther).toBeDefined();
  });

  const handedOver = decide({ status: stopping, facts: { ...stopped, other: standby() } }).status;
  const { clusterId: _, standby: __, ...moved } = standby();
  const old: OtherCluster = { ...standby(), clusterId: "job", standby: false, jobManager: aDeployment };
  const seen: Partial<Facts> = { ...moved, clusterId: "job-warm", other: old };
  const jobs = (running: number) =>
    (flinkFacts("RUNNING").jobs ?? []).map((job) => ({ ...job, id: newJob, tasks: { running, total: 1 } }));
  const listed = (running: number): Partial<Facts> => ({
    ...seen,
    flink: flinkFacts("RUNNING", { deploymentUid: "standby-1", jobs: jobs(running) }),
  });

  test("the gate is opened until the job is listed, with the word of this launch", () => {
    const decision = decide({ status: handedOver, facts: seen });
    expect(decision.actions).toEqual([
      {
        kind: "open-gate",
        name: "job-warm",
        uid: "standby-1",
        word: {
          metadata: { name: "word" },
          data: { [deriveLaunchId("uid-1", newJob, startTime)]: SAVEPOINT },
        },
      },
    ]);
    const requests: RequestFacts = { unsent: new Set(), cancelled: undefined, openedGate: "standby-1" };
    expect(kindsOf(decide({ status: handedOver, facts: { ...seen, requests } }))).toEqual([]);
  });

  test("the Deployment is gone before the gate was opened: the savepoint is launched, and not HA metadata", () => {
    const decision = decide({
      status: handedOver,
      facts: { ...noCluster, clusterId: "job-warm", haConfigMaps: [] },
    });
    const { lastReconciledSpec } = decision.status.reconciliationStatus ?? {};
    expect(readLastReconciledSpec(lastReconciledSpec)?.spec.job?.upgradeMode).toBe("savepoint");
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe(SAVEPOINT);
    const atWork = { ...handedOver, run: { ...handedOver.run, stateSince: 1 } };
    const ran = decide({ status: atWork, facts: { ...noCluster, clusterId: "job-warm", haConfigMaps: [] } });
    const again = readLastReconciledSpec(ran.status.reconciliationStatus?.lastReconciledSpec);
    expect(again?.spec.job?.upgradeMode).toBe("last-state");
  });

  test("the old cluster stays until the tasks are at work", () => {
    expect(kindsOf(decide({ status: handedOver, facts: listed(0) }))).toEqual([]);
    const decision = decide({ status: handedOver, facts: listed(1) });
    expect(decision.actions).toEqual([{ kind: "delete-deployment", name: "job", uid: aDeployment.uid }]);
  });

  const ended = jobs(0).map((job) => ({ ...job, state: "FAILED" as const }));
  test.each<[string, Partial<FlinkFacts>, string | undefined]>([
    ["has failed, and nothing stable is known", { jobs: ended }, undefined],
    ["does not start, and nothing stable is known", {}, undefined],
  ])("the new job %s: the old cluster does not stay beside it", (_, more, lastStableSpec) => {
    const flink = flinkFacts("RUNNING", { deploymentUid: "standby-1", jobs: jobs(0), ...more });
    const reconciliationStatus = { ...handedOver.reconciliationStatus, lastStableSpec };
    const decision = decide({ status: { ...handedOver, reconciliationStatus }, facts: { ...seen, flink } });
    expect(kindsOf(decision)).toEqual(["delete-deployment"]);
  });

  test("when nothing of it is left, the REST Service is made anew, its ConfigMaps go, and the record", () => {
    const haConfigMaps = [{ name: "job-cluster-config-map", uid: "ha-2", deleting: false, dataKeys: [] }];
    const left = { ...old, jobManager: undefined, jobManagerPods: [], haConfigMaps };
    const decision = decide({ status: handedOver, facts: { ...listed(1), other: left } });
    expect(decision.actions).toMatchObject([
      { kind: "expose", deploymentUid: "standby-1" },
      { kind: "delete-config-maps", clusterId: "job" },
    ]);
    expect(decision.status.warmUpgrade).toBeUndefined();
    expect(decision.status.clusterId).toBe("job-warm");
  });

  test("the new job fails: back to the stable spec from the savepoint, also without the option for it", () => {
    const failed = flinkFacts("FAILED", {
      deploymentUid: "standby-1",
      jobs: jobs(0).map((job) => ({ ...job, state: "FAILED" as const })),
      checkpoints: { jobId: newJob, ...lately, statistics: undefined },
    });
    const decision = decide({ status: handedOver, facts: { ...seen, flink: failed } });
    expect(decision.status).toMatchObject({
      reconciliationStatus: { state: "ROLLING_BACK" },
      jobStatus: { upgradeSavepointPath: SAVEPOINT },
    });
  });

  test("the Java operator has dropped the record before the word was written: it is written by the rest of the status", () => {
    const { clusterId: _, warmUpgrade: __, run: ___, ...dropped } = handedOver;
    const jobManager = { ...standby().jobManager, gated: true, generation: "2" } as NonNullable<
      Facts["jobManager"]
    >;
    const named = decide({ status: { ...dropped, clusterId: "job-warm" }, facts: { ...seen, jobManager } });
    expect(named.status.warmUpgrade).toMatchObject({ jobId: newJob, savepoint: SAVEPOINT });
    const opens = decide({ status: named.status, facts: { ...seen, jobManager } });
    expect(opens.actions[0]).toMatchObject({
      kind: "open-gate",
      word: { data: { [deriveLaunchId("uid-1", newJob, startTime)]: SAVEPOINT } },
    });
    const isNot = (facts: Partial<Facts>) =>
      decide({ status: { ...dropped, clusterId: "job-warm" }, facts: { ...seen, jobManager, ...facts } })
        .status.warmUpgrade;
    expect(isNot({ jobManager: { ...jobManager, generation: "1" } })).toBeUndefined();
    expect(isNot({ flink: listed(0).flink })).toBeUndefined();
    expect(isNot({ haConfigMaps: [{ ...haOfJob, name: `job-warm-${newJob}-config-map` }] })).toBeUndefined();
  });

  test("the Java operator has dropped the name: what is found is recorded again", () => {
    const { clusterId: _, warmUpgrade: __, ...dropped } = handedOver;
    const decision = decide({ status: dropped, facts: { ...listed(1), other: undefined } });
    expect(decision.status.clusterId).toBe("job-warm");
  });
});
