import { expect, test } from "vitest";
import type { FlinkBlueGreenDeploymentStatus } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { type FakeAnswer, noObjects, pathOf, runCommand } from "../fakeKubectl.fixture.ts";

const verifying: FlinkBlueGreenDeploymentStatus = {
  blueGreenState: "TRANSITIONING_TO_GREEN",
  observedGeneration: 4,
  verification: { startTime: "2026-01-01T00:00:00Z" },
  conditions: [{ type: "Ready", status: "False", message: "GREEN is verified beside BLUE: 3 checkpoints." }],
};
const verified = { ...verifying, verification: { ...verifying.verification, verifiedTime: "t" } };

const holding = (status: FlinkBlueGreenDeploymentStatus, once = false): FakeAnswer => ({
  when: `${pathOf("flinkbluegreendeployments")}/app`,
  stdout: { metadata: { name: "app", namespace: "ns", generation: 4 }, spec: {}, status },
  ...(once ? { once: true } : {}),
});
const patch = { when: "patch ", stdout: "" };
const promote = (answers: readonly FakeAnswer[], ...args: readonly string[]) =>
  runCommand([patch, ...answers, ...noObjects], "promote", "app", "-n", "ns", ...args);

test("names the generation that was looked at", async () => {
  const { calls, stdout, code } = await promote([holding(verified)]);
  expect(calls.at(-1)?.args).toBe(
    'patch flinkbluegreendeployments.flink.apache.org app -n ns --type=merge -p {"metadata":{"annotations":{"flink.apache.org/promote":"4"}}}',
  );
  expect([code, stdout]).toEqual([
    0,
    "FlinkBlueGreenDeployment ns/app: the new side is to take the place of the old one\n",
  ]);
});

test("rejects one that is still verified", async () => {
  const { calls, code } = await promote([holding(verifying)], "--reject");
  expect(calls.at(-1)?.args).toContain('{"flink.apache.org/reject":"4"}');
  expect(code).toBe(0);
});

test.each<[string, FlinkBlueGreenDeploymentStatus, RegExp]>([
  ["it is still verified", verifying, /not verified yet: GREEN is verified beside BLUE: 3 checkpoints\.$/],
  ["nothing is under way", { blueGreenState: "ACTIVE_BLUE", observedGeneration: 4 }, /\(ACTIVE_BLUE\)$/],
  ["its newest spec was not seen", { ...verified, observedGeneration: 3 }, /has not seen its newest spec/],
  ["its newest spec is refused", { ...verified, error: "spec: no" }, /spec: no$/],
])("says that %s, and changes nothing", async (_, status, message) => {
  const { calls, stderr, code } = await promote([holding(status)]);
  expect(calls.some(({ args }) => args.startsWith("patch"))).toBe(false);
  expect([code, stderr.join("")]).toEqual([1, expect.stringMatching(message)]);
});

test("says that there is none of that name", async () => {
  const missing = {
    when: pathOf("flinkbluegreendeployments"),
    stderr: "Error from server (NotFound): not found",
  };
  const { stderr } = await promote([missing]);
  expect(stderr.join("")).toMatch(/there is no FlinkBlueGreenDeployment app in the namespace ns$/);
});

test("waits until it is done, and says why a new side was given up", async () => {
  const done = holding({ blueGreenState: "ACTIVE_GREEN", observedGeneration: 4 });
  const switched = await promote([holding(verified, true), done], "--wait");
  expect(switched.stdout).toMatch(/ns\/app: ACTIVE_GREEN\n$/);
  const failed = holding({ blueGreenState: "ACTIVE_BLUE", error: "Aborting: why", observedGeneration: 4 });
  expect((await promote([holding(verified, true), failed], "--wait")).stderr.join("")).toMatch(
    /Aborting: why$/,
  );
  const back = holding({ blueGreenState: "ACTIVE_BLUE", observedGeneration: 4 });
  expect((await promote([holding(verified, true), back], "--wait")).stderr.join("")).toMatch(
    /did not take the place of the old one \(ACTIVE_BLUE\)$/,
  );
  const late = await promote([holding(verified, true), done], "--wait", "--reject");
  expect([late.code, late.stderr.join("")]).toEqual([
    1,
    expect.stringMatching(/took the place of the old one before it was given up \(ACTIVE_GREEN\)$/),
  ]);
  const rejected = await promote([holding(verified, true), failed], "--wait", "--reject");
  expect([rejected.code, rejected.stdout]).toEqual([0, expect.stringMatching(/ns\/app: Aborting: why\n$/)]);
});
