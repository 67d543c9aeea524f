import { describe, expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { decide } from "../decide.ts";
import type { Facts } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  aDeployment,
  anInput,
  aResource,
  aSpec,
  aStatus,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

const specOf = ({ status }: ReturnType<typeof decide>) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;

const lost = (deployed = aSpec, facts: Partial<Facts> = {}, settings: Partial<Settings> = {}, job = {}) =>
  decideFlinkDeployment(
    anInput(
      aResource(deployed, aStatus(deployed, { job }), { generation: 1 }),
      { ...noCluster, ...facts },
      { configure: aConfiguration(settings) },
    ),
  );

describe("a deleted JobManager Deployment", () => {
  test("is reported and created again from HA metadata, as the same generation", () => {
    const decision = lost();
    expect(decision.events.map(({ reason }) => reason)).toEqual(["Missing", "RecoverDeployment"]);
    expect(decision.status).toMatchObject({ observedGeneration: 1, lifecycleState: "UPGRADING" });
    expect(specOf(decision)?.job).toMatchObject({ state: "suspended", upgradeMode: "last-state" });
    expect(decision.requeueAfterMs).toBe(0);
  });

  test("also while it is still being deleted", () => {
    expect(lost(aSpec, { jobManager: { ...aDeployment, deleting: true } }).status.lifecycleState).toBe(
      "UPGRADING",
    );
  });

  const stateless = withJobSpec({ upgradeMode: "stateless" });
  test.each<[string, Partial<Settings>, Partial<Facts>, string]>([
    ["without HA: empty", { highAvailability: false }, { haConfigMaps: [] }, "stateless"],
    ["with HA metadata: from it", {}, {}, "last-state"],
    ["with HA, but no metadata: empty", {}, { haConfigMaps: [] }, "stateless"],
  ])("of a stateless job, %s", (_, settings, facts, mode) => {
    expect(specOf(lost(stateless, facts, settings))?.job?.upgradeMode).toBe(mode);
  });

  test("of a stateful job is never created with empty state if there is no HA metadata", () => {
    expect(specOf(lost(aSpec, { haConfigMaps: [] }))?.job?.upgradeMode).toBe("last-state");
  });

  test.each<[string, Partial<Settings>, object]>([
    ["recovery is switched off", { recoveryEnabled: false }, {}],
    ["the state would be lost", { highAvailability: false }, {}],
  ])("is only reported if %s", (_, settings, job) => {
    const decision = lost(aSpec, {}, settings, job);
    expect(decision.status).toMatchObject({
      jobManagerDeploymentStatus: "MISSING",
      reconciliationStatus: { state: "DEPLOYED" },
    });
    expect(decision.events.map(({ reason }) => reason)).toEqual(["Missing"]);
    const generation = { generation: 1 };
    const repeated = decideFlinkDeployment(
      anInput(aResource(aSpec, decision.status, generation), noCluster, {
        configure: aConfiguration(settings),
      }),
    );
    expect(repeated.events).toEqual([]);
    expect(repeated.status).toEqual(decision.status);
  });

  test("of a stateful job is not created with empty state because an edit is invalid and its first launch was empty", () => {
    const invalid = aConfiguration(
      { highAvailability: false },
      { field: "spec.image", message: "is missing" },
    );
    const status = aStatus(withJobSpec({ upgradeMode: "stateless" }), { observedGeneration: 1 });
    const facts = { ...noCluster, haConfigMaps: [] };
    const decision = decideFlinkDeployment(anInput(aResource(aSpec, status), facts, { configure: invalid }));
    expect(decision.status.reconciliationStatus?.state).toBe("DEPLOYED");
  });

  test("is recovered as it was deployed while an edit waits for a running job", () => {
    const edited = withJobSpec({ args: ["new"] }, { flinkVersion: "v2_2" });
    const decision = decideFlinkDeployment(anInput(aResource(edited, aStatus(aSpec)), noCluster));
    expect(specOf(decision)).toMatchObject({
      flinkVersion: "v2_3",
      job: { upgradeMode: "last-state", state: "suspended" },
    });
    expect(decision.status.observedGeneration).toBe(1);
    // Launched as deployed: HA metadata of one Flink version does not work for another.
    const launched = [1, 2].reduce(
      (status) => decideFlinkDeployment(anInput(aResource(edited, status), noCluster)).status,
      decision.status,
    );
    expect(launched.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(specOf({ ...decision, status: launched })).toMatchObject({
      flinkVersion: "v2_3",
      job: { state: "running" },
    });
    expect(launched.observedGeneration).toBe(1);
  });
});
