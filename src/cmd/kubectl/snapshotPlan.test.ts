import { expect, it } from "vitest";
import { type FakeAnswer, list, noObjects, pathOf, runCommand } from "./fakeKubectl.fixture.ts";
import { cluster, file, live } from "./runningJob.fixture.ts";

const snapshot = (spec: object = { savepoint: {} }, name = "one") => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkStateSnapshot",
  metadata: { name, namespace: "ns" },
  spec: { jobReference: { kind: "FlinkDeployment", name: "job" }, ...spec },
});
const notFound = "Error from server (NotFound): not found";

/** The running job, and this snapshot if there is one. */
const around = (before?: object): readonly FakeAnswer[] => [
  before === undefined
    ? { when: `${pathOf("flinkstatesnapshots")}/`, stderr: notFound }
    : { when: `${pathOf("flinkstatesnapshots")}/`, stdout: before },
  ...cluster,
  { when: pathOf("flinkdeployments"), stdout: list(live) },
  ...noObjects,
];
const accepted = (stored: object): FakeAnswer => ({ when: "--dry-run=server", stdout: stored });

it("plans a new savepoint, with what a deletion does to it", async () => {
  const { stdout, code } = await runCommand(
    [accepted(snapshot()), ...around()],
    ...["plan", "-f", file(snapshot())],
  );
  expect(stdout).toMatch(/^FlinkStateSnapshot ns\/one: the edit is applied in place: nothing restarts\n/);
  expect(stdout).toMatch(/Steps:\n {2}1\. take a savepoint \(CANONICAL\) in file:\/\/\/s\n/);
  expect(stdout).toMatch(/When it is deleted:\n {2}its savepoint is disposed of, unless/);
  expect(code).toBe(0);
});

it("prints the same as data", async () => {
  const answers = [accepted(snapshot({ checkpoint: {} })), ...around()];
  const { stdout } = await runCommand(
    answers,
    ...["plan", "-f", file(snapshot({ checkpoint: {} })), "-o", "json"],
  );
  expect(JSON.parse(stdout)).toMatchObject({
    kind: "FlinkStateSnapshot",
    effect: "in place",
    steps: [{ what: "take checkpoint" }],
    onDeletion: "its checkpoint stays",
  });
});

it("ends with 3 where there is no such job", async () => {
  const wrong = snapshot({ savepoint: {}, jobReference: { kind: "FlinkSessionJob", name: "job" } });
  const { stdout, code } = await runCommand([accepted(wrong), ...around()], "plan", "-f", file(wrong));
  expect(stdout).toMatch(/the edit is refused\n\nRefused:\n {2}.*there is no FlinkSessionJob "job"/);
  expect(code).toBe(3);
});

it("refuses, for somebody who may only read, a job of an unknown kind", async () => {
  const stderr = 'Error from server (Forbidden): User "eve" cannot create resource "flinkstatesnapshots"';
  const wrong = snapshot({ savepoint: {}, jobReference: { kind: "FlinkJob", name: "job" } });
  const answers = [{ when: "--dry-run=server", stderr }, ...around()];
  const { stdout, code } = await runCommand(answers, "plan", "-f", file(wrong));
  expect(stdout).toMatch(/the edit is refused\n\nRefused:\n {2}spec.jobReference.kind: must be .*FlinkJob/);
  expect(code).toBe(3);
});

it("says that an edit of a completed snapshot keeps its savepoint", async () => {
  const completed = {
    ...snapshot({ savepoint: { disposeOnDelete: true } }),
    status: { state: "COMPLETED", path: "file:///s/savepoint-1" },
  };
  const before = { ...completed, metadata: { ...completed.metadata, uid: "uid-s", generation: 1 } };
  const edited = snapshot({ savepoint: { disposeOnDelete: false } });
  const stored = { ...before, spec: edited.spec };
  const { stdout, code } = await runCommand(
    [accepted(stored), ...around(before)],
    "plan",
    "-f",
    file(edited),
  );
  expect(stdout).toContain("spec.savepoint.disposeOnDelete: true -> false");
  expect(stdout).toMatch(/When it is deleted:\n {2}its savepoint file:\/\/\/s\/savepoint-1 stays\n/);
  expect(code).toBe(0);
});

it("is not for apply", async () => {
  const applied = await runCommand(around(), "apply", "-f", file(snapshot()));
  expect(applied.stderr.join("\n")).toMatch(/holds FlinkStateSnapshot: apply is for a FlinkDeployment/);
});
