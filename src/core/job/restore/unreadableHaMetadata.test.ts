import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { unreadableHighAvailability } from "../../../config/flinkOptions.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { decide, Input } from "../decide.ts";
import { edited, imagePullFailure, inState, job, kindsOf, recorded } from "../decisionTables.fixture.ts";
import type { Facts } from "../model/facts.ts";
import {
  aConfiguration,
  aJobId,
  anInput,
  aResource,
  aSpec,
  aStatus,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

const zooKeeper = { unreadableHa: "ZooKeeper under /flink/job" };
const elsewhere = { unreadableHa: "ZooKeeper under /other/job" };
const withoutConfigMaps: Partial<Facts> = { haConfigMaps: [] };
const gone: Partial<Facts> = { ...noCluster, ...withoutConfigMaps };

/** `next`: settings of the new spec. */
const reconcile = (
  spec = aSpec,
  status: FlinkDeploymentStatus = aStatus(aSpec),
  facts: Partial<Facts> = withoutConfigMaps,
  next: object = zooKeeper,
) => {
  const resource = aResource(spec, status);
  const configure: Input["configure"] = (of, deployed) =>
    aConfiguration(of === spec ? next : zooKeeper)(of, deployed);
  return decideFlinkDeployment(anInput(resource, facts, { configure }));
};
const messageOf = ({ status }: ReturnType<typeof decide>): string => status.error ?? "";
const missing = inState("RECONCILING", { jobManagerDeploymentStatus: "MISSING", observedGeneration: 2 });
const broken: Partial<Facts> = {
  ...withoutConfigMaps,
  ...imagePullFailure,
};

describe("the location of HA metadata", () => {
  test.each([
    [{}, undefined],
    [{ "high-availability.type": "kubernetes" }, undefined],
    [
      {
        "high-availability.type": "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory",
      },
      undefined,
    ],
    [
      { "high-availability.type": "ZooKeeper", "kubernetes.cluster-id": "demo" },
      "ZooKeeper under /flink/demo",
    ],
    [
      {
        "high-availability": "zookeeper",
        "high-availability.zookeeper.path.root": "/mine",
        "kubernetes.cluster-id": "demo",
      },
      "ZooKeeper under /mine/demo",
    ],
    [{ "high-availability.type": "org.example.Factory" }, "the care of org.example.Factory"],
  ])("%j: the operator cannot read %s", (config, expected) => {
    expect(unreadableHighAvailability(flinkConfig(config as Record<string, string>))).toBe(expected);
  });
});

describe("a job with HA metadata in ZooKeeper", () => {
  test.each(["last-state", "stateless"] as const)("that runs is upgraded by a cancel: %s", (mode) => {
    const decision = reconcile(edited(mode));
    expect(decision.status).toMatchObject({
      jobStatus: { state: "CANCELLING" },
      lifecycleState: "UPGRADING",
    });
  });

  test("that runs is upgraded by savepoint as usual", () => {
    expect(reconcile(edited("savepoint")).status.jobStatus?.savepointInfo?.triggerType).toBe("UPGRADE");
  });

  test("whose JobManager is lost is recovered with the same job id, without a look at ConfigMaps", () => {
    const intended = reconcile(aSpec, missing, gone);
    expect(recorded(intended.status)?.job).toMatchObject({ state: "suspended", upgradeMode: "last-state" });
    const named = reconcile(aSpec, intended.status, gone);
    const launch = reconcile(aSpec, named.status, gone);
    expect(kindsOf(launch)).toEqual(["launch"]);
    // If ZooKeeper has lost the metadata, the job fails instead of starting with empty state.
    expect(launch.actions[0]).toMatchObject({
      objects: { deployment: { launch: { restore: { kind: "last-state" } } } },
    });
    expect(launch.status.jobStatus?.jobId).toBe(aJobId);
  });

  test("and upgrade mode stateless is recovered too, and not started in parallel to itself", () => {
    const stateless = withJobSpec({ upgradeMode: "stateless" });
    const status = aStatus(stateless, {
      jobManagerDeploymentStatus: "MISSING",
      observedGeneration: 2,
      job: { state: "RECONCILING" },
    });
    expect(recorded(reconcile(stateless, status, gone).status)?.job?.upgradeMode).toBe("last-state");
  });

  test("whose JobManager is lost is recovered before a pending edit is applied", () => {
    const decision = reconcile(edited("last-state"), missing, gone);
    expect(recorded(decision.status)?.job).toMatchObject({ upgradeMode: "last-state" });
    expect(recorded(decision.status)?.job?.args ?? []).toEqual([]);
  });

  test.each([
    ["last-state", "only the spec that is deployed can go on from it"],
    ["stateless", "a new JobManager would run the old job too"],
  ] as const)("whose JobManager cannot run is not upgraded by %s, and that is reported", (mode, why) => {
    const status = inState("RECONCILING", { jobManagerDeploymentStatus: "ERROR" });
    const decision = reconcile(edited(mode), status, broken);
    expect(decision.actions).toEqual([]);
    expect(messageOf(decision)).toContain("ZooKeeper under /flink/job");
    expect(messageOf(decision)).toContain(why);
    expect(decision.events.filter(({ reason }) => reason === "UpgradeFailed")).toHaveLength(1);
  });

  test("is discarded if the new spec keeps its metadata at another place", () => {
    const status = inState("RECONCILING", { jobManagerDeploymentStatus: "ERROR" });
    expect(recorded(reconcile(edited("stateless"), status, broken, elsewhere).status)?.job?.upgradeMode).toBe(
      "stateless",
    );
  });

  const redeployed = withJobSpec({ savepointRedeployNonce: 1, initialSavepointPath: "file:/mine" });
  test("is redeployed only once it has ended", () => {
    expect(messageOf(reconcile(redeployed))).toContain("suspend the job first");
    const suspended = aStatus(withJobSpec({ state: "suspended" }), { job: { state: "FINISHED" } });
    expect(reconcile(redeployed, suspended, gone).status.jobStatus?.upgradeSavepointPath).toBe("file:/mine");
    expect(
      reconcile(redeployed, inState("FAILED"), { ...job("FAILED"), ...withoutConfigMaps }).status.error,
    ).toBeUndefined();
  });

  const suspendedByLastState = aStatus(withJobSpec({ state: "suspended", upgradeMode: "last-state" }), {
    jobManagerDeploymentStatus: "MISSING",
    job: { state: "FINISHED" },
  });
  test("suspended by last-state (the Java operator can) is resumed only with the recorded spec", () => {
    expect(
      reconcile(withJobSpec({ upgradeMode: "last-state" }), suspendedByLastState, gone).status.lifecycleState,
    ).toBe("UPGRADING");
    const other = reconcile(edited("last-state"), suspendedByLastState, gone);
    expect(messageOf(other)).toContain("then change job.args");
  });

  test("that is deleted before its end was observed may leave metadata, which is reported", () => {
    const leaving = (status: FlinkDeploymentStatus) =>
      decideFlinkDeployment(
        anInput(aResource(aSpec, status, { deletionTimestamp: "2026-01-01T00:00:00Z" }), gone, {
          configure: aConfiguration(zooKeeper),
        }),
      );
    const warnings = (status: FlinkDeploymentStatus) =>
      leaving(status)
        .events.filter(({ type }) => type === "Warning")
        .map(({ message }) => message);
    expect(warnings(missing)).toEqual([expect.stringContaining("ZooKeeper under /flink/job")]);
    expect(warnings(inState("CANCELED", { jobManagerDeploymentStatus: "MISSING" }))).toEqual([]);
    expect(kindsOf(leaving(missing))).toContain("remove-finalizer");
  });
});

test("HA metadata in ConfigMaps cannot be used by a spec with ZooKeeper", () => {
  const spec = edited("last-state");
  const configure: Input["configure"] = (of, deployed) =>
    aConfiguration(of === spec ? zooKeeper : {})(of, deployed);
  const decision = decideFlinkDeployment(anInput(aResource(spec, aStatus(aSpec)), {}, { configure }));
  expect(decision.status.jobStatus?.state).toBe("CANCELLING");
});
