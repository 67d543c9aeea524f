import { describe, expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { decide } from "../decide.ts";
import type { Facts } from "../model/facts.ts";
import {
  aConfiguration,
  aJobId,
  anInput,
  aResource,
  aSnapshot,
  aStatus,
  checkpointFacts,
  flinkFacts,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

const { now } = anInput(aResource(withJobSpec({}), undefined));
const old = withJobSpec({ upgradeMode: "savepoint" });
const next = withJobSpec({ upgradeMode: "last-state", args: ["new"] });

/** The Java operator's format too: the old spec, running, UPGRADING, the job CANCELLING (REFERENCE 2.4). */
const cancelling = (
  facts: Partial<Facts>,
  spec = next,
  job: object = { state: "CANCELLING" },
  settings = {},
) =>
  decideFlinkDeployment(
    anInput(
      aResource(spec, aStatus(old, { state: "UPGRADING", observedGeneration: 2, job })),
      { haConfigMaps: [], ...facts },
      { configure: aConfiguration(settings) },
    ),
  );
const specOf = ({ status }: ReturnType<typeof decide>) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;
const canceled = { flink: flinkFacts("CANCELED", checkpointFacts({ latestCompleted: aSnapshot(7) })) };

describe("a cancel to upgrade", () => {
  test("is requested until Flink has received it", () => {
    expect(cancelling({ flink: flinkFacts("RUNNING") }).actions).toEqual([{ kind: "cancel", jobId: aJobId }]);
    expect(cancelling({ flink: flinkFacts("CANCELLING") }).actions).toEqual([]);
  });

  test.each<[string, Partial<Facts>]>([
    ["its last checkpoint is not reported yet", { flink: flinkFacts("CANCELED") }],
    ["the operator has just started", { flink: undefined }],
    ["its JobManager does not answer just now", { flink: undefined, jobManagerPods: [] }],
  ])("is waited for while %s", (_, facts) => {
    const { actions, status } = cancelling(facts);
    expect(actions).toEqual([]);
    expect(status).toMatchObject({ jobStatus: { state: "CANCELLING" }, lifecycleState: "UPGRADING" });
  });

  test("restores from the newest checkpoint", () => {
    const decision = cancelling(canceled);
    expect(decision.status.jobStatus).toMatchObject({ upgradeSavepointPath: "file:/checkpoints/chk-7" });
    expect(specOf(decision)?.job).toMatchObject({
      args: ["new"],
      state: "suspended",
      upgradeMode: "savepoint",
    });
  });

  test("to suspend is complete", () => {
    const decision = cancelling(canceled, withJobSpec({ upgradeMode: "last-state", state: "suspended" }));
    expect(decision.status).toMatchObject({
      lifecycleState: "SUSPENDED",
      jobStatus: { upgradeSavepointPath: "file:/checkpoints/chk-7" },
    });
  });

  test("of a spec that discards the state meanwhile starts with empty state", () => {
    expect(specOf(cancelling(canceled, withJobSpec({ upgradeMode: "stateless" })))?.job?.upgradeMode).toBe(
      "stateless",
    );
  });

  test("of a job without a checkpoint keeps what the job was started from", () => {
    const decision = cancelling({ flink: flinkFacts("CANCELED", checkpointFacts({})) }, next, {
      state: "CANCELLING",
      upgradeSavepointPath: "file:/initial",
    });
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/initial");
    expect(decision.status.reconciliationStatus?.state).toBe("UPGRADING");
  });

  test("whose newest checkpoint is lost requires a manual restore, once", () => {
    const lost = {
      flink: flinkFacts(
        "CANCELED",
        checkpointFacts({ latestCompleted: aSnapshot(7, { discarded: true }), latestRestored: aSnapshot(3) }),
      ),
    };
    const decision = cancelling(lost);
    expect(decision.status.error).toContain("Manual restore required.");
    expect(specOf(decision)?.job?.state).toBe("running");
    const repeated = decideFlinkDeployment(
      anInput(aResource(next, decision.status), { haConfigMaps: [], ...lost }),
    );
    expect(repeated).toMatchObject({ actions: [], events: [] });
    expect(repeated.status).toEqual(decision.status);
  });

  test("that had completed before the JobManager was lost restores from what was reported", () => {
    const decision = cancelling(noCluster, next, { state: "CANCELED", upgradeSavepointPath: "file:/chk-7" });
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/chk-7");
    expect(specOf(decision)?.job).toMatchObject({
      args: ["new"],
      upgradeMode: "savepoint",
      state: "suspended",
    });
  });
});

describe("a JobManager that was lost while its job was being cancelled", () => {
  const ha = anInput(aResource(next, undefined)).facts.haConfigMaps;

  test.each<[string, Partial<Facts>]>([
    ["gone", noCluster],
    ["back, but without the job", { flink: flinkFacts("RUNNING", { jobs: [] }) }],
  ])("%s, with HA metadata: what was deployed is launched from it, and the edit comes later", (_, facts) => {
    const decision = cancelling({ ...facts, haConfigMaps: ha });
    expect(specOf(decision)?.job).toMatchObject({ state: "suspended", upgradeMode: "last-state" });
    expect(specOf(decision)?.job?.args ?? []).toEqual([]);
    expect(decision.status.observedGeneration).toBe(1);
  });

  test.each<[string, Partial<Facts>]>([
    ["gone", noCluster],
    ["back, but without the job", { flink: flinkFacts("RUNNING", { jobs: [] }) }],
  ])("%s, without HA metadata: asks for a person, once", (_, facts) => {
    const decision = cancelling(facts);
    expect(decision.status.error).toContain("HA metadata is not available");
    expect(decision.events.filter(({ reason }) => reason === "UpgradeFailed")).toHaveLength(1);
    const repeated = decideFlinkDeployment(
      anInput(aResource(next, decision.status), { haConfigMaps: [], ...facts }),
    );
    expect(repeated).toMatchObject({ actions: [], events: [] });
  });

  test("back, but without the job, where only Flink can read its HA metadata: is waited for, and then asks for a person", () => {
    const zookeeper = { unreadableHa: "ZooKeeper" };
    const backFor = (ms: number): Partial<Facts> => ({
      flink: flinkFacts("RUNNING", { jobs: [] }),
      jobManagerPods: [
        {
          name: "a",
          ip: "10.0.0.1",
          ready: true,
          deleting: false,
          problem: undefined,
          runningSince: now - ms,
        },
      ],
    });
    const cancellingWith = (facts: Partial<Facts>) =>
      cancelling(facts, next, { state: "CANCELLING" }, zookeeper);
    const soon = cancellingWith(backFor(59_000));
    expect(soon.status.error).toBeUndefined();
    expect(specOf(soon)?.job?.state).toBe("running");
    const later = cancellingWith(backFor(60_000));
    expect(later.status.error).toContain("has no job since");
    expect(later.status.error).toContain("Manual restore required.");
    expect(specOf(later)?.job?.state).toBe("running");
  });
});
