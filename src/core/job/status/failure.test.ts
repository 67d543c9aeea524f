import { describe, expect, test } from "vitest";
import type { Action } from "../model/decision.ts";
import { aSituation, aSpec, aStatus } from "../situation.fixture.ts";
import { type ActFailure, decideFailure, newEvents, report, upgradeFailure } from "./failure.ts";

const objects = aSituation().build({
  generation: 1,
  jobId: undefined,
  launchId: "",
  restore: { kind: "none" },
});
const stop = {
  kind: "stop-with-savepoint",
  jobId: "j",
  triggerId: "t",
  targetDirectory: undefined,
  formatType: "CANONICAL",
  drain: false,
} as const;
const failing = (action: Action, status = 403): ActFailure => ({
  action,
  status,
  reason: "Forbidden",
  message: "not allowed",
});
const status = aStatus(aSpec);

describe("a rejected action", () => {
  test.each<[Action, string, string, string]>([
    [
      { kind: "dry-run", objects },
      "DeploymentFailedException",
      "Forbidden",
      "The new cluster was refused, and nothing was changed: not allowed",
    ],
    [{ kind: "launch", objects }, "DeploymentFailedException", "Forbidden", "not allowed"],
    [
      { kind: "expose", objects, deploymentUid: "u" },
      "DeploymentFailedException",
      "Forbidden",
      "not allowed",
    ],
    [
      { kind: "prepare-ha-restore", clusterId: "job" },
      "UpgradeFailureException",
      "RestoreFailed",
      "not allowed",
    ],
    [
      { kind: "delete-deployment", name: "job", uid: "u" },
      "ReconciliationException",
      "CleanupFailed",
      "not allowed",
    ],
    [
      { kind: "delete-config-maps", clusterId: "job", all: true },
      "ReconciliationException",
      "CleanupFailed",
      "not allowed",
    ],
    [{ kind: "remove-finalizer" }, "ReconciliationException", "CleanupFailed", "not allowed"],
    [{ kind: "add-finalizer" }, "ReconciliationException", "Error", "not allowed"],
    [{ kind: "cancel", jobId: "j" }, "ReconciliationException", "Error", "not allowed"],
    [stop, "UpgradeFailureException", "SavepointError", "not allowed"],
  ])("$kind is told in the status and in one event", (action, type, reason, message) => {
    const outcome = decideFailure(status, failing(action), 1);
    expect(outcome.events).toMatchObject([{ type: "Warning", reason, message }]);
    expect(JSON.parse(outcome.status?.error ?? "")).toMatchObject({
      message,
      additionalMetadata: { reason },
    });
    expect(outcome.status?.error).toContain(type);
    expect(decideFailure(outcome.status ?? status, failing(action), 2).events).toEqual([]);
  });

  test.each([0, 409, 429, 500, 503])("%i passes: no word of it unless it stays", (code) => {
    const failure = failing({ kind: "launch", objects }, code);
    expect(decideFailure(status, failure, 1)).toEqual({});
    expect(decideFailure(status, failure, 5)).toEqual({});
    expect(decideFailure(status, failure, 6).status?.error).toContain("not allowed");
  });
});

describe("the new events of a reconcile", () => {
  const events = [
    ...report(status, "t", "CleanupFailed", "a").events,
    ...report(status, "t", "SavepointError", "b").events,
  ];
  const other = { type: "Warning", reason: "RecoverDeployment", component: "Job", message: "m" } as const;

  test("are recorded if the error differs from the previous one", () => {
    expect(newEvents(status, { ...status, error: "e" }, [...events, other])).toHaveLength(3);
  });

  test("are not recorded if the error is the same, except for those that are not about the error", () => {
    expect(newEvents({ ...status, error: "e" }, { ...status, error: "e" }, [...events, other])).toEqual([
      other,
    ]);
  });
});

test("an upgrade that cannot continue reports why, in the reference's words", () => {
  const outcome = upgradeFailure({ status }, "UpgradeFailed", "Manual restore required.");
  expect(JSON.parse(outcome.status?.error ?? "")).toMatchObject({
    type: "org.apache.flink.kubernetes.operator.exception.UpgradeFailureException",
    message: "Manual restore required.",
    additionalMetadata: { reason: "UpgradeFailed" },
  });
});

test("no error contains a secret", () => {
  expect(report(status, "t", "Error", "cannot log in with password=hunter2").status.error).not.toContain(
    "hunter2",
  );
});
