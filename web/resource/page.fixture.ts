import type { ResourcePage } from "../../src/dashboard/contract.ts";

/** A page of a healthy job with little on it. */
export const pageOf = (more: Partial<ResourcePage> = {}): ResourcePage => ({
  row: {
    id: "eu/flinkdeployments/orders/checkout",
    cluster: "eu",
    plural: "flinkdeployments",
    namespace: "orders",
    name: "checkout",
    labels: {},
    health: "Ready",
    message: "",
    createdAt: "2026-01-01T00:00:00Z",
  },
  resourceVersion: "1",
  generation: 1,
  manifest: "kind: FlinkDeployment\n",
  desired: [],
  explanation: ["The operator has nothing to do."],
  conditions: [],
  timeline: [],
  snapshots: [],
  objects: [],
  exceptions: [],
  allowed: [],
  unavailable: {},
  remarks: [],
  ...more,
});
