import { expect, it } from "vitest";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { projectRow, rowOf } from "./row.ts";

const object: KubeObject = {
  metadata: {
    namespace: "team",
    name: "orders",
    uid: "u",
    resourceVersion: "7",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { app: "orders" },
    managedFields: [
      { manager: "ann", operation: "Update", time: "2026-01-02T00:00:00Z", fieldsV1: { "f:spec": {} } },
      { manager: "flux", operation: "Apply", time: "2026-01-03T00:00:00Z", fieldsV1: { "f:spec": {} } },
      {
        manager: "operator",
        time: "2026-01-04T00:00:00Z",
        subresource: "status",
        fieldsV1: { "f:status": {} },
      },
      { manager: "labeller", time: "2026-01-05T00:00:00Z", fieldsV1: { "f:metadata": {} } },
    ],
  },
  spec: { flinkVersion: "v2_2", job: { parallelism: 4 } },
  status: {
    lifecycleState: "STABLE",
    jobStatus: { state: "RUNNING", checkpointInfo: { lastCheckpoint: { timeStamp: 1_767_225_600_000 } } },
  },
};

it("shows what the status and the spec say, and who has changed the spec last", () => {
  expect(rowOf("one", "flinkdeployments", object)).toEqual({
    id: "one/flinkdeployments/team/orders",
    cluster: "one",
    plural: "flinkdeployments",
    namespace: "team",
    name: "orders",
    labels: { app: "orders" },
    health: "Ready",
    message: "",
    jobState: "RUNNING",
    lifecycleState: "STABLE",
    flinkVersion: "v2_2",
    parallelism: 4,
    checkpointAt: "2026-01-01T00:00:00.000Z",
    changedAt: "2026-01-03T00:00:00Z",
    changedBy: "flux",
    createdAt: "2026-01-01T00:00:00Z",
  });
});

it("bounds a message, and hides secrets in it", () => {
  const error = JSON.stringify({ message: `password=hunter2 ${"x".repeat(1_000)}` });
  const { message, health } = rowOf("one", "flinkdeployments", { ...object, status: { error } });
  expect(health).toBe("Stalled");
  expect(message).not.toContain("hunter2");
  expect(message.length).toBeLessThanOrEqual(300);
});

it("shows a FlinkBlueGreenDeployment as the one FlinkDeployment that it is to its users", () => {
  const blueGreen = {
    ...object,
    spec: { template: { spec: object.spec } },
    status: { blueGreenState: "TRANSITIONING_TO_GREEN" },
  };
  const row = rowOf("one", "flinkbluegreendeployments", blueGreen);
  expect(row).toMatchObject({ health: "InProgress", flinkVersion: "v2_2", parallelism: 4 });
});

it("keeps the row alone, and is the same when it is projected twice", () => {
  const project = projectRow("one", "flinkdeployments");
  const kept = project(object);
  expect(Object.keys(kept).sort()).toEqual(["metadata", "row"]);
  expect(Object.keys(kept.metadata).sort()).toEqual(["name", "namespace", "resourceVersion", "uid"]);
  expect(project(kept)).toBe(kept);
});

it("a change of the status that no row shows leaves the row equal", () => {
  const changed = {
    ...object,
    status: { ...(object.status as object), reconciliationStatus: { state: "DEPLOYED" } },
  };
  expect(rowOf("one", "flinkdeployments", changed)).toEqual(rowOf("one", "flinkdeployments", object));
});

it("leaves out a time that is none", () => {
  for (const timeStamp of [9e18, -1, 0, Number.NaN]) {
    const status = { jobStatus: { checkpointInfo: { lastCheckpoint: { timeStamp } } } };
    expect(rowOf("one", "flinkdeployments", { ...object, status })).not.toHaveProperty("checkpointAt");
  }
});
