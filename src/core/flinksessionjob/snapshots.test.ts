import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec, JobStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { flinkSessionJobSpec } from "../../api/v1beta1/flinksessionjob.ts";
import { SESSION_JOB_FINALIZER, SESSION_LABEL } from "../../api/v1beta1/names.ts";
import { parseSchedule } from "../../config/values/schedule.ts";
import type { Decision } from "../job/model/decision.ts";
import type { Facts, SnapshotFacts } from "../job/model/facts.ts";
import type { Settings } from "../job/model/settings.ts";
import {
  aConfiguration,
  aJobId,
  anInput,
  aResource,
  aSnapshot,
  aSnapshotResource,
  aStatus,
  checkpointFacts,
  flinkFacts,
} from "../job/situation.fixture.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { decideFlinkSessionJob } from "./decide.ts";
import { aSessionCluster, sessionJobFacts, withSessionJob } from "./situation.fixture.ts";

/** Shows that session jobs have the snapshots of applications. ../job/snapshots/snapshots.test.ts has the details. */

interface Given {
  readonly spec?: FlinkDeploymentSpec;
  readonly deployed?: FlinkDeploymentSpec;
  readonly job?: Partial<JobStatus>;
  readonly settings?: Partial<Settings>;
  readonly facts?: Partial<Facts>;
}

const now = 1_000_000;
const plain = withSessionJob({});
const withNonce = withSessionJob({ savepointTriggerNonce: 7 });
const toBeReplaced = { session: { ...aSessionCluster, replacement: "for generation 3" } };
const flink = (more: Parameters<typeof flinkFacts>[1] = {}) =>
  flinkFacts("RUNNING", {
    ...checkpointFacts({ latestCompleted: aSnapshot(99, { timestamp: 99_000 }) }),
    ...more,
  });

function decided({ spec = plain, deployed = spec, job = {}, settings, facts }: Given): Decision {
  const recorded = formatLastReconciledSpec(deployed, { firstDeployment: false }, flinkSessionJobSpec);
  const status = aStatus(deployed, { job, observedGeneration: 2 });
  const reconciliationStatus = {
    ...status.reconciliationStatus,
    lastReconciledSpec: recorded,
    lastStableSpec: recorded,
  };
  const resource = aResource(
    spec,
    { ...status, reconciliationStatus },
    {
      creationTimestamp: "1970-01-01T00:00:00Z",
      finalizers: [SESSION_JOB_FINALIZER],
      labels: { [SESSION_LABEL]: "session" },
    },
  );
  const configure = aConfiguration({ snapshotResources: true, ...settings });
  return decideFlinkSessionJob(
    anInput(resource, sessionJobFacts({ flink: flink(), ...facts }), { now, configure }),
  );
}

const infoOf = ({ status }: Decision) => status.jobStatus?.savepointInfo;
const recordedIn = ({ status }: Decision) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec, flinkSessionJobSpec)
    ?.spec as Partial<FlinkDeploymentSpec> & { deploymentName?: string };
const created = ({ actions }: Decision) =>
  actions.flatMap((action) => (action.kind === "create-snapshot" ? [action.object] : []));
const manual = { triggerType: "MANUAL", triggerTimestamp: 995_000 } as const;
const periodic = { periodic: { savepoint: parseSchedule("1 min"), checkpoint: undefined } } as const;
const legacy = { snapshotResources: false } as const;

