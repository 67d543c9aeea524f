import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import type { Decision } from "../job/model/decision.ts";
import type { Facts } from "../job/model/facts.ts";
import {
  aDeployment,
  aJobId,
  anInput,
  anUid,
  aResource,
  aSpec,
  aStatus,
  flinkFacts,
  noCluster,
  theTaskManagers,
  withJobSpec,
} from "../job/situation.fixture.ts";
import { decideFlinkDeployment } from "./decide.ts";

const requestedAt = Date.parse("2026-01-01T00:00:00Z");
const going = { name: "job-abc", ip: undefined, ready: false, deleting: true, problem: undefined };

const deleting = (
  facts: Partial<Facts>,
  status: FlinkDeploymentStatus | undefined = aStatus(aSpec),
  sinceMs = 1_000,
  finalizers = [FINALIZER],
) =>
  decideFlinkDeployment(
    anInput(aResource(aSpec, status, { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers }), facts, {
      now: requestedAt + sinceMs,
    }),
  );
const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);

const gone: Partial<Facts> = { ...noCluster };
const remove = {
  actions: [{ kind: "delete-config-maps", clusterId: "job", all: true }, { kind: "remove-finalizer" }],
};

describe("a resource that is being deleted", () => {
  test("lets its job cancel first, so that Flink cleans up", () => {
    const decision = deleting({});
    expect(decision.actions).toEqual([{ kind: "cancel", jobId: aJobId }]);
    expect(decision.events.map(({ reason }) => reason)).toEqual(["Cleanup"]);
    expect(decision.status.lifecycleState).toBe("DELETING");
    expect(deleting({ flink: flinkFacts("CANCELLING") }).actions).toEqual([]);
  });

  test.each<[string, Partial<Facts>, number]>([
    ["the job has ended", { flink: flinkFacts("CANCELED") }, 1_000],
    ["the job takes too long", {}, 11_000],
    ["the JobManager does not answer", { flink: flinkFacts("RUNNING", { reachability: "failing" }) }, 1_000],
    ["nothing is known of it", { flink: undefined }, 1_000],
  ])("deletes its Deployment, by uid: %s", (_, facts, sinceMs) => {
    expect(deleting(facts, undefined, sinceMs).actions).toEqual([
      { kind: "delete-deployment", name: "job", uid: anUid },
    ]);
  });

  test.each<[string, Partial<Facts>]>([
    ["its Deployment is going", { jobManager: { ...aDeployment, deleting: true } }],
    ["a pod is going", { ...gone, jobManagerPods: [going] }],
    ["a TaskManager is going", { ...gone, taskManagerPods: [going] }],
  ])("waits while %s, and after a while reports for what", (_, facts) => {
    expect(deleting(facts)).toMatchObject({ actions: [], status: { lifecycleState: "DELETING" } });
    expect(deleting(facts).status.error).toBeUndefined();
    const late = deleting(facts, aStatus(aSpec, { lifecycleState: "DELETING" }), 300_000);
    expect(late.status.error).toMatch(/waiting for (the JobManager's Deployment|the pods job-abc)/);
    expect(late.events.map(({ reason }) => reason)).toEqual(["CleanupFailed"]);
    expect(deleting(facts, late.status, 310_000).events).toEqual([]);
  });

  test("is released once everything is deleted: HA ConfigMaps, then the finalizer", () => {
    expect(deleting(gone)).toMatchObject(remove);
  });

  test.each<[string, FlinkDeploymentStatus | undefined]>([
    ["that was never deployed", {}],
    [
      "in the middle of an upgrade",
      aStatus(withJobSpec({ state: "suspended" }), { state: "UPGRADING", job: { state: "RECONCILING" } }),
    ],
    [
      "in the middle of a stop",
      aStatus(aSpec, { job: { savepointInfo: { triggerId: "t", triggerType: "UPGRADE" } } }),
    ],
    ["in the middle of a cancel", aStatus(aSpec, { state: "UPGRADING", job: { state: "CANCELLING" } })],
    [
      "whose stored spec cannot be read",
      { reconciliationStatus: { state: "DEPLOYED", lastReconciledSpec: "{" } },
    ],
    ["that is already on its way", aStatus(aSpec, { lifecycleState: "DELETING" })],
  ])("is released, also one %s", (_, status) => {
    expect(deleting(gone, status)).toMatchObject(remove);
    expect(kindsOf(deleting({ flink: undefined }, status))).toEqual(["delete-deployment"]);
  });

  test("in standalone mode deletes the TaskManagers once the JobManager is deleted, and waits for them", () => {
    const standalone = aStatus({ ...aSpec, mode: "standalone" });
    const actionsOf = (facts: Partial<Facts>) => deleting({ flink: undefined, ...facts }, standalone).actions;
    const taskManagers = theTaskManagers();
    const delete_ = (name: string, uid: string) => [{ kind: "delete-deployment", name, uid }];
    expect(actionsOf({ taskManagers })).toEqual(delete_("job", aDeployment.uid));
    const leaving = { ...aDeployment, deleting: true };
    expect(actionsOf({ jobManager: leaving, taskManagers })).toEqual([]);
    expect(actionsOf({ ...gone, jobManagerPods: [going], taskManagers })).toEqual([]);
    expect(actionsOf({ ...gone, taskManagers })).toEqual(delete_("job-taskmanager", taskManagers.uid));
    expect(actionsOf({ ...gone, taskManagers: theTaskManagers({ deleting: true }) })).toEqual([]);
    expect(actionsOf(gone)).toMatchObject(remove.actions);
  });

  test("and waits only for another finalizer is left alone", () => {
    const status = aStatus(aSpec, { lifecycleState: "DELETING" });
    const decision = deleting(gone, status, 1_000, ["other/finalizer"]);
    expect(decision).toMatchObject({ actions: [], events: [] });
  });
});
