import { describe, expect, test } from "vitest";
import type { SavepointStatus } from "../../../api/flinkFacts.ts";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { FORCE_DELETE_ANNOTATION } from "../../../api/v1beta1/names.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  aResource,
  aSpec,
  aStatus,
  flinkFacts,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

const asked = Date.parse("2026-01-01T00:00:00Z");
const deletingStatus = aStatus(aSpec, { lifecycleState: "DELETING" });
const triggerId = "b".repeat(32);
const stopping = aStatus(aSpec, {
  lifecycleState: "DELETING",
  job: { savepointInfo: { triggerId, triggerType: "UPGRADE", triggerTimestamp: asked } },
});
const savepointFacts = (status: SavepointStatus): Partial<Facts> => ({
  flink: flinkFacts("RUNNING", { savepoint: { jobId: aJobId, triggerId, at: asked, status } }),
});

const deleting = (
  status: FlinkDeploymentStatus,
  facts: Partial<Facts> = {},
  more: { sinceMs?: number; annotations?: Record<string, string>; settings?: Partial<Settings> } = {},
) => {
  const { sinceMs = 2_000, annotations = {}, settings = {} } = more;
  const metadata = { deletionTimestamp: "2026-01-01T00:00:00Z", annotations };
  return decideFlinkDeployment(
    anInput(aResource(aSpec, status, metadata), facts, {
      now: asked + sinceMs,
      configure: aConfiguration({ savepointOnDeletion: true, ...settings }),
    }),
  );
};
const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);
const warningsOf = ({ events }: Decision) =>
  events.filter(({ type }) => type === "Warning").map(({ reason }) => reason);
const reasonsOf = ({ events }: Decision) => events.map(({ reason }) => reason);
const forced = { annotations: { [FORCE_DELETE_ANNOTATION]: "true" } };

