import { describe, expect, it, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { FORCE_DELETE_ANNOTATION } from "../../../api/v1beta1/names.ts";
import { diffSpec } from "../../diff/diff.ts";
import type { Facts } from "../../job/model/facts.ts";
import type { Situation } from "../../job/model/situation.ts";
import {
  aJobId,
  aSituation,
  aSpec,
  flinkFacts,
  someFacts,
  someSettings,
} from "../../job/situation.fixture.ts";
import { blockedSession } from "./blockedDeletion.ts";
import { lostSessionCluster, namesOf, replaceSessionCluster } from "./replacement.ts";

const { job: _, ...sessionSpec } = aSpec;
const session: FlinkDeploymentSpec = sessionSpec;
const edited: FlinkDeploymentSpec = { ...session, image: "flink:new" };
const stateful = { name: "counter", deleting: false, jobId: aJobId, needsCluster: true, stateful: true };
const stateless = {
  name: "logger",
  deleting: false,
  jobId: "b".repeat(32),
  needsCluster: true,
  stateful: false,
};
const status = { jobManagerDeploymentStatus: "READY", reconciliationStatus: { state: "DEPLOYED" } } as const;
const noJobs = flinkFacts("RUNNING", { jobs: [] });

const aSession = (more: Partial<Situation> = {}, facts: Partial<Facts> = {}): Situation => {
  const spec = more.spec ?? session;
  return aSituation({
    spec,
    deployed: { spec: session, metadata: { firstDeployment: false } },
    diff: diffSpec(session, spec),
    status,
    facts: someFacts({ sessionJobs: [stateful, stateless], haConfigMaps: [], flink: noJobs, ...facts }),
    ...more,
  });
};
const announced = (until = 100_000) => ({
  ...status,
  replacement: { generation: 2, since: new Date(0).toISOString(), until: new Date(until).toISOString() },
});

describe("a change of a session cluster", () => {
  it("is announced first: after a dry run, with the jobs that it restarts and how long it waits", () => {
    const outcome = replaceSessionCluster(aSession({ spec: edited }));
    expect(outcome?.actions).toMatchObject([{ kind: "dry-run" }]);
    expect(outcome?.status?.replacement).toMatchObject({
      generation: 2,
      until: new Date(2_000 + 600_000).toISOString(),
    });
    expect(outcome?.status?.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(outcome?.explanation?.facts).toContain("Session jobs that save their state first: counter");
    expect(outcome?.explanation?.facts).toContain("Session jobs that start empty: logger");
  });

  it("waits until each job reports that it is suspended", () => {
    const outcome = replaceSessionCluster(aSession({ spec: edited, status: announced() }));
    expect(outcome?.status).toBeUndefined();
    expect(outcome?.waitsFor).toContain("counter, logger");
  });

  it("waits for jobs that Flink still lists, whatever their resources report", () => {
    const facts = { sessionJobs: [{ ...stateful, needsCluster: false }], flink: flinkFacts("CANCELLING") };
    const outcome = replaceSessionCluster(aSession({ spec: edited, status: announced() }, facts));
    expect(outcome?.waitsFor).toContain("counter");
  });

  describe("while its JobManager is started again", () => {
    const deploying = { ...announced(), jobManagerDeploymentStatus: "DEPLOYING" } as const;
    const settings = someSettings({ highAvailability: true });
    const nextVersion = { ...edited, flinkVersion: "v2_1" } as const;

    it("goes on: the next one recovers the jobs", () => {
      const outcome = replaceSessionCluster(aSession({ spec: edited, status: deploying, settings }));
      expect(outcome?.status?.reconciliationStatus?.state).toBe("UPGRADING");
    });

    it("waits for it where the next one has another version of Flink, and cannot recover them", () => {
      const spec = nextVersion;
      const outcome = replaceSessionCluster(aSession({ spec, status: deploying, settings }));
      expect(outcome?.waitsFor).toContain("counter, logger");
      const missing = { ...deploying, jobManagerDeploymentStatus: "MISSING" } as const;
      const without = replaceSessionCluster(aSession({ spec, status: missing, settings }));
      expect(without?.status?.reconciliationStatus?.state).toBe("UPGRADING");
    });

    it("goes on without high availability: it comes back without its jobs", () => {
      const none = someSettings({ highAvailability: false });
      const outcome = replaceSessionCluster(
        aSession({ spec: nextVersion, status: deploying, settings: none }),
      );
      expect(outcome?.status?.reconciliationStatus?.state).toBe("UPGRADING");
    });
  });

  it("continues without a Warning once all jobs are suspended", () => {
    const facts = { sessionJobs: [{ ...stateful, needsCluster: false }] };
    const outcome = replaceSessionCluster(aSession({ spec: edited, status: announced() }, facts));
    expect(outcome?.status?.reconciliationStatus?.state).toBe("UPGRADING");
    expect(outcome?.events?.filter(({ type }) => type === "Warning")).toEqual([]);
  });

  it("continues when the time is over, and names the jobs that were not suspended in time", () => {
    const outcome = replaceSessionCluster(aSession({ spec: edited, status: announced(1_000) }));
    expect(outcome?.status?.reconciliationStatus?.state).toBe("UPGRADING");
    const [warning] = outcome?.events?.filter(({ type }) => type === "Warning") ?? [];
    expect(warning).toMatchObject({ reason: "SessionJobsNotSaved" });
    expect(warning?.message).toContain("counter, logger");
  });

  it("that was reverted lets the jobs resume", () => {
    const outcome = replaceSessionCluster(aSession({ status: announced() }));
    expect(outcome?.status).toEqual({ ...status, replacement: undefined });
  });

  it("replaces the cluster at once if configured so, as the Java operator does", () => {
    const settings = someSettings({ saveSessionJobsMs: undefined });
    const outcome = replaceSessionCluster(aSession({ spec: edited, settings }));
    expect(outcome?.status?.reconciliationStatus?.state).toBe("UPGRADING");
    expect(outcome?.status?.replacement).toBeUndefined();
    expect(outcome?.explanation?.facts).toContain("Session jobs that go down with it: counter, logger");
  });
});

test("a session cluster whose Deployment is deleted is deployed again, with its spec recorded without a job", () => {
  const missing = { ...status, jobManagerDeploymentStatus: "MISSING" as const };
  const outcome = lostSessionCluster(aSession({ status: missing }));
  expect(outcome?.status?.reconciliationStatus?.lastReconciledSpec).toMatch(/^{"spec":{"job":null,/);
  expect(lostSessionCluster(aSession())).toBeUndefined();
});

describe("the deletion of a session cluster", () => {
  it("names the session jobs that keep it, in one Event and the condition, and reports no error", () => {
    const outcome = blockedSession(aSession());
    expect(outcome?.blockedBy).toContain("these FlinkSessionJobs name it: counter, logger.");
    expect(outcome?.events).toMatchObject([{ type: "Warning", reason: "CleanupFailed", once: true }]);
    expect(outcome?.status).toBeUndefined();
  });

  it("waits a while before the Event: the jobs may be about to be deleted, too", () => {
    const { resource, now } = aSession();
    const deleted = (ago: number) => {
      const deletionTimestamp = new Date(now - ago).toISOString();
      return blockedSession(
        aSession({ resource: { ...resource, metadata: { ...resource.metadata, deletionTimestamp } } }),
      );
    };
    expect(deleted(4_000)).toMatchObject({ requeueAfterMs: 56_000 });
    expect(deleted(4_000)?.blockedBy).toContain("counter, logger");
    expect(deleted(4_000)?.events).toBeUndefined();
    expect(deleted(60_000)?.events).toHaveLength(1);
  });

  it("waits without an Event for session jobs that are being deleted with it", () => {
    const sessionJobs = [stateful, stateless].map((job) => ({ ...job, deleting: true }));
    const outcome = blockedSession(aSession({}, { sessionJobs }));
    expect(outcome?.blockedBy).toContain("counter, logger");
    expect(outcome?.events).toBeUndefined();
  });

  it("names the jobs without a resource", () => {
    const facts = { sessionJobs: [], flink: flinkFacts("RUNNING") };
    expect(blockedSession(aSession({}, facts))?.blockedBy).toContain(`job (${aJobId})`);
    const settings = someSettings({ blockOnUnmanagedJobs: false });
    expect(blockedSession(aSession({ settings }, facts))).toBeUndefined();
  });

  it("is not blocked if that is disabled, or forced", () => {
    expect(
      blockedSession(aSession({ settings: someSettings({ blockOnSessionJobs: false }) })),
    ).toBeUndefined();
    const { resource } = aSession();
    const annotations = { [FORCE_DELETE_ANNOTATION]: "true" };
    const forced = { ...resource, metadata: { ...resource.metadata, annotations } };
    expect(blockedSession(aSession({ resource: forced }))).toBeUndefined();
  });
});

test("lists at most ten names", () => {
  const many = Array.from({ length: 12 }, (_, index) => ({ name: `job-${String(index).padStart(2, "0")}` }));
  expect(namesOf(many)).toMatch(/^job-00, .*, job-09 and 2 more$/);
});
