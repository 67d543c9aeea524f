import { describe, expect, test } from "vitest";
import type { OperationFacts, OperationStatus } from "../../../api/flinkFacts.ts";
import type {
  FlinkDeploymentSpec,
  FlinkDeploymentStatus,
  JobStatus,
  SavepointInfo,
} from "../../../api/v1beta1/flinkdeployment.ts";
import { parseSchedule } from "../../../config/values/schedule.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts, SnapshotFacts } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
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
  withJobSpec,
} from "../situation.fixture.ts";

/** The newest snapshot is a checkpoint by Flink, so that no other one is needed. */
const running = (more: Parameters<typeof flinkFacts>[1] = {}) =>
  flinkFacts("RUNNING", {
    ...checkpointFacts({ latestCompleted: aSnapshot(99, { timestamp: 99_000 }) }),
    ...more,
  });

interface Given {
  readonly spec?: FlinkDeploymentSpec;
  readonly deployed?: FlinkDeploymentSpec;
  readonly job?: Partial<JobStatus>;
  readonly settings?: Partial<Settings>;
  readonly facts?: Partial<Facts>;
  readonly now?: number;
}

const now = 1_000_000;

function decided({
  spec = withJobSpec({}),
  deployed = spec,
  job = {},
  settings = {},
  facts = {},
  ...more
}: Given): Decision {
  const status = aStatus(deployed, { job, observedGeneration: 2 });
  const resource = aResource(spec, status, { creationTimestamp: "1970-01-01T00:00:00Z" });
  return decideFlinkDeployment(
    anInput(
      resource,
      { haConfigMaps: [], flink: running(), ...facts },
      { now, configure: aConfiguration(settings), ...more },
    ),
  );
}

const resources = { snapshotResources: true } as const;
const nonces = withJobSpec({ savepointTriggerNonce: 7 });
const recordedIn = ({ reconciliationStatus }: FlinkDeploymentStatus) =>
  readLastReconciledSpec(reconciliationStatus?.lastReconciledSpec)?.spec.job;
const created = ({ actions }: Decision) =>
  actions.flatMap((action) => (action.kind === "create-snapshot" ? [action.object] : []));

