import fc from "fast-check";
import { expect, it } from "vitest";
import { type SnapshotTarget, validateFlinkStateSnapshot } from "./validateFlinkStateSnapshot.ts";

const target: SnapshotTarget = {
  hasJob: true,
  flinkVersion: "v2_3",
  savepointDirectory: "file:///savepoints",
};
const jobReference = { kind: "FlinkDeployment", name: "counter" };
const runCheck = (spec: object, of: SnapshotTarget = target, status?: object) =>
  validateFlinkStateSnapshot({ metadata: { name: "snapshot" }, spec, status }, of).map(
    ({ field, message }) => `${field}: ${message}`,
  );

it.each([
  ["a savepoint", { jobReference, savepoint: {} }],
  ["a checkpoint", { jobReference, checkpoint: {} }],
  ["an existing one without a job", { savepoint: { alreadyExists: true, path: "file:///sp" } }],
])("%s is right", (_, spec) => {
  expect(runCheck(spec)).toEqual([]);
});

it.each<[string, object, SnapshotTarget, string]>([
  [
    "both",
    { jobReference, savepoint: {}, checkpoint: {} },
    target,
    "spec: has both savepoint and checkpoint",
  ],
  ["neither", { jobReference }, target, "spec: has neither savepoint nor checkpoint"],
  ["nothing at all", {}, target, "spec: has neither"],
  ["no job", { savepoint: {} }, target, "spec.jobReference: must be set"],
  [
    "no kind",
    { jobReference: { name: "a" }, savepoint: {} },
    target,
    "spec.jobReference.kind: must be set: FlinkDeployment or FlinkSessionJob",
  ],
  [
    "no name",
    { jobReference: { kind: "FlinkDeployment" }, savepoint: {} },
    target,
    "spec.jobReference.name: must be set",
  ],
  [
    "an unknown job",
    { jobReference, savepoint: {} },
    "missing",
    'spec.jobReference.name: there is no FlinkDeployment "counter" in this namespace',
  ],
  [
    "a session cluster",
    { jobReference, savepoint: {} },
    { ...target, hasJob: false },
    "is a session cluster",
  ],
  [
    "an old Flink's checkpoint",
    { jobReference, checkpoint: {} },
    { ...target, flinkVersion: "v1_16" },
    "spec.checkpoint: needs Flink v1_17 or newer",
  ],
  [
    "no place",
    { jobReference, savepoint: {} },
    { ...target, savepointDirectory: undefined },
    "spec.savepoint.path: must be set",
  ],
  [
    "an existing one without path",
    { savepoint: { alreadyExists: true } },
    target,
    "spec.savepoint.path: must be set",
  ],
  [
    "no format",
    { jobReference, savepoint: { formatType: "UNKNOWN" } },
    target,
    "spec.savepoint.formatType: must be CANONICAL or NATIVE",
  ],
  [
    "a wrong type",
    { jobReference, savepoint: { disposeOnDelete: "yes" } },
    target,
    "spec.savepoint.disposeOnDelete",
  ],
])("%s: one error that names the field", (_, spec, of, words) => {
  const errors = runCheck(spec, of);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(words);
});

it("a triggered snapshot stays valid if its job was deleted since", () => {
  expect(runCheck({ jobReference, savepoint: {} }, "missing", { state: "COMPLETED" })).toEqual([]);
});

it("never throws", () => {
  fc.assert(
    fc.property(fc.anything(), (resource) => {
      expect(Array.isArray(validateFlinkStateSnapshot(resource, "unknown"))).toBe(true);
    }),
    { numRuns: 200 },
  );
});
