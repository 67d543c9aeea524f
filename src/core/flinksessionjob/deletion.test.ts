import { expect, test } from "vitest";
import { FORCE_DELETE_ANNOTATION } from "../../api/v1beta1/names.ts";
import type { Facts } from "../job/model/facts.ts";
import type { Situation } from "../job/model/situation.ts";
import {
  aJobId,
  flinkFacts,
  haOfJob,
  noCluster,
  runningStatus,
  someSettings,
} from "../job/situation.fixture.ts";
import { decideSessionJobDeletion } from "./deletion.ts";
import { aSessionCluster, aSessionJobSituation, sessionJobFacts } from "./situation.fixture.ts";

const leaving = (facts: Partial<Facts> = {}, more: Partial<Situation> = {}): Situation => {
  const situation = aSessionJobSituation({ facts: sessionJobFacts(facts), ...more });
  const metadata = {
    ...situation.resource.metadata,
    deletionTimestamp: "1970-01-01T00:00:02Z",
    ...more.resource?.metadata,
  };
  return { ...situation, resource: { ...situation.resource, metadata } };
};
const letGo = [{ kind: "remove-finalizer" }];
const withoutJobManager = { session: aSessionCluster, ...noCluster };

test("the job is cancelled, awaited, and only then the resource let go", () => {
  expect(decideSessionJobDeletion(leaving()).actions).toEqual([{ kind: "cancel", jobId: aJobId }]);
  const cancelling = decideSessionJobDeletion(leaving({ flink: flinkFacts("CANCELLING") }));
  expect(cancelling).toMatchObject({ actions: [], waitsFor: "the job to be cancelled" });
  expect(decideSessionJobDeletion(leaving({ flink: flinkFacts("CANCELED") })).actions).toEqual(letGo);
});

test.each([
  ["does not exist", { session: { ...aSessionCluster, kind: "missing" as const } }],
  ["is an application", { session: { ...aSessionCluster, kind: "application" as const } }],
])("where its session cluster %s there is nothing to do", (_, facts) => {
  expect(decideSessionJobDeletion(leaving(facts)).actions).toEqual(letGo);
});

test("without high availability a job does not outlive its JobManager; with it, it comes back", () => {
  const mortal = leaving(withoutJobManager, { settings: someSettings({ highAvailability: false }) });
  expect(decideSessionJobDeletion(mortal).actions).toEqual(letGo);
  const surviving = leaving(withoutJobManager, {
    status: { ...runningStatus, jobManagerDeploymentStatus: "MISSING" },
  });
  expect(decideSessionJobDeletion(surviving).waitsFor).toContain("the session cluster session to answer");
});

test("what keeps it is told after a while, with the way to force it", () => {
  const status = { ...runningStatus, jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" as const };
  const silent = { flink: flinkFacts("RUNNING", { reachability: "failing" }) };
  expect(decideSessionJobDeletion(leaving(silent, { status })).status?.error).toBeUndefined();
  const late = decideSessionJobDeletion(leaving(silent, { status, now: 100_000 }));
  expect(late.status?.error).toContain(
    `kubectl annotate flinksessionjob job ${FORCE_DELETE_ANNOTATION}=true`,
  );
});

test("a job that high availability brings back keeps its resource; one that is lost does not", () => {
  const flink = flinkFacts("RUNNING", { jobs: [] });
  expect(decideSessionJobDeletion(leaving({ flink })).actions).toEqual(letGo);
  expect(decideSessionJobDeletion(leaving({ flink, haConfigMaps: [haOfJob] })).actions).toBeUndefined();
});

test("a job that high availability does not bring back is told of after a while, and keeps nothing by force", () => {
  const facts = { flink: flinkFacts("RUNNING", { jobs: [] }), haConfigMaps: [haOfJob] };
  expect(decideSessionJobDeletion(leaving(facts)).status?.error).toBeUndefined();
  const late = leaving(facts, { now: 100_000 });
  expect(decideSessionJobDeletion(late).status?.error).toContain("the JobManager to recover the job");
  const annotations = { [FORCE_DELETE_ANNOTATION]: "true" };
  const forced = {
    ...late,
    resource: { ...late.resource, metadata: { ...late.resource.metadata, annotations } },
  };
  expect(decideSessionJobDeletion(forced).actions).toEqual(letGo);
});

test("a submission that is under way is awaited: it would start the job after all", () => {
  const submission = { jobId: aJobId, state: "running", tries: 0 } as const;
  const outcome = decideSessionJobDeletion(leaving({ submission }));
  expect(outcome).toMatchObject({ waitsFor: "the submission of the job to end" });
  expect(outcome.actions).toBeUndefined();
});

const promised = {
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

test("a job that its JobManager forgot while it was stopped with a savepoint keeps its resource, and says where to look", () => {
  const early = decideSessionJobDeletion(leaving(forgotten, { ...promised, status: stopping, now: 2_000 }));
  expect(early.actions).toBeUndefined();
  const late = decideSessionJobDeletion(leaving(forgotten, { ...promised, status: stopping, now: 100_000 }));
  expect(late.actions).toBeUndefined();
  expect(late.status?.error).toContain("Look for savepoint-");
  expect(late.status?.error).toContain(`${FORCE_DELETE_ANNOTATION}=true`);
  expect(late.events).toContainEqual(expect.objectContaining({ type: "Warning", reason: "UpgradeFailed" }));
});

test("one that is lost before a savepoint could be taken keeps its resource, unless it never ran", () => {
  const lost = decideSessionJobDeletion(leaving(forgotten, { ...promised, status: ran, now: 100_000 }));
  expect(lost.actions).toBeUndefined();
  expect(lost.status?.error).toContain("The deletion waits for a savepoint");
  const { startTime: _, ...neverSeen } = ran.jobStatus;
  const never = leaving(forgotten, { ...promised, status: { ...ran, jobStatus: neverSeen } });
  expect(decideSessionJobDeletion(never).actions).toEqual(letGo);
});

test("where nobody can take the savepoint any more, an event says so and what there is instead", () => {
  const facts = { session: { ...aSessionCluster, kind: "missing" as const } };
  const { actions, events } = decideSessionJobDeletion(leaving(facts, { ...promised, status: ran }));
  expect(actions).toEqual(letGo);
  const told = events?.find(({ reason }) => reason === "SavepointOnDeletion");
  expect(told?.message).toMatch(/without the savepoint.*does not exist\. (No snapshot|The newest snapshot)/);
});
