import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { aJobId, aSituation, aSpec, aStatus, withJobSpec } from "../situation.fixture.ts";
import {
  isFirstDeployment,
  knownStatus,
  launched,
  launchIntended,
  relaunchIntended,
  suspended,
  withoutTrigger,
} from "./status.ts";

const recordedBy = (status: FlinkDeploymentStatus) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec);

test("a status without nulls and empty errors is the input of decisions; the stored spec's own nulls stay", () => {
  const lastReconciledSpec = '{"spec":{"image":null}}';
  const stored = {
    error: "",
    reconciliationStatus: { lastReconciledSpec },
    jobStatus: {
      jobId: null,
      savepointInfo: { triggerId: null, savepointHistory: [{ location: "l", formatType: null }] },
    },
  };
  expect(knownStatus(stored as unknown as FlinkDeploymentStatus)).toEqual({
    reconciliationStatus: { lastReconciledSpec },
    jobStatus: { savepointInfo: { savepointHistory: [{ location: "l" }] } },
  });
  expect(knownStatus(undefined)).toEqual({});
});

describe("firstDeployment of the stored spec (REFERENCE 1.3)", () => {
  const recorded = (state: "DEPLOYED" | "UPGRADING", firstDeployment: boolean) => {
    const status = aStatus(aSpec, { state, firstDeployment });
    const deployed = recordedBy(status);
    return aSituation({ status, deployed });
  };
  test.each([
    ["nothing deployed", aSituation({ deployed: undefined }), true],
    ["the first one not launched yet", recorded("UPGRADING", true), true],
    ["the first one launched, an upgrade begins", recorded("DEPLOYED", true), false],
    ["a later one", recorded("UPGRADING", false), false],
    [
      "the early form, without metadata",
      aSituation({
        status: aStatus(aSpec, { state: "UPGRADING" }),
        deployed: { spec: aSpec, metadata: undefined },
      }),
      false,
    ],
  ])("%s", (_, situation, expected) => {
    expect(isFirstDeployment(situation)).toBe(expected);
    expect(recordedBy(launchIntended(situation, "savepoint"))?.metadata?.firstDeployment).toBe(expected);
  });

  test("stays true once the first one is launched", () => {
    expect(recordedBy(launched(recorded("UPGRADING", true), "stateless"))?.metadata?.firstDeployment).toBe(
      true,
    );
  });
});

describe("the nonces of the stored spec (REFERENCE 1.3)", () => {
  const asked = withJobSpec({ savepointTriggerNonce: 2, checkpointTriggerNonce: 3 });
  const nonces = (status: FlinkDeploymentStatus) => {
    const { savepointTriggerNonce, checkpointTriggerNonce } = recordedBy(status)?.spec.job ?? {};
    return [savepointTriggerNonce, checkpointTriggerNonce];
  };

  test("of the first deployment count as done", () => {
    const first = aSituation({ deployed: undefined, spec: asked, status: {} });
    expect(nonces(launchIntended(first, "stateless"))).toEqual([2, 3]);
  });

  test.each([
    ["none", aSpec, [undefined, undefined]],
    ["older ones", withJobSpec({ savepointTriggerNonce: 1, checkpointTriggerNonce: 1 }), [1, 1]],
  ])("of a later one stay: %s", (_, spec, expected) => {
    const situation = aSituation({
      deployed: { spec, metadata: { firstDeployment: false } },
      spec: asked,
      status: aStatus(spec),
    });
    expect(nonces(launchIntended(situation, "savepoint"))).toEqual(expected);
    expect(nonces(launched(situation, "savepoint"))).toEqual(expected);
    expect(nonces(suspended(situation, "savepoint"))).toEqual(expected);
  });
});

describe("the status", () => {
  const situation = aSituation({
    status: aStatus(aSpec, { error: "e" }),
    spec: withJobSpec({ args: ["new"] }),
  });

  test("of an intended launch: suspended, with the mode that it restores by", () => {
    const status = launchIntended(situation, "last-state");
    expect(recordedBy(status)?.spec.job).toMatchObject({
      state: "suspended",
      upgradeMode: "last-state",
      args: ["new"],
    });
    expect(status).toMatchObject({
      observedGeneration: 2,
      jobStatus: { jobId: aJobId, state: "FINISHED" },
      reconciliationStatus: { state: "UPGRADING", reconciliationTimestamp: 2_000 },
    });
    expect(status.error).toBeUndefined();
  });

  test("of a completed launch: running, not yet stable, with the fields for the scale subresource", () => {
    const status = launched(situation, "last-state");
    expect(recordedBy(status)?.spec.job).toMatchObject({ state: "running", upgradeMode: "last-state" });
    expect(status).toMatchObject({
      jobManagerDeploymentStatus: "DEPLOYING",
      clusterInfo: {},
      jobStatus: { state: "RECONCILING" },
      taskManager: { labelSelector: "component=taskmanager,app=job", replicas: 1 },
    });
    expect(status.reconciliationStatus?.lastStableSpec).not.toBe(
      status.reconciliationStatus?.lastReconciledSpec,
    );
  });

  test("of a suspension: stable at once, without TaskManagers (REFERENCE 1.7)", () => {
    const status = suspended(situation, "savepoint");
    expect(status.reconciliationStatus?.lastStableSpec).toBe(status.reconciliationStatus?.lastReconciledSpec);
    expect(status).toMatchObject({
      taskManager: { labelSelector: "", replicas: 0 },
      reconciliationStatus: { state: "DEPLOYED" },
    });
  });

  test("of a recovery: the deployed spec, with an earlier generation than the pending edit", () => {
    const waiting = { ...situation, diff: { type: "UPGRADE", changes: [], text: "" } as const };
    const status = relaunchIntended(waiting, "last-state");
    expect(recordedBy(status)?.spec.job?.args ?? []).toEqual([]);
    expect(status.observedGeneration).toBe(1);
    const settled = { ...situation, diff: { type: "IGNORE", changes: [], text: "" } as const };
    expect(relaunchIntended(settled, "last-state").observedGeneration).toBe(2);
  });
});

test("without a trigger keeps the other savepoint fields", () => {
  const lastSavepoint = { location: "l", timeStamp: 1 };
  const info = {
    triggerId: "t",
    triggerTimestamp: 1,
    triggerType: "UPGRADE",
    formatType: "NATIVE",
    lastSavepoint,
  } as const;
  expect(withoutTrigger(info)).toEqual({ lastSavepoint });
  expect(withoutTrigger(undefined)).toBeUndefined();
});