describe("a nonce", () => {
  test("is recorded first, with the time that names its resource", () => {
    const decision = decided({ spec: withNonce, deployed: plain });
    expect(decision.actions).toEqual([]);
    expect(infoOf(decision)).toMatchObject({ triggerType: "MANUAL", triggerTimestamp: now });
  });

  test("gets a resource that refers to the session job, and is recorded in a session job's own form", () => {
    const decision = decided({ spec: withNonce, deployed: plain, job: { savepointInfo: manual } });
    expect(created(decision)).toMatchObject([
      {
        metadata: { name: "job-savepoint-manual-995000", labels: { "snapshot.trigger-type": "MANUAL" } },
        spec: { jobReference: { kind: "FlinkSessionJob", name: "job" } },
      },
    ]);
    expect(created(decision)[0]?.metadata.ownerReferences).toBeUndefined();
    expect(recordedIn(decision)).toMatchObject({
      deploymentName: "session",
      job: { savepointTriggerNonce: 7 },
    });
    expect(decision.status.reconciliationStatus?.lastStableSpec).toBe(
      decision.status.reconciliationStatus?.lastReconciledSpec,
    );
  });

  test("of a checkpoint requests one", () => {
    const spec = withSessionJob({ checkpointTriggerNonce: 7 });
    const decision = decided({ spec, deployed: plain, job: { checkpointInfo: manual } });
    expect(created(decision)).toMatchObject([{ spec: { checkpoint: {} } }]);
  });

  test("without resources is sent to Flink under the recorded id", () => {
    const savepointInfo = { ...manual, triggerId: "t", formatType: "NATIVE" as const };
    const unknown = { jobId: aJobId, triggerId: "t", at: now, status: { state: "unknown" as const } };
    const requested = decided({
      spec: withNonce,
      deployed: plain,
      job: { savepointInfo },
      settings: legacy,
      facts: { flink: flink({ savepoint: unknown }) },
    });
    expect(requested.actions).toMatchObject([
      { kind: "trigger-savepoint", triggerId: "t", formatType: "NATIVE" },
    ]);
    const completed = { ...unknown, status: { state: "completed" as const, location: "file:/sp" } };
    const done = decided({
      spec: withNonce,
      deployed: plain,
      job: { savepointInfo },
      settings: legacy,
      facts: { flink: flink({ savepoint: completed }) },
    });
    expect(infoOf(done)).toMatchObject({ lastSavepoint: { location: "file:/sp", triggerNonce: 7 } });
    expect(recordedIn(done).job?.savepointTriggerNonce).toBe(7);
  });

  test.each<[string, Partial<Facts>]>([
    ["does not exist", { session: { ...aSessionCluster, kind: "missing" } }],
    ["is about to be replaced", toBeReplaced],
    ["has not listed its jobs", { flink: flink({ deploymentUid: "another" }) }],
  ])("triggers nothing while the session cluster %s", (_, facts) => {
    const decision = decided({ spec: withNonce, deployed: plain, facts });
    expect(created(decision)).toEqual([]);
    expect(infoOf(decision)?.triggerType).not.toBe("MANUAL");
  });
});

