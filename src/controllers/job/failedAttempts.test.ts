import { expect, test } from "vitest";
import type { Action } from "../../core/job/model/decision.ts";
import { createFailedAttempts } from "./failedAttempts.ts";

const resource = { apiVersion: "v1", kind: "FlinkDeployment", metadata: { name: "job", generation: 1 } };
const scale: Action = { kind: "scale-deployment", name: "job", uid: "u", replicas: 0 };
const cancel: Action = { kind: "cancel", jobId: "00000000000000000000000000000000" };

/** Whether a failed attempt, due again at 5 s, is still pending at 4 s. */
function isPending(action: Action, status: number, now = 4_000): boolean {
  const attempts = createFailedAttempts({ now: () => now });
  const failure = { action, status, reason: "Forbidden", message: "no" };
  attempts.defer("ns/job", resource, [action], { failure, times: 1, nextAt: 5_000 });
  return attempts.pending("ns/job", resource, [action]) !== undefined;
}

test("what the API server has refused is pending until the next attempt is due", () => {
  expect(isPending(scale, 403)).toBe(true);
  expect(isPending(scale, 403, 5_000)).toBe(false);
});

test.each([
  ["a request to Flink, whose answer depends on the job", cancel, 404],
  ["an overloaded API server", scale, 503],
])("nothing is pending after %s", (_, action, status) => {
  expect(isPending(action, status)).toBe(false);
});

test("other actions are not pending", () => {
  const attempts = createFailedAttempts({ now: () => 0 });
  const failure = { action: scale, status: 403, reason: "Forbidden", message: "no" };
  attempts.defer("ns/job", resource, [scale], { failure, times: 1, nextAt: 5_000 });
  expect(attempts.pending("ns/job", resource, [scale, cancel])).toBeUndefined();
});