describe("a new nonce", () => {
  test("is done once it is recorded, whatever the nonce of the other kind is", () => {
    const spec = withJobSpec({ savepointTriggerNonce: 7, checkpointTriggerNonce: 8 });
    const { status } = decided({ spec, settings: resources });
    expect(status.jobStatus?.savepointInfo?.triggerType).toBeUndefined();
    expect(status.jobStatus?.checkpointInfo?.triggerType).toBeUndefined();
  });

  test("whose snapshot has failed is not acted on again before the next check", () => {
    const again = (triggerTimestamp: number) =>
      decided({
        spec: nonces,
        deployed: withJobSpec({}),
        job: { savepointInfo: { triggerTimestamp } },
        settings: { ...resources, progressCheckIntervalMs: 5_000 },
      });
    const early = again(now - 1_000);
    expect(early.status.jobStatus?.savepointInfo?.triggerType).toBeUndefined();
    expect(early.requeueAfterMs).toBe(4_000);
    expect(again(now - 5_000).status.jobStatus?.savepointInfo?.triggerType).toBe("MANUAL");
  });

  test("is first recorded, with the time that names its resource", () => {
    const { actions, status } = decided({ spec: nonces, deployed: withJobSpec({}), settings: resources });
    expect(actions).toEqual([]);
    expect(status.jobStatus?.savepointInfo).toMatchObject({ triggerType: "MANUAL", triggerTimestamp: now });
    expect(status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    expect(recordedIn(status)?.savepointTriggerNonce).toBeUndefined();
  });

  test("is acted on in the reconcile that sees the edit", () => {
    const status = aStatus(withJobSpec({}), { observedGeneration: 1 });
    const resource = aResource(nonces, status, { generation: 2 });
    const configure = aConfiguration(resources);
    const decision = decideFlinkDeployment(
      anInput(resource, { haConfigMaps: [], flink: running() }, { now, configure }),
    );
    expect(decision.status.observedGeneration).toBe(2);
    expect(decision.status.jobStatus?.savepointInfo?.triggerType).toBe("MANUAL");
    expect(decision.requeueAfterMs).toBe(0);
  });

  test("then gets its resource, and is recorded as done in the same reconcile", () => {
    const decision = decided({
      spec: nonces,
      deployed: withJobSpec({}),
      job: { savepointInfo: { triggerType: "MANUAL", triggerTimestamp: 5_000 } },
      settings: { ...resources, savepointDisposeOnDelete: true, savepointFormat: "NATIVE" },
    });
    expect(created(decision)).toMatchObject([
      {
        metadata: {
          name: "job-savepoint-manual-5000",
          namespace: "ns",
          labels: { "snapshot.trigger-type": "MANUAL" },
        },
        spec: {
          jobReference: { kind: "FlinkDeployment", name: "job" },
          savepoint: {
            path: "file:///savepoints",
            formatType: "NATIVE",
            disposeOnDelete: true,
            alreadyExists: false,
          },
        },
      },
    ]);
    expect(recordedIn(decision.status)?.savepointTriggerNonce).toBe(7);
    expect(decision.status.jobStatus?.savepointInfo?.triggerType).toBeUndefined();
  });

  test("of a checkpoint gets a resource with a checkpoint", () => {
    const decision = decided({
      spec: withJobSpec({ checkpointTriggerNonce: 1 }),
      deployed: withJobSpec({}),
      job: { checkpointInfo: { triggerType: "MANUAL", triggerTimestamp: 5_000 } },
      settings: resources,
    });
    expect(created(decision)).toMatchObject([
      { metadata: { name: "job-checkpoint-manual-5000" }, spec: { checkpoint: {} } },
    ]);
  });

  test("of the first deployment triggers no snapshot, nor does a removed one", () => {
    expect(decided({ spec: nonces, settings: resources }).status.jobStatus?.savepointInfo).toBeUndefined();
    const away = decided({ spec: withJobSpec({}), deployed: nonces, settings: resources });
    expect(away.status.jobStatus?.savepointInfo).toBeUndefined();
  });

  test("of a checkpoint that this Flink version cannot trigger is reported once and triggers nothing", () => {
    const { events, status } = decided({
      spec: withJobSpec({ checkpointTriggerNonce: 1 }),
      deployed: withJobSpec({}),
      settings: { ...resources, checkpointsOnDemand: false },
    });
    expect(events).toMatchObject([{ reason: "CheckpointError", once: true }]);
    expect(status.jobStatus?.checkpointInfo).toBeUndefined();
  });

  test("waits for a job with all its tasks", () => {
    const starting = running({
      jobs: [{ ...(running().jobs?.[0] as never as object), tasks: { running: 0, total: 1 } } as never],
    });
    const { status } = decided({
      spec: nonces,
      deployed: withJobSpec({}),
      settings: resources,
      facts: { flink: starting },
    });
    expect(status.jobStatus?.savepointInfo).toBeUndefined();
  });
});

describe("an elapsed period", () => {
  const every = (text: string) => ({
    ...resources,
    periodic: { savepoint: parseSchedule(text), checkpoint: undefined },
  });
  const of = (facts: Partial<Facts>, job: Partial<JobStatus> = {}, at = now) =>
    decided({ settings: every("100 s"), facts, job, now: at });
  const periodic = (at: number) =>
    aSnapshotResource({ name: `job-savepoint-periodic-${at}`, triggerType: "PERIODIC", createdAt: at + 5 });

  test("creates one resource, named by when it was due, at any time of the reconcile", () => {
    for (const at of [1_000_000, 1_050_000, 1_099_999])
      expect(created(of({ snapshots: [periodic(800_000)] }, {}, at))).toMatchObject([
        { metadata: { name: "job-savepoint-periodic-1000000" } },
      ]);
  });

  test("is recorded in case its resource is deleted", () => {
    const { status } = of({ snapshots: [periodic(900_000)] });
    expect(status.jobStatus?.savepointInfo?.lastPeriodicSavepointTimestamp).toBe(1_000_000);
    expect(created(of({}, { savepointInfo: { lastPeriodicSavepointTimestamp: 1_000_000 } }))).toEqual([]);
  });

  test("counts once: the newest resource, the status and the creation time all count", () => {
    expect(created(of({ snapshots: [periodic(950_000)] }))).toEqual([]);
    expect(created(of({}, { savepointInfo: { lastPeriodicSavepointTimestamp: 950_000 } }))).toEqual([]);
  });

  test("causes a reconcile when it elapses, and not before", () => {
    const { requeueAfterMs } = of({ snapshots: [periodic(940_000)] });
    expect(requeueAfterMs).toBe(40_000);
  });

  test("of a cron schedule elapses at its times", () => {
    const settings = every("0 0 * * * ?");
    const job = { savepointInfo: { lastPeriodicSavepointTimestamp: 3_600_000 } };
    expect(created(decided({ settings, job, now: 7_199_999 }))).toEqual([]);
    expect(created(decided({ settings, job, now: 7_230_000 }))).toMatchObject([
      { metadata: { name: "job-savepoint-periodic-7200000" } },
    ]);
  });
});

describe("without resources", () => {
  const triggerId = "b".repeat(32);
  const savepointInfo = {
    triggerId,
    triggerTimestamp: now - 1_000,
    triggerType: "MANUAL",
    formatType: "NATIVE",
  } as const;
  const answered = (status: OperationStatus) =>
    running({ savepoint: { jobId: aJobId, triggerId, at: now, status: status as never } });
  const pending = (status: OperationStatus, info: Partial<SavepointInfo> = {}, more: Given = {}) =>
    decided({
      spec: nonces,
      deployed: withJobSpec({}),
      job: { savepointInfo: { ...savepointInfo, ...info } },
      facts: { flink: answered(status) },
      ...more,
    });
  const failed: OperationStatus = {
    state: "failed",
    failure: { className: "x", stackTrace: "java.io.IOException: full" },
  };

  test("the intent has the trigger id, which is not polled before the trigger is sent", () => {
    const { status, poll } = decided({ spec: nonces, deployed: withJobSpec({}) });
    expect(status.jobStatus?.savepointInfo).toMatchObject({
      triggerType: "MANUAL",
      triggerId: expect.any(String),
    });
    expect(poll?.want.savepoint).toBeUndefined();
    const id = status.jobStatus?.savepointInfo?.triggerId ?? "";
    const requests = { unsent: new Set([id]), cancelled: undefined };
    const sends = decided({
      spec: nonces,
      deployed: withJobSpec({}),
      job: { savepointInfo: status.jobStatus?.savepointInfo as SavepointInfo },
      facts: { requests },
    });
    expect(sends.actions).toMatchObject([{ kind: "trigger-savepoint", triggerId: id }]);
    expect(sends.poll?.want.savepoint?.triggerId).toBe(id);
  });

  test("the trigger is sent to Flink with that id", () => {
    expect(pending({ state: "unknown" }).actions).toEqual([
      {
        kind: "trigger-savepoint",
        jobId: aJobId,
        triggerId,
        targetDirectory: "file:///savepoints",
        formatType: "NATIVE",
      },
    ]);
    expect(pending({ state: "in-progress" }).actions).toEqual([]);
  });

  test("of a run that began after the intent belongs to that run: its time is updated before the trigger is sent", () => {
    // The run in the facts began at 500.
    const { actions, status } = pending({ state: "unknown" }, { triggerTimestamp: 499 });
    expect(actions).toEqual([]);
    expect(status.jobStatus?.savepointInfo).toMatchObject({ ...savepointInfo, triggerTimestamp: now });
  });

  test("a completed savepoint is in the status, and its nonce is done", () => {
    const { status } = pending({ state: "completed", location: "file:/sp" });
    const recorded = {
      timeStamp: now - 1_000,
      location: "file:/sp",
      triggerType: "MANUAL",
      formatType: "NATIVE",
      triggerNonce: 7,
    };
    expect(status.jobStatus?.savepointInfo).toMatchObject({
      lastSavepoint: recorded,
      savepointHistory: [recorded],
    });
    expect(status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    expect(recordedIn(status)?.savepointTriggerNonce).toBe(7);
  });

  test("a failed one is retried within its grace period, and not after", () => {
    const within = pending(failed);
    expect(recordedIn(within.status)?.savepointTriggerNonce).toBeUndefined();
    expect(within.events).toMatchObject([
      {
        reason: "SavepointError",
        message: "Savepoint failed for savepointTriggerNonce: 7: java.io.IOException: full",
      },
    ]);
    const after = pending(failed, { triggerTimestamp: (now - 60_000) as never });
    expect(recordedIn(after.status)?.savepointTriggerNonce).toBe(7);
  });

  test("the grace period counts from the first attempt, although each attempt has its own time", () => {
    const first = pending(failed).status.jobStatus?.savepointInfo;
    expect(first).toMatchObject({ triggerTimestamp: now - 1_000, firstTriggerTimestamp: now - 1_000 });
    const again = decided({
      spec: nonces,
      deployed: withJobSpec({}),
      job: { savepointInfo: first as SavepointInfo },
      now: now + 50_000,
    }).status.jobStatus?.savepointInfo;
    expect(again).toMatchObject({
      triggerId: expect.any(String),
      triggerTimestamp: now + 50_000,
      firstTriggerTimestamp: now - 1_000,
    });
    const ended = pending(failed, {
      triggerTimestamp: (now - 1_000) as never,
      firstTriggerTimestamp: (now - 60_000) as never,
    });
    expect(recordedIn(ended.status)?.savepointTriggerNonce).toBe(7);
    expect(ended.status.jobStatus?.savepointInfo?.firstTriggerTimestamp).toBeUndefined();
  });

  test("a periodic one counts from when it was due", () => {
    const settings = { periodic: { savepoint: parseSchedule("100 s"), checkpoint: undefined } };
    const info = { triggerType: "PERIODIC" as never, lastPeriodicSavepointTimestamp: 800_000 };
    const { status } = pending({ state: "completed", location: "file:/sp" }, info as never, { settings });
    expect(status.jobStatus?.savepointInfo?.lastPeriodicSavepointTimestamp).toBe(900_000);
  });

  test("a periodic one that a later run has taken counts from when it was due, also once the schedule is gone", () => {
    // The run in the facts began at 500.
    const due = { triggerType: "PERIODIC" as never, triggerTimestamp: 400 as never };
    const again = pending({ state: "unknown" }, due).status.jobStatus?.savepointInfo;
    expect(again).toMatchObject({ triggerTimestamp: now, firstTriggerTimestamp: 400 });
    const { status } = pending({ state: "completed", location: "file:/sp" }, again as never);
    expect(status.jobStatus?.savepointInfo?.lastPeriodicSavepointTimestamp).toBe(400);
    expect(status.jobStatus?.savepointInfo?.firstTriggerTimestamp).toBeUndefined();
  });

  test("a checkpoint is followed in addition to the plan, and recorded", () => {
    const checkpointInfo = { ...savepointInfo, formatType: "FULL" } as const;
    const given = (status: OperationStatus) => {
      const checkpoint: OperationFacts = {
        operation: { kind: "checkpoint", jobId: aJobId, triggerId },
        answer: { at: now, since: now, status },
      };
      return decided({ job: { checkpointInfo }, facts: { operations: { checkpoint } } });
    };
    expect(given({ state: "unknown" }).actions).toMatchObject([
      { kind: "trigger-checkpoint", checkpointType: "FULL" },
    ]);
    expect(given({ state: "in-progress" }).follow?.checkpoint).toMatchObject({ triggerId });
    expect(given({ state: "completed", location: undefined }).status.jobStatus?.checkpointInfo).toMatchObject(
      {
        lastCheckpoint: { triggerType: "MANUAL", formatType: "FULL" },
      },
    );
  });
});

describe("an upgrade", () => {
  const changed = { spec: withJobSpec({ parallelism: 2 }), deployed: withJobSpec({}) };
  const isUpgrading = ({ status }: Decision) => status.jobStatus?.savepointInfo?.triggerType === "UPGRADE";
  const manual = { triggerId: "b", triggerTimestamp: now, triggerType: "MANUAL" } as const;
  const inProgress = [aSnapshotResource({ name: "by-hand", state: "IN_PROGRESS", path: "" })];

  test("waits for a savepoint in progress, and reports that", () => {
    const legacy = decided({ ...changed, job: { savepointInfo: manual } });
    expect(isUpgrading(legacy)).toBe(false);
    expect(legacy.desired.waitsFor).toContain("a savepoint is being taken");
    const resource = decided({ ...changed, settings: resources, facts: { snapshots: inProgress } });
    expect(isUpgrading(resource)).toBe(false);
    expect(resource.desired.waitsFor).toContain("the FlinkStateSnapshot by-hand is being taken");
  });

  test("does not wait if configured so", () => {
    const settings = { ...resources, ignorePendingSavepoint: true };
    expect(isUpgrading(decided({ ...changed, settings, facts: { snapshots: inProgress } }))).toBe(true);
  });

  test("does not wait for a checkpoint", () => {
    const snapshots = [aSnapshotResource({ kind: "checkpoint", state: "IN_PROGRESS" })];
    expect(isUpgrading(decided({ ...changed, settings: resources, facts: { snapshots } }))).toBe(true);
  });

  test("records its savepoint as a resource of its trigger's time, and not in the history too (FLINK-38033)", () => {
    const triggerId = "b".repeat(32);
    const savepointInfo = {
      triggerId,
      triggerTimestamp: 5_000,
      triggerType: "UPGRADE",
      formatType: "NATIVE",
    } as const;
    const status = { state: "completed", location: "file:/sp" } as const;
    const decision = decided({
      ...changed,
      job: { savepointInfo },
      settings: resources,
      facts: { flink: running({ savepoint: { jobId: aJobId, triggerId, at: now, status } }) },
    });
    expect(created(decision)).toMatchObject([
      {
        metadata: { name: "job-savepoint-upgrade-5000" },
        spec: { savepoint: { path: "file:/sp", alreadyExists: true, formatType: "NATIVE" } },
      },
    ]);
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/sp");
    expect(decision.status.jobStatus?.savepointInfo?.savepointHistory).toBeUndefined();
  });
});

describe("cleanup", () => {
  const limits = { savepointCleanup: true, savepointHistory: { maxCount: 2, maxAgeMs: 500_000 } };
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
  const deleted = (snapshots: SnapshotFacts[], settings: Partial<Settings> = {}, more: Given = {}) =>
    decided({
      settings: { ...resources, ...limits, ...settings },
      facts: { snapshots },
      ...more,
    }).actions.flatMap((action) => (action.kind === "delete-snapshot" ? [action.name] : []));

  test("deletes the oldest surplus snapshot, with its uid as precondition", () => {
    expect(deleted([one(4), one(1), one(3), one(2)])).toEqual(["s1", "s2"]);
  });

  test("deletes what is too old, but never the newest complete one", () => {
    const old = { createdAt: 400_000 };
    expect(deleted([one(1, old), one(2)])).toEqual(["s1"]);
    expect(deleted([one(1, old), one(2, { ...old, createdAt: 400_001 })])).toEqual(["s1"]);
    const failed = [one(1, { ...old, createdAt: 400_002, state: "FAILED", path: "" })];
    expect(deleted([one(0, old), ...failed])).toEqual(["s1"]);
  });

  test("keeps manual snapshots, unfinished ones (FLINK-40384), those being deleted, and checkpoints within their number", () => {
    expect(deleted([one(1, { triggerType: "MANUAL" }), one(2), one(3)])).toEqual([]);
    expect(deleted([one(1, { state: "IN_PROGRESS", path: "" }), one(2), one(3)])).toEqual([]);
    expect(deleted([one(1, { deleting: true }), one(2), one(3)])).toEqual([]);
    const checkpoints = [1, 2, 3].map((id) => one(id, { kind: "checkpoint" }));
    expect(deleted(checkpoints, { checkpointsRetained: 2 })).toEqual(["s1"]);
  });

  test("keeps what this resource or another may still restore from", () => {
    const three = [one(1), one(2), one(3)];
    const elsewhere = { isNamedElsewhere: (path: string) => path === "file:/sp/1" };
    const settings = { ...resources, ...limits };
    expect(decided({ settings, facts: { snapshots: three, ...elsewhere } }).actions).toEqual([]);
    const ofStatus = { job: { savepointInfo: { savepointHistory: history } }, settings: limits };
    expect(decided({ ...ofStatus, facts: elsewhere }).actions).toEqual([]);
    const named = { spec: withJobSpec({ initialSavepointPath: "file:///sp/1" }) };
    expect(deleted(three, {}, named)).toEqual([]);
    expect(decided({ ...ofStatus, ...named }).actions).toEqual([]);
  });

  test("can be disabled, and has a dry run", () => {
    const three = [one(1), one(2), one(3)];
    expect(deleted(three, { savepointCleanup: false })).toEqual([]);
    const { actions, events } = decided({
      settings: { ...resources, ...limits, cleanupDryRun: true },
      facts: { snapshots: three },
    });
    expect(actions).toEqual([]);
    expect(events).toMatchObject([
      { reason: "CleanupDryRun", once: true, message: expect.stringContaining("s1") },
    ]);
  });

  const history = [1, 2, 3].map((id) => ({ location: `file:/sp/${id}`, timeStamp: 600_000 + id }));
  const ofHistory = (
    status?: OperationStatus,
    more: Partial<Settings> = {},
    isRequested = status !== undefined,
  ) => {
    const disposal: OperationFacts = {
      operation: { kind: "disposal", triggerId: "d", path: "file:/sp/1" },
      ...(status === undefined ? {} : { answer: { at: now - 1_000, since: now - 1_000, status } }),
    };
    return decided({
      job: { savepointInfo: { savepointHistory: history } },
      settings: { ...limits, ...more },
      facts: isRequested ? { operations: { disposal } } : {},
    });
  };
  const left = ({ status }: Decision) => status.jobStatus?.savepointInfo?.savepointHistory?.length;

  test("of the history first disposes, then drops the entry (FLINK-39439)", () => {
    const requested = ofHistory();
    expect(requested.actions).toEqual([{ kind: "dispose-savepoint", path: "file:/sp/1" }]);
    expect(left(requested)).toBe(3);
    for (const waiting of [ofHistory(undefined, {}, true), ofHistory({ state: "in-progress" })]) {
      expect([waiting.actions, left(waiting)]).toEqual([[], 3]);
      expect(waiting.follow?.disposal).toBeDefined();
    }
    expect(left(ofHistory({ state: "completed", location: undefined }))).toBe(2);
    const gone = "java.io.FileNotFoundException: x";
    expect(left(ofHistory({ state: "failed", failure: { className: "x", stackTrace: gone } }))).toBe(2);
    const failed = ofHistory({ state: "failed", failure: { className: "x", stackTrace: "AccessDenied: x" } });
    expect([failed.actions, left(failed)]).toEqual([[], 3]);
    expect(failed.events).toMatchObject([{ reason: "CleanupFailed" }]);
  });
});
