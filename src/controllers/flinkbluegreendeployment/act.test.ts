import { expect, it } from "vitest";
import { resourceTypes } from "../../api/kubernetes.ts";
import type { Action } from "../../core/flinkbluegreendeployment/decision.ts";
import type { FlinkRest } from "../../flink/api.ts";
import type { KubeApi } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { act } from "./act.ts";

const resource = { metadata: { name: "app", namespace: "ns", uid: "u", resourceVersion: "7" } };
const child = { metadata: { name: "app-blue", namespace: "ns" }, spec: {} };
const { flinkDeployment } = resourceTypes;

async function acted(action: Action, kube: Partial<KubeApi> = {}) {
  const calls: [string, ...unknown[]][] = [];
  const note =
    <T>(what: string, answer: T) =>
    async (...args: unknown[]): Promise<T> => {
      calls.push([what, ...args]);
      return answer;
    };
  const outcome = await act([action], resource, {
    kube: {
      create: note("create", child),
      get: note("get", child),
      jsonPatch: note("json", child),
      mergePatch: note("merge", child),
      delete: note("delete", undefined),
      ...kube,
    } as unknown as KubeApi,
    flink: { triggerSavepoint: note("savepoint", undefined) } as unknown as FlinkRest,
    routes: { applied: () => undefined, deleted: () => undefined },
    observeChild: ({ metadata }) => void calls.push(["observe", metadata.name]),
    observeChildDelete: (...args) => void calls.push(["observe delete", ...args]),
    beforeTrigger: (id) => void calls.push(["before", id]),
    onFlinkRequest: (cluster) => void calls.push(["asked", cluster]),
  });
  return { ...outcome, calls };
}

it("replaces the spec of a FlinkDeployment only if it is still the same one", async () => {
  const { calls } = await acted({ kind: "patch-child", name: "app-blue", uid: "b", spec: { image: "x" } });
  const operations = [
    { op: "test", path: "/metadata/uid", value: "b" },
    { op: "replace", path: "/spec", value: { image: "x" } },
  ];
  expect(calls).toEqual([
    ["json", flinkDeployment, "ns", "app-blue", operations],
    ["observe", "app-blue"],
  ]);
});

it("adds labels and deletes under the uid", async () => {
  const labelled = await acted({
    kind: "label-child",
    name: "app-blue",
    uid: "b",
    labels: { a: "1" },
    annotations: {},
  });
  const metadata = { uid: "b", labels: { a: "1" }, annotations: {} };
  expect(labelled.calls[0]).toEqual(["merge", flinkDeployment, "ns", "app-blue", { metadata }]);
  const deleted = await acted({ kind: "delete-child", name: "app-blue", uid: "b" });
  expect(deleted.calls).toEqual([
    ["delete", flinkDeployment, "ns", "app-blue", { uid: "b" }],
    ["observe delete", "ns", "app-blue", "b"],
  ]);
});

it.each([
  ["exists already", new KubeError(409, "AlreadyExists", "it exists"), 1],
  ["may have been created", new KubeError(0, "Timeout", "no answer"), 1],
  ["was refused", new KubeError(422, "Invalid", "wrong"), 0],
])("looks at a FlinkDeployment that %s", async (_, error, looks) => {
  const create = () => Promise.reject(error);
  const { calls, failure } = await acted({ kind: "create-child", child }, { create });
  expect(calls.filter(([what]) => what === "observe")).toHaveLength(looks);
  expect(failure?.status).toBe(error.status);
});

it("sends a trigger with its id, and has the JobManager polled soon", async () => {
  const endpoint = { host: "h", port: 1 };
  const request = { triggerId: "t", targetDirectory: "s3://x", formatType: "NATIVE" } as const;
  const at = { cluster: "ns/app-blue", endpoint };
  const { calls } = await acted({ kind: "trigger-savepoint", at, jobId: "j", ...request });
  expect(calls).toEqual([
    ["before", "t"],
    ["savepoint", endpoint, "j", request],
    ["asked", "ns/app-blue"],
  ]);
});
