import { describe, expect, test } from "vitest";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Facts } from "../model/facts.ts";
import { aJobId, aStatus, haOfJob, noCluster, withJobSpec } from "../situation.fixture.ts";
import { decide, edited, kindsOf, messageOf, SAVEPOINT } from "./warm.fixture.ts";

/** A launch that restores from a savepoint is intended, and nothing of the cluster in the second name runs any more. */
const intended = (upgradeSavepointPath: string | undefined) => ({
  ...aStatus(withJobSpec({ ...edited.job, state: "suspended", upgradeMode: "savepoint" }), {
    state: "UPGRADING",
    job: { state: "FINISHED", upgradeSavepointPath },
  }),
  observedGeneration: 2,
  clusterId: "job-warm",
});
const gone: Partial<Facts> = { ...noCluster, clusterId: "job-warm" };
const haLeft: Partial<Facts> = {
  ...gone,
  haConfigMaps: [{ ...haOfJob, name: `job-warm-${aJobId}-config-map` }],
};

describe("a launch that returns to the name of the resource", () => {
  test.each<[string, string | undefined]>([
    ["no path is known", undefined],
    ["the path is the placeholder for the last state", "KUBERNETES_OPERATOR_LAST_STATE"],
  ])("is refused while HA metadata has a checkpoint that it does not restore, which stays: %s", (_, path) => {
    const decision = decide({ status: intended(path), facts: haLeft });
    expect(kindsOf(decision)).toEqual([]);
    expect(decision.status).toMatchObject({
      clusterId: "job-warm",
      reconciliationStatus: { state: "UPGRADING" },
      jobStatus: { jobId: aJobId },
    });
    expect(messageOf(decision)).toContain("Manual restore required");
  });

  test("writes its intent, and what it restores from, before anything is deleted or created", () => {
    const decision = decide({ status: intended(SAVEPOINT), facts: haLeft });
    expect(kindsOf(decision)).toEqual([]);
    expect(decision.status).toMatchObject({
      clusterId: "job",
      jobStatus: { upgradeSavepointPath: SAVEPOINT, state: "RECONCILING" },
    });
    // By the old id, the HA metadata would tell that the job runs in the second cluster.
    expect(decision.status.jobStatus?.jobId).not.toBe(aJobId);
  });

  test("deletes what it has left with the launch", () => {
    const home = decide({ status: intended(SAVEPOINT), facts: haLeft }).status;
    const decision = decide({ status: home, facts: { ...noCluster, haConfigMaps: [] } });
    expect(decision.actions).toMatchObject([
      { kind: "delete-config-maps", clusterId: "job", all: false },
      { kind: "delete-config-maps", clusterId: "job-warm", all: true },
      { kind: "launch" },
    ]);
    expect(decision.status.clusterId).toBeUndefined();
    const { lastReconciledSpec } = decision.status.reconciliationStatus ?? {};
    expect(readLastReconciledSpec(lastReconciledSpec)?.spec.job?.state).toBe("running");
  });
});
