import { expect, test } from "vitest";
import { FORCE_DELETE_ANNOTATION } from "../../api/v1beta1/names.ts";
import type { Facts } from "../job/model/facts.ts";
import type { Situation } from "../job/model/situation.ts";
import {
  aDeployment,
  aJobId,
  flinkFacts,
  haOfJob,
  noCluster,
  runningStatus,
  someSettings,
} from "../job/situation.fixture.ts";
import { decideSessionJobDeletion } from "./deletion.ts";
import { aSessionCluster, aSessionJobSituation, sessionJobFacts } from "./situation.fixture.ts";

const deleting = (facts: Partial<Facts> = {}, more: Partial<Situation> = {}): Situation => {
  const situation = aSessionJobSituation({ facts: sessionJobFacts(facts), ...more });
  const metadata = {
    ...situation.resource.metadata,
    deletionTimestamp: "1970-01-01T00:00:02Z",
    ...more.resource?.metadata,
  };
  return { ...situation, resource: { ...situation.resource, metadata } };
};
const finalizerRemoved = [{ kind: "remove-finalizer" }];
const withoutJobManager = { session: aSessionCluster, ...noCluster };

test("the job is cancelled and awaited before the finalizer is removed", () => {
  expect(decideSessionJobDeletion(deleting()).actions).toEqual([{ kind: "cancel", jobId: aJobId }]);
  const cancelling = decideSessionJobDeletion(deleting({ flink: flinkFacts("CANCELLING") }));
  expect(cancelling).toMatchObject({ actions: [], waitsFor: "the job to be cancelled" });
  expect(decideSessionJobDeletion(deleting({ flink: flinkFacts("CANCELED") })).actions).toEqual(
    finalizerRemoved,
  );
});

test("the other jobs of its session cluster run on", () => {
  const [own] = flinkFacts("RUNNING").jobs ?? [];
  if (own === undefined) throw new Error("there is no job");
  const others = ["d", "e"].map((letter) => ({ ...own, id: letter.repeat(32) }));
  const flink = flinkFacts("RUNNING", { jobs: [...others, own] });
  expect(decideSessionJobDeletion(deleting({ flink })).actions).toEqual([{ kind: "cancel", jobId: aJobId }]);
});

test("what an earlier JobManager told of its jobs says nothing: the present one is asked first", () => {
  const flink = flinkFacts("RUNNING", { deploymentUid: "before" });
  const outcome = decideSessionJobDeletion(deleting({ flink }));
  expect(outcome.waitsFor).toContain("the session cluster session to answer");
  expect(outcome.actions).toBeUndefined();
});

test.each([
  ["does not exist", { session: { ...aSessionCluster, kind: "missing" as const } }],
  ["is an application", { session: { ...aSessionCluster, kind: "application" as const } }],
])("if its session cluster %s there is nothing to do", (_, facts) => {
  expect(decideSessionJobDeletion(deleting(facts)).actions).toEqual(finalizerRemoved);
});

test("without high availability a job does not outlive its JobManager; with it, it is recovered", () => {
  const withoutHighAvailability = deleting(withoutJobManager, {
    settings: someSettings({ highAvailability: false }),
  });
  expect(decideSessionJobDeletion(withoutHighAvailability).actions).toEqual(finalizerRemoved);
  const surviving = deleting(withoutJobManager, {
    status: { ...runningStatus, jobManagerDeploymentStatus: "MISSING" },
  });
  expect(decideSessionJobDeletion(surviving).waitsFor).toContain("the session cluster session to answer");
});

test.each([
  ["gone", { jobManager: undefined }],
  ["being deleted", { jobManager: { ...aDeployment, deleting: true } }],
  ["stopped", { jobManager: { ...aDeployment, replicas: 0 } }],
])(
  "a cluster that is deleted together with its jobs launches no JobManager again: the present one is %s",
  (_, facts) => {
    const session = { ...aSessionCluster, deleting: true };
    expect(decideSessionJobDeletion(deleting({ ...facts, session })).actions).toEqual(finalizerRemoved);
    const kept = deleting(
      { ...facts, session: aSessionCluster, flink: undefined },
      { status: { ...runningStatus, jobManagerDeploymentStatus: "MISSING" } },
    );
    expect(decideSessionJobDeletion(kept).waitsFor).toContain("to answer");
  },
);

