import { expect, test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import {
  fellBackToLastState,
  followsFromDeletion,
  forgetsTexts,
  newestStateUnknown,
  startedBeforeEdit,
  stopOmittedByDeletion,
  stopStartedBeforeDeletion,
  tookStopOfOthers,
  upgradedCold,
  writesRepeatedAfterRestart,
} from "./allowances.ts";
import type { Run } from "./run.ts";
import { foreignTriggerId } from "./workloads/otherWriter.ts";
import type { JournalEvent, Restored } from "./world/journal.ts";
import { namespace, World } from "./world/world.ts";

// An allowance that is too wide hides bugs of the operator: each of its conditions is violated here once.

const jobId = "1";
const chk3 = "file:/data/checkpoints/1/chk-3";
const byHa: Restored = { count: 282, from: chk3, by: "high-availability" };
const started = (restored: Restored): JournalEvent => ({
  event: "job-started",
  cluster: "sample",
  pod: "a",
  jobId,
  program: "",
  recovered: false,
  restored,
});
const failed: JournalEvent = { event: "job-ended", jobId, pod: "a", state: "FAILED", count: 282 };
const finished: JournalEvent = { ...failed, state: "FINISHED" };
const died: JournalEvent = { event: "fault", note: "jobmanager-restart: jobs" };

const isAllowed = (
  events: JournalEvent[],
  overrides: Partial<Pick<Run, "plan" | "restCalls">> = {},
): boolean => {
  const world = new World({ seed: 1 });
  for (const event of events) world.journal.add(event);
  const fault = { kind: "rest-jobmanager-restart", at: 1 } as const;
  const plan = { workload: "failed-restart", seed: 1, fault };
  return newestStateUnknown({ plan, world, restCalls: [], ...overrides } as unknown as Run);
};

const answeredAt = (journalLength: number): Run["restCalls"] => [
  {
    write: undefined,
    rest: 1,
    at: 0,
    api: undefined,
    actor: "operator#1",
    operation: "checkpoints 1",
    outcome: { value: { latestRestored: { externalPath: chk3 } } },
    journalLength,
  },
];

test("a job restored from HA metadata fails for good, and its JobManager dies before it reports the checkpoint", () => {
  expect(isAllowed([started(byHa), failed, died])).toBe(true);
  // While the job ran, a newer checkpoint could still complete.
  expect(isAllowed([started(byHa), failed, died], { restCalls: answeredAt(1) })).toBe(true);
});

test("the checkpoint was reported in time", () => {
  expect(isAllowed([started(byHa), failed, died], { restCalls: answeredAt(2) })).toBe(false);
});

test("the job was restored from a path, which is in the status, and completed no checkpoint since", () => {
  const byPath: Restored = { ...byHa, by: "savepoint-path" };
  const own: JournalEvent = { event: "checkpoint-completed", jobId, id: 4, path: "chk-4", count: 300 };
  expect(isAllowed([started(byPath), failed, died])).toBe(false);
  expect(isAllowed([started(byPath), own, failed, died])).toBe(true);
});

test("the job had not failed when the JobManager died", () => {
  expect(isAllowed([started(byHa), died, failed])).toBe(false);
  expect(isAllowed([started(byHa), finished, died])).toBe(false);
});

test("another fault", () => {
  const plan = { workload: "failed-restart", seed: 1, fault: { kind: "rest-refused", at: 1 } } as const;
  expect(isAllowed([started(byHa), failed, died], { plan })).toBe(false);
});

test("a job without state to lose", () => {
  const fault = { kind: "rest-jobmanager-restart", at: 1 } as const;
  const plan = { workload: "upgrade-stateless", seed: 1, fault };
  expect(isAllowed([started(byHa), failed, died], { plan })).toBe(false);
});

const fallsBack = (events: JournalEvent[], workload = "upgrade-savepoint"): boolean => {
  const world = new World({ seed: 1 });
  for (const event of events) world.journal.add(event);
  const plan = { workload, seed: 1, fault: { kind: "rest-jobmanager-restart", at: 1 } } as const;
  return fellBackToLastState({ plan, world } as unknown as Run);
};
const edited: JournalEvent = { event: "step", note: "change the job's arguments" };
const stop: JournalEvent = {
  event: "savepoint-requested",
  jobId,
  triggerId: "a",
  stop: true,
  repeated: false,
};
const removed: JournalEvent = {
  event: "kubernetes-write",
  actor: "operator#1",
  verb: "delete",
  kind: "Deployment",
  name: "sample",
  outcome: "ok",
};

test("the JobManager restarts between an edit and its stop, and the job is upgraded by last-state", () => {
  expect(fallsBack([edited, died, removed])).toBe(true);
});

test("the job was stopped with a savepoint, never taken down, or has no HA metadata", () => {
  expect(fallsBack([edited, died, stop, removed])).toBe(false);
  expect(fallsBack([edited, stop, died, removed])).toBe(false);
  expect(fallsBack([edited, died])).toBe(false);
  expect(fallsBack([edited, removed, died])).toBe(false);
  expect(fallsBack([edited, died, removed], "upgrade-savepoint-without-ha")).toBe(false);
});

test("a job whose state is given up later is upgraded by last-state until then, and one without state never", () => {
  expect(fallsBack([edited, died, removed, started(byHa)], "redeploy-nonce")).toBe(true);
  expect(fallsBack([edited, died, removed, started({ ...byHa, by: "nothing" })], "redeploy-nonce")).toBe(
    false,
  );
});

const deletion = {
  sessionJobs: [],
  cluster: true,
  applications: 1,
  savepointAsked: [],
  withSavepoint: [],
  index: 0,
  at: 0,
};
const disposed = {
  invariant: "keeps snapshots",
  message: "file:/s was deleted, and it was the newest of the job",
  at: 9,
};
const abandoned = {
  invariant: "no Warning, no error when healthy",
  message:
    "Warning SnapshotAbandoned about by-hand: The snapshot is given up: there is no such job any more.",
  at: 9,
};

const snapshotDeletedBy = (actor: string): World => {
  const world = new World({ seed: 1 });
  const { flinkStateSnapshot: type } = resourceTypes;
  const metadata = { name: "by-hand", namespace };
  const spec = { jobReference: { kind: "FlinkDeployment", name: "sample" }, savepoint: {} };
  const created = world.server.create("user", type, { metadata, spec });
  world.server.replaceStatus("user", type, { ...created, status: { state: "COMPLETED", path: "file:/s" } });
  world.server.delete(actor, type, namespace, "by-hand");
  return world;
};

test("a deletion gives a snapshot in progress up, and other Warnings are not allowed", () => {
  const world = new World({ seed: 1 });
  expect(followsFromDeletion({ world, deletion }, abandoned)).toBe(true);
  expect(followsFromDeletion({ world }, abandoned)).toBe(false);
  const other = { ...abandoned, message: "Warning SavepointError about sample: the storage is full" };
  expect(followsFromDeletion({ world, deletion }, other)).toBe(false);
});

test("the newest snapshot goes with its job where the user has deleted its FlinkStateSnapshot", () => {
  const world = snapshotDeletedBy("user");
  expect(followsFromDeletion({ world, deletion }, disposed)).toBe(true);
  expect(followsFromDeletion({ world, deletion: { ...deletion, index: 10 } }, disposed)).toBe(false);
  expect(followsFromDeletion({ world: snapshotDeletedBy("operator#1"), deletion }, disposed)).toBe(false);
  const needed = { ...disposed, message: "file:/s was deleted, and FlinkDeployment sample names it" };
  expect(followsFromDeletion({ world, deletion }, needed)).toBe(false);
});

test("an outage delays an upgrade, and the deletion stops the job that still runs", () => {
  const during = (kind: "outage" | "late" | "rest-404" | "rest-slow", world: World): boolean =>
    stopStartedBeforeDeletion({
      plan: { workload: "midway-upgrade-deleted-last-state", seed: 1, fault: { kind, at: 1 } },
      world,
    } as unknown as Run);
  const gone = new World({ seed: 1 });
  const there = new World({ seed: 1 });
  there.server.create("user", resourceTypes.flinkDeployment, { metadata: { name: "sample", namespace } });
  expect(during("outage", gone)).toBe(true);
  expect(during("late", gone)).toBe(true);
  expect(during("rest-slow", gone)).toBe(true);
  expect(during("rest-404", gone)).toBe(false);
  expect(during("outage", there)).toBe(false);
});

const runOf = (kind: string, events: JournalEvent[], world = new World({ seed: 1 })): Run => {
  for (const event of events) world.journal.add(event);
  return { plan: { workload: "any", seed: 1, fault: { kind, at: 1 } }, world } as unknown as Run;
};
const deletedByUser: JournalEvent = { ...removed, actor: "user", kind: "FlinkDeployment" };

test("a deletion needs no stop that was not requested before it", () => {
  for (const kind of ["crash-after", "rest-404", "rest-slow"]) {
    expect(stopOmittedByDeletion(runOf(kind, [deletedByUser]))).toBe(true);
    expect(stopOmittedByDeletion(runOf(kind, [stop, deletedByUser]))).toBe(false);
    expect(stopOmittedByDeletion(runOf(kind, []))).toBe(false);
  }
  expect(stopOmittedByDeletion(runOf("outage", [deletedByUser]))).toBe(false);
});

test("the savepoint of another one's stop is taken for that of the stop that was not requested", () => {
  const foreign = { ...stop, triggerId: foreignTriggerId };
  expect(tookStopOfOthers(runOf("outage", [foreign]))).toBe(true);
  expect(tookStopOfOthers(runOf("outage", [{ ...foreign, stop: false }]))).toBe(false);
  expect(tookStopOfOthers(runOf("outage", [foreign, stop]))).toBe(false);
  expect(tookStopOfOthers(runOf("outage", [stop]))).toBe(false);
});

test("counters that come late: the writes about the failures until the JobManager is replaced count, and no others", () => {
  const over: JournalEvent = { event: "job-failed-over", jobId, restored: byHa };
  const write: JournalEvent = { ...removed, verb: "replace-status", kind: "FlinkDeployment" };
  const repeated = (events: JournalEvent[], kind = "rest-silent") =>
    writesRepeatedAfterRestart(runOf(kind, events));
  expect(repeated([over, write, died, over, write, write, removed, write])).toBe(2);
  expect(repeated([died, over, write, write, removed])).toBe(0);
  expect(repeated([over, write, died, write, removed])).toBe(0);
  expect(repeated([over, write, died, over, write])).toBe(0);
  expect(repeated([over, write, died, over, write, removed], "rest-slow")).toBe(0);
});

test("what was decided before an edit is carried out before it", () => {
  const world = (launchedAt: string, generation = 2): World => {
    const given = new World({ seed: 1 });
    const metadata = { name: "one", namespace };
    const { flinkSessionJob: type } = resourceTypes;
    const created = given.server.create("user", type, {
      metadata,
      spec: { deploymentName: "sample", job: { jarURI: "local:///job.jar", parallelism: 1 } },
    });
    const decisions = [
      { time: "2026-01-01T00:00:09Z", generation, act: "Upgrade" },
      { time: "2026-01-01T00:00:00Z", generation: 1, act: "Restart", launchedAt },
    ];
    given.server.replaceStatus("operator#1", type, { ...created, status: { decisions } });
    return given;
  };
  const byUser: JournalEvent = {
    ...removed,
    actor: "user",
    verb: "patch",
    kind: "FlinkSessionJob",
    name: "one",
  };
  const later = "2026-01-01T00:00:08Z";
  expect(startedBeforeEdit(runOf("lag", [byUser], world(later)))).toBe(true);
  expect(startedBeforeEdit(runOf("outage", [byUser], world(later)))).toBe(false);
  expect(startedBeforeEdit(runOf("lag", [], world(later)))).toBe(false);
  // The job had been started before the edit, or the edit was applied with it.
  expect(startedBeforeEdit(runOf("lag", [byUser], world("2025-12-31T23:59:59Z")))).toBe(false);
  expect(startedBeforeEdit(runOf("lag", [byUser], world(later, 1)))).toBe(false);
});

test("the hash of a script's texts is forgotten by an operator that dies between the submission and the status, and by no other", () => {
  const submitted = { ...started(byHa), sessionJob: "one" } as JournalEvent;
  const crashed: JournalEvent = { event: "operator-crashed", actor: "operator#1", note: "" };
  const written: JournalEvent = {
    event: "kubernetes-write",
    actor: "operator#1",
    verb: "replace-status",
    kind: "FlinkSessionJob",
    name: "one",
    outcome: "ok",
  };
  const lost = 'objects.FlinkSessionJob one.status.run.sqlTexts: "8aa5" → undefined (at 1)';
  const isForgotten = (events: JournalEvent[], line = lost): boolean =>
    forgetsTexts(runOf("crash-before", events), line);
  expect(isForgotten([submitted, crashed, written])).toBe(true);
  expect(isForgotten([submitted, written, crashed])).toBe(false);
  expect(isForgotten([crashed, submitted, written])).toBe(false);
  expect(isForgotten([submitted, written])).toBe(false);
  expect(isForgotten([crashed])).toBe(false);
  const recovered = { ...submitted, recovered: true } as JournalEvent;
  expect(isForgotten([submitted, written, recovered, crashed, written])).toBe(false);
  expect(isForgotten([submitted, crashed, written], lost.replace(" one.", " two."))).toBe(false);
  const other = 'objects.FlinkSessionJob one.status.run.sqlTexts: "8aa5" → "9bb6"';
  expect(isForgotten([submitted, crashed, written], other)).toBe(false);
});

test("a warm upgrade is cold where the new JobManager dies during the stop and waits for its lease for too long, and in no other case", () => {
  const [cluster, pod] = ["sample-warm", "b"];
  const requested = { event: "savepoint-requested", jobId, triggerId: "t", stop: true, repeated: false };
  const completed = { event: "savepoint-completed", jobId, triggerId: "t", path: chk3, count: 9, stop: true };
  const crashed = { event: "jobmanager-stopped", cluster, pod, how: "crashed" };
  const waits = { event: "jobmanager-waits", cluster, pod };
  const takenDown = { ...removed, name: cluster };
  const edit = { event: "step", note: "edit" };
  const course: [second: number, event: object][] = [
    [0, edit],
    [0, requested],
    [1, died],
    [1, crashed],
    [3, completed],
    [10, waits],
    [12, takenDown],
  ];
  const isCold = (events: readonly [number, object][], workload = "warm-upgrade"): boolean => {
    const world = new World({ seed: 1 });
    for (const [second, event] of events)
      world.journal.entries.push({
        ...(event as JournalEvent),
        at: second * 1_000,
        index: world.journal.entries.length,
      });
    const fault = { kind: "rest-jobmanager-restart", at: 1 };
    return upgradedCold({ plan: { workload, seed: 1, fault }, world } as unknown as Run);
  };
  const changed = (which: object, ...by: [number, object][]): [number, object][] =>
    course.flatMap((each) => (each[1] === which ? by : [each]));

  expect(isCold(course)).toBe(true);
  expect(isCold(course, "upgrade-savepoint")).toBe(false);
  // The operator asks for the stop before it is told.
  const asked = (second: number) =>
    isCold([...changed(requested).slice(0, 3), [second, requested], ...changed(requested).slice(3)]);
  expect(asked(1.5)).toBe(true);
  expect(asked(2.5)).toBe(false);
  // No patience; and the JobManager had the lease, and so its TaskManagers, in time.
  expect(isCold(changed(takenDown, [10.5, takenDown]))).toBe(false);
  expect(isCold(changed(waits, [5, waits]))).toBe(false);
  expect(isCold(changed(waits))).toBe(false);
  expect(isCold(changed(waits, [10, { ...waits, pod: "c" }]))).toBe(false);
  // The job has moved, or the savepoint is not there, or another Deployment was deleted.
  expect(isCold(changed(edit, [0, edit], [0, { ...started(byHa), pod }]))).toBe(false);
  expect(isCold(changed(completed))).toBe(false);
  expect(isCold(changed(takenDown, [12, removed]))).toBe(false);
});
