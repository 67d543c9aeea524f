import { expect, it } from "vitest";
import { resourceTypes } from "../../api/kubernetes.ts";
import { SNAPSHOT_FINALIZER } from "../../api/v1beta1/names.ts";
import type { Action } from "../../core/flinkstatesnapshot/decision.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { KubeApi } from "../../kube/api.ts";
import { act } from "./act.ts";

const endpoint = { host: "10.0.0.1", port: 8081 };
const at = { cluster: "ns/job", endpoint };
const resource = {
  metadata: { name: "one", namespace: "ns", uid: "u", finalizers: ["other", SNAPSHOT_FINALIZER] },
  spec: {},
};

async function acted(action: Action, flink: Partial<FlinkRest> = {}) {
  const calls: unknown[] = [];
  const note =
    <T>(what: string, answer: T) =>
    async (...args: unknown[]): Promise<T> => {
      calls.push([what, ...args]);
      return answer;
    };
  const outcome = await act([action], resource, {
    kube: { jsonPatch: note("patch", { metadata: { name: "one" } }) } as unknown as KubeApi,
    flink: {
      triggerSavepoint: note("savepoint", undefined),
      triggerCheckpoint: note("checkpoint", undefined),
      disposeSavepoint: note("dispose", "id"),
      ...flink,
    } as unknown as FlinkRest,
    follow: (...args) => void calls.push(["follow", ...args]),
    beforeTrigger: () => undefined,
    onFlinkRequest: (cluster) => void calls.push(["asked", cluster]),
  });
  return { ...outcome, calls };
}

it("removes only our own finalizer", async () => {
  const { calls } = await acted({ kind: "remove-finalizer" });
  const operations = [
    { op: "test", path: "/metadata/uid", value: "u" },
    { op: "test", path: "/metadata/finalizers/1", value: SNAPSHOT_FINALIZER },
    { op: "remove", path: "/metadata/finalizers/1" },
  ];
  expect(calls).toEqual([["patch", resourceTypes.flinkStateSnapshot, "ns", "one", operations]]);
});

it("sends a trigger with its id, and has the JobManager polled soon", async () => {
  const request = { triggerId: "t", targetDirectory: "file:///sp", formatType: "NATIVE" } as const;
  const savepoint = await acted({ kind: "trigger-savepoint", at, jobId: "j", ...request });
  expect(savepoint.calls).toEqual([
    ["savepoint", endpoint, "j", request],
    ["asked", "ns/job"],
  ]);
  const checkpoint = { triggerId: "t", checkpointType: "FULL" } as const;
  expect((await acted({ kind: "trigger-checkpoint", at, jobId: "j", ...checkpoint })).calls).toEqual([
    ["checkpoint", endpoint, "j", checkpoint],
    ["asked", "ns/job"],
  ]);
});

it("follows a disposal under the id from Flink", async () => {
  const { calls } = await acted({ kind: "dispose", at, path: "file:/sp" });
  expect(calls).toEqual([
    ["dispose", endpoint, "file:/sp"],
    ["follow", "ns/job", { kind: "disposal", triggerId: "id", path: "file:/sp" }],
  ]);
});

it("describes a failure with status and message", async () => {
  const { failure, calls } = await acted(
    { kind: "dispose", at, path: "file:/sp" },
    { disposeSavepoint: () => Promise.reject(new FlinkRestError(503, "answered", "HTTP 503: not now")) },
  );
  expect(failure).toEqual({ kind: "dispose", status: 503, message: "HTTP 503: not now" });
  expect(calls).toEqual([]);
});
