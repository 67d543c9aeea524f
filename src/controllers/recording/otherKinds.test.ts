import { expect, it } from "vitest";
import { emptyConfig } from "../../config/flinkConfig.ts";
import {
  aChild,
  activeBlue,
  aResource,
  now,
  one,
  reconciled,
  someFacts,
  two,
} from "../../core/flinkbluegreendeployment/decide.fixture.ts";
import { decideBlueGreen } from "../../core/flinkbluegreendeployment/decide.ts";
import { decide as decideSnapshot, type Input } from "../../core/flinkstatesnapshot/decide.ts";
import { formatBlueGreenPass, formatSnapshotPass } from "./otherKinds.ts";
import { readRecording } from "./passRecorder.fixture.ts";
import { createPassRecorder } from "./passRecorder.ts";
import { differencesOf } from "./replay.ts";

const recorder = () =>
  createPassRecorder({
    maxBytes: () => 1_000_000,
    config: () => emptyConfig,
    logFiles: {},
    operatorVersion: "1",
  });

const blueGreen = (wanted: typeof one) => {
  const resource = aResource(wanted, { ...activeBlue, ...reconciled(one), observedGeneration: 3 });
  return { resource, facts: someFacts({ BLUE: aChild("BLUE", one) }), now };
};

it("decides a pass of a FlinkBlueGreenDeployment again in the same way", async () => {
  const passes = recorder();
  const input = blueGreen(two);
  const decision = decideBlueGreen(input);
  passes.recordText("FlinkBlueGreenDeployment", input.resource, () => formatBlueGreenPass(input, decision));
  const recording = await readRecording(passes);

  expect(recording.passes[0]?.decision.afterStatus).toMatchObject([{ kind: "trigger-savepoint" }]);
  expect(differencesOf(recording, 0)).toEqual([]);
  const [pass] = recording.passes;
  const altered = { ...pass, resource: { ...input.resource, spec: { template: { spec: one } } } };
  expect(differencesOf({ ...recording, passes: [altered as never] }, 0)).not.toEqual([]);
});

it("records no pass that does nothing, except one that fails", () => {
  const input = blueGreen(one);
  const { status } = decideBlueGreen(input);
  const atRest = { ...input, resource: { ...input.resource, status } };
  const decision = decideBlueGreen(atRest);

  expect(formatBlueGreenPass(atRest, decision)).toBeUndefined();
  expect(formatBlueGreenPass(atRest, decision, "no")).toContain('"failure":"no"');
});

const job = aChild("BLUE", one).job;
const snapshot = (more: Partial<Input["resource"]>, facts: Partial<Input["facts"]> = {}): Input => ({
  resource: {
    metadata: { name: "snap", namespace: "ns", uid: "s", generation: 1 },
    spec: { jobReference: { kind: "FlinkDeployment", name: "app" }, savepoint: { disposeOnDelete: true } },
    ...more,
  } as Input["resource"],
  facts: {
    job,
    operation: undefined,
    othersOpen: false,
    isClaimed: () => false,
    neededBy: () => undefined,
    disposer: undefined,
    ...facts,
  },
  progressCheckIntervalMs: 1_000,
  now,
});

it.each([
  ["a new one", snapshot({})],
  [
    "one that is deleted and still needed",
    snapshot(
      {
        metadata: {
          name: "snap",
          namespace: "ns",
          uid: "s",
          deletionTimestamp: "2026-01-01T00:00:00Z",
          finalizers: ["flinkstatesnapshots.flink.apache.org/finalizer"],
        },
        status: { state: "COMPLETED", path: "s3://sp/1" },
      },
      { neededBy: (path) => `somebody needs ${path}` },
    ),
  ],
])("decides a pass of a FlinkStateSnapshot again in the same way: %s", async (_, input) => {
  const passes = recorder();
  const decision = decideSnapshot(input);
  passes.recordText("FlinkStateSnapshot", input.resource, () => formatSnapshotPass(input, decision));
  const recording = await readRecording(passes);

  expect(recording.passes).toHaveLength(1);
  expect(differencesOf(recording, 0)).toEqual([]);
});