describe("an elapsed period", () => {
  test("gets a resource with the time at which it was due", () => {
    const decision = decided({ settings: periodic });
    expect(created(decision)).toMatchObject([
      {
        metadata: { name: "job-savepoint-periodic-960000" },
        spec: { jobReference: { kind: "FlinkSessionJob" } },
      },
    ]);
    expect(infoOf(decision)?.lastPeriodicSavepointTimestamp).toBe(960_000);
  });

  test("is not repeated if it was missed, and the next one enqueues the session job", () => {
    const job = { savepointInfo: { lastPeriodicSavepointTimestamp: 960_000 } };
    const decision = decided({ settings: periodic, job });
    expect(decision.actions).toEqual([]);
    expect(decision.requeueAfterMs).toBe(20_000);
  });

  test("without resources is recorded with its trigger id", () => {
    expect(infoOf(decided({ settings: { ...periodic, ...legacy } }))).toMatchObject({
      triggerType: "PERIODIC",
      triggerId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });
});

describe("a stop of the job waits for a savepoint in progress", () => {
  const pending = aSnapshotResource({ name: "pending", state: "IN_PROGRESS", path: "" });
  const upgraded = withSessionJob({ args: ["other"] });

  test.each<[string, Given]>([
    ["an upgrade, for a resource", { spec: upgraded, deployed: plain, facts: { snapshots: [pending] } }],
    [
      "an upgrade, for one of the status",
      {
        spec: upgraded,
        deployed: plain,
        job: { savepointInfo: { ...manual, triggerId: "t" } },
        settings: legacy,
      },
    ],
    ["the end of its session cluster", { facts: { snapshots: [pending], ...toBeReplaced } }],
    [
      "the end of its session cluster, for one of the status",
      { job: { savepointInfo: { ...manual, triggerId: "t" } }, settings: legacy, facts: toBeReplaced },
    ],
  ])("%s", (_, given) => {
    const decision = decided(given);
    expect(decision.actions).toEqual([]);
    expect(infoOf(decision)?.triggerType).not.toBe("UPGRADE");
  });

  test("unless configured otherwise", () => {
    const decision = decided({
      facts: { snapshots: [pending], ...toBeReplaced },
      settings: { ignorePendingSavepoint: true },
    });
    expect(infoOf(decision)?.triggerType).toBe("UPGRADE");
  });

  test("and an intended snapshot gets its resource, although the session cluster is about to be replaced", () => {
    const job = { savepointInfo: manual };
    expect(created(decided({ spec: withNonce, deployed: plain, job, facts: toBeReplaced }))).toHaveLength(1);
  });
});

test("the savepoint of an upgrade gets a resource that is already complete", () => {
  const savepointInfo = { triggerId: "t", triggerTimestamp: 5_000, triggerType: "UPGRADE" as const };
  const status = { state: "completed", location: "file:/sp" } as const;
  const decision = decided({
    spec: withSessionJob({ args: ["other"] }),
    deployed: plain,
    job: { savepointInfo },
    facts: { flink: flink({ savepoint: { jobId: aJobId, triggerId: "t", at: now, status } }) },
  });
  expect(created(decision)).toMatchObject([
    {
      metadata: { name: "job-savepoint-upgrade-5000" },
      spec: {
        jobReference: { kind: "FlinkSessionJob", name: "job" },
        savepoint: { path: "file:/sp", alreadyExists: true },
      },
    },
  ]);
  expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/sp");
});

describe("cleanup", () => {
  const limits = { savepointCleanup: true, savepointHistory: { maxCount: 1, maxAgeMs: 500_000 } };
  const one = (id: number, more: Partial<SnapshotFacts> = {}): SnapshotFacts =>
    aSnapshotResource({
      name: `s${id}`,
      uid: `uid-${id}`,
      triggerType: "PERIODIC",
      path: `file:/sp/${id}`,
      takenAt: 600_000 + id,
      createdAt: 600_000 + id,
      ...more,
    });
  const snapshots = [one(1), one(2)];

  test("deletes a surplus resource", () => {
    expect(decided({ settings: limits, facts: { snapshots } }).actions).toEqual([
      { kind: "delete-snapshot", name: "s1", uid: "uid-1" },
    ]);
  });

  test("keeps what the session job, or another resource, may still restore from", () => {
    const spec = withSessionJob({ initialSavepointPath: "file:///sp/1" });
    expect(decided({ spec, settings: limits, facts: { snapshots } }).actions).toEqual([]);
    const elsewhere = { isNamedElsewhere: (path: string) => path === "file:/sp/1" };
    expect(decided({ settings: limits, facts: { snapshots, ...elsewhere } }).actions).toEqual([]);
  });

  test("of the status disposes of a savepoint by the session cluster", () => {
    const savepointHistory = [1, 2].map((id) => ({ location: `file:/sp/${id}`, timeStamp: 600_000 + id }));
    const decision = decided({
      settings: { ...legacy, ...limits },
      job: { savepointInfo: { savepointHistory } },
    });
    expect(decision.actions).toEqual([{ kind: "dispose-savepoint", path: "file:/sp/1" }]);
  });
});