describe("a deletion with a savepoint", () => {
  test("writes the trigger id to the status before it sends the request to Flink", () => {
    const decision = deleting(aStatus(aSpec));
    expect(decision.actions).toEqual([]);
    expect(decision.status).toMatchObject({
      lifecycleState: "DELETING",
      jobStatus: { savepointInfo: { triggerType: "UPGRADE", triggerId: expect.stringMatching(/^\w{32}$/) } },
    });
    expect(decision.requeueAfterMs).toBe(0);
  });

  test.each([true, false])("stops the job under this id; drains it only if requested: %s", (drain) => {
    const decision = deleting(stopping, savepointFacts({ state: "unknown" }), {
      settings: { drainOnDeletion: drain },
    });
    expect(decision.actions).toMatchObject([{ kind: "stop-with-savepoint", triggerId, drain }]);
  });

  test("reports where the savepoint is, and only then continues", () => {
    const done = deleting(
      stopping,
      savepointFacts({ state: "completed", location: "file:/savepoints/sp-1" }),
    );
    expect(done.events).toMatchObject([
      {
        type: "Normal",
        reason: "SavepointOnDeletion",
        message: expect.stringContaining("file:/savepoints/sp-1"),
      },
    ]);
    expect(done.actions).toEqual([]);
    expect(done.status).toMatchObject({
      lifecycleState: "DELETING",
      jobStatus: { upgradeSavepointPath: "file:/savepoints/sp-1" },
    });
    expect(kindsOf(deleting(done.status, { flink: flinkFacts("FINISHED") }))).toEqual(["delete-deployment"]);
    expect(kindsOf(deleting(done.status, noCluster))).toEqual(["delete-config-maps", "remove-finalizer"]);
  });

  test("reports a failed savepoint and how to delete without one, and retries later", () => {
    const failure = { className: "x.E", stackTrace: "java.io.IOException: no space" };
    const failed = deleting(stopping, savepointFacts({ state: "failed", failure }));
    expect(failed.status.error).toContain("no space");
    expect(failed.status.error).toContain(`${FORCE_DELETE_ANNOTATION}=true`);
    expect(reasonsOf(failed)).toEqual(["SavepointError"]);
    expect(deleting(failed.status, {}, { sinceMs: 3_000 })).toMatchObject({ actions: [], events: [] });
    const repeated = deleting(failed.status, {}, { sinceMs: 70_000 });
    expect(repeated.status.jobStatus?.savepointInfo?.triggerId).not.toBe(triggerId);
    expect(repeated.status.jobStatus?.savepointInfo?.triggerId).toBeDefined();
  });

  const deletedCluster: Partial<Facts> = { ...noCluster };
  const restarting: Partial<Facts> = { flink: flinkFacts("RESTARTING") };
  const silent: Partial<Facts> = { flink: flinkFacts("RUNNING", { jobs: [] }) };
  test.each<[string, Partial<Facts>]>([
    ["the JobManager is gone", deletedCluster],
    ["the JobManager does not answer", { flink: undefined }],
    ["the JobManager does not know the job", silent],
    ["the job does not run", restarting],
  ])(
    "waits while %s, and after a while reports that once with how to delete without a savepoint",
    (why, facts) => {
      const early = deleting(deletingStatus, facts);
      expect([early.actions, warningsOf(early), early.status.error]).toEqual([[], [], undefined]);
      const late = deleting(deletingStatus, facts, { sinceMs: 61_000 });
      expect(late.status.error).toContain(why);
      expect(late.status.error).toContain(`${FORCE_DELETE_ANNOTATION}=true`);
      expect(warningsOf(late)).toEqual(["CleanupFailed"]);
      expect(late.actions).toEqual([]);
      expect(deleting(late.status, facts, { sinceMs: 70_000 }).events).toEqual([]);
    },
  );

  test("does not wait for a job whose JobManager never started, and records that for the time after its deletion", () => {
    const available = { type: "Available", status: "False", reason: "", message: "" };
    const never: Partial<Facts> = {
      jobManager: {
        ...aDeployment,
        availableReplicas: 0,
        conditions: [{ ...available, lastTransitionTime: aDeployment.creationTimestamp }],
      },
      flink: undefined,
      haConfigMaps: [],
    };
    const status = aStatus(withJobSpec({ upgradeMode: "stateless" }), {
      lifecycleState: "DELETING",
      jobManagerDeploymentStatus: "ERROR",
      clusterInfo: {},
      job: { state: "RECONCILING" },
    });
    const known = deleting(status, never);
    expect([known.actions, known.status.jobStatus?.state, known.requeueAfterMs]).toEqual([[], "FINISHED", 0]);
    const begun = deleting(known.status, never);
    expect(kindsOf(begun)).toEqual(["delete-deployment"]);
    // The launch was not recorded as complete when the deletion came.
    const { reconciliationStatus } = known.status;
    const launching = {
      ...known.status,
      reconciliationStatus: { ...reconciliationStatus, state: "UPGRADING" },
    };
    expect(kindsOf(deleting(launching as FlinkDeploymentStatus, never))).toEqual(["delete-deployment"]);
    expect(kindsOf(deleting(begun.status, deletedCluster))).toEqual([
      "delete-config-maps",
      "remove-finalizer",
    ]);
  });

  test.each<[string, FlinkDeploymentStatus, Partial<Facts>]>([
    ["was never deployed", {}, deletedCluster],
    ["has ended", aStatus(aSpec, { job: { state: "FAILED" } }), { flink: flinkFacts("FAILED") }],
    ["has ended, and its JobManager is gone", aStatus(aSpec, { job: { state: "FINISHED" } }), deletedCluster],
    [
      "is suspended",
      aStatus(withJobSpec({ state: "suspended" }), { job: { state: "FINISHED" } }),
      deletedCluster,
    ],
    [
      "is about to be launched",
      aStatus(withJobSpec({ state: "suspended" }), { state: "UPGRADING", job: { state: "RECONCILING" } }),
      deletedCluster,
    ],
    [
      "a launch has taken down",
      aStatus(withJobSpec({ state: "suspended" }), { state: "UPGRADING", job: { state: "FINISHED" } }),
      { jobManager: { ...aDeployment, replicas: 0 }, flink: undefined },
    ],
  ])("needs no savepoint of a job that %s", (_, status, facts) => {
    expect(kindsOf(deleting(status, facts)).at(0)).toMatch(/^delete-/);
  });

  test("takes one of a job that a launch has just started, or has not stopped yet", () => {
    const launching = aStatus(withJobSpec({ state: "suspended" }), {
      state: "UPGRADING",
      job: { state: "RECONCILING" },
    });
    expect(deleting(launching).status.jobStatus?.savepointInfo?.triggerId).toBeDefined();
    expect(kindsOf(deleting(launching, { flink: undefined }))).toEqual([]);
  });

  test("is skipped if the deletion is forced", () => {
    expect(kindsOf(deleting(deletingStatus, restarting, forced))).toEqual(["delete-deployment"]);
    expect(kindsOf(deleting(stopping, savepointFacts({ state: "in-progress" }), forced))).toEqual([
      "delete-deployment",
    ]);
    expect(kindsOf(deleting(deletingStatus, deletedCluster, forced))).toEqual([
      "delete-config-maps",
      "remove-finalizer",
    ]);
  });
});

describe("a forced deletion", () => {
  const stuck: Partial<Facts> = { ...noCluster, jobManager: { ...aDeployment, deleting: true } };

  test("waits half a minute for the objects it deletes, then releases the resource", () => {
    expect(kindsOf(deleting(deletingStatus, stuck, { ...forced, sinceMs: 29_000 }))).toEqual([]);
    expect(kindsOf(deleting(deletingStatus, stuck, { ...forced, sinceMs: 30_000 }))).toEqual([
      "delete-config-maps",
      "remove-finalizer",
    ]);
  });

  test("is suggested by a deletion that takes too long", () => {
    const late = deleting(deletingStatus, stuck, {
      sinceMs: 300_000,
      settings: { savepointOnDeletion: false },
    });
    expect(late.status.error).toContain(`${FORCE_DELETE_ANNOTATION}=true`);
  });
});