test("what blocks it is reported after a while, with the way to force it", () => {
  const status = { ...runningStatus, jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" as const };
  const silent = { flink: flinkFacts("RUNNING", { reachability: "failing" }) };
  expect(decideSessionJobDeletion(deleting(silent, { status })).status?.error).toBeUndefined();
  const late = decideSessionJobDeletion(deleting(silent, { status, now: 100_000 }));
  expect(late.status?.error).toContain(
    `kubectl annotate flinksessionjob job ${FORCE_DELETE_ANNOTATION}=true`,
  );
});

test("a job that high availability recovers blocks the deletion; one that is lost does not", () => {
  const flink = flinkFacts("RUNNING", { jobs: [] });
  expect(decideSessionJobDeletion(deleting({ flink })).actions).toEqual(finalizerRemoved);
  expect(decideSessionJobDeletion(deleting({ flink, haConfigMaps: [haOfJob] })).actions).toBeUndefined();
});

test("a job that high availability does not recover is reported after a while, and does not block a forced deletion", () => {
  const facts = { flink: flinkFacts("RUNNING", { jobs: [] }), haConfigMaps: [haOfJob] };
  expect(decideSessionJobDeletion(deleting(facts)).status?.error).toBeUndefined();
  const late = deleting(facts, { now: 100_000 });
  expect(decideSessionJobDeletion(late).status?.error).toContain("the JobManager to recover the job");
  const annotations = { [FORCE_DELETE_ANNOTATION]: "true" };
  const forced = {
    ...late,
    resource: { ...late.resource, metadata: { ...late.resource.metadata, annotations } },
  };
  expect(decideSessionJobDeletion(forced).actions).toEqual(finalizerRemoved);
});

test("a submission in progress is awaited, because it would still start the job", () => {
  const submission = { jobId: aJobId, state: "running", tries: 0 } as const;
  const outcome = decideSessionJobDeletion(deleting({ submission }));
  expect(outcome).toMatchObject({ waitsFor: "the submission of the job to end" });
  expect(outcome.actions).toBeUndefined();
});

const withSavepoint = {
  settings: someSettings({
    savepointOnDeletion: true,
    highAvailability: false,
    savepointDirectory: "file:/sp",
  }),
};
const ran = { ...runningStatus, jobStatus: { ...runningStatus.jobStatus, startTime: "500" } };
const stopping = {
  ...ran,
  jobStatus: {
    ...ran.jobStatus,
    savepointInfo: { triggerId: "a".repeat(32), triggerTimestamp: 1_000, triggerType: "UPGRADE" as const },
  },
};
const forgotten = { haConfigMaps: [], flink: flinkFacts("RUNNING", { jobs: [] }) };

test("a job that its JobManager forgets during a stop with savepoint blocks the deletion, and the error says where to look", () => {
  const early = decideSessionJobDeletion(
    deleting(forgotten, { ...withSavepoint, status: stopping, now: 2_000 }),
  );
  expect(early.actions).toBeUndefined();
  const late = decideSessionJobDeletion(
    deleting(forgotten, { ...withSavepoint, status: stopping, now: 100_000 }),
  );
  expect(late.actions).toBeUndefined();
  expect(late.status?.error).toContain("Look for savepoint-");
  expect(late.status?.error).toContain(`${FORCE_DELETE_ANNOTATION}=true`);
  expect(late.events).toContainEqual(expect.objectContaining({ type: "Warning", reason: "UpgradeFailed" }));
});

test("a job that is lost before its savepoint is taken blocks the deletion, unless it never ran", () => {
  const lost = decideSessionJobDeletion(deleting(forgotten, { ...withSavepoint, status: ran, now: 100_000 }));
  expect(lost.actions).toBeUndefined();
  expect(lost.status?.error).toContain("The deletion waits for a savepoint");
  const { startTime: _, ...neverSeen } = ran.jobStatus;
  const never = deleting(forgotten, { ...withSavepoint, status: { ...ran, jobStatus: neverSeen } });
  expect(decideSessionJobDeletion(never).actions).toEqual(finalizerRemoved);
});

test("if a savepoint is no longer possible, an event reports that and the newest snapshot", () => {
  const facts = { session: { ...aSessionCluster, kind: "missing" as const } };
  const { actions, events } = decideSessionJobDeletion(deleting(facts, { ...withSavepoint, status: ran }));
  expect(actions).toEqual(finalizerRemoved);
  const event = events?.find(({ reason }) => reason === "SavepointOnDeletion");
  expect(event?.message).toMatch(/without the savepoint.*does not exist\. (No snapshot|The newest snapshot)/);
});
