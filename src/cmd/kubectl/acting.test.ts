import { load } from "js-yaml";
import { expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { aSpec, aStatus } from "../../core/job/situation.fixture.ts";
import { type FakeAnswer, holding, runCommand } from "./fakeKubectl.fixture.ts";
import { createProgram } from "./program.ts";
import { file, image, live, manifest, metadata, running, spec, stored } from "./runningJob.fixture.ts";

const job: KubeObject = {
  kind: "FlinkDeployment",
  metadata: { name: "a", namespace: "ns", generation: 2 },
  spec: aSpec,
  status: { ...aStatus(aSpec), pendingChange: { generation: 2, waitsFor: "Approval" } },
};
const suspended = { ...job, spec: { ...aSpec, job: { ...aSpec.job, state: "suspended" } } };
const patching: FakeAnswer = { when: "patch ", stdout: "" };
const snapshot = { metadata: { name: "a-savepoint-1", namespace: "ns" } };
const parallel: FakeAnswer[] = [patching, ...holding(job)];

it.each<[string, readonly FakeAnswer[], object]>([
  ["suspend a", parallel, { changed: true, messages: ["FlinkDeployment ns/a: is to be suspended"] }],
  ["resume a", parallel, { changed: false, messages: ["it is to run already"] }],
  ["resume a", [patching, ...holding(suspended)], { changed: true }],
  ["restart a", parallel, { changed: true }],
  ["rescale a --parallelism 3", parallel, { changed: true }],
  ["rescale a --parallelism 1", parallel, { changed: false }],
  ["cancel a --yes", parallel, { changed: true }],
  ["approve a", parallel, { changed: true, generation: 2 }],
  [
    "snapshot a",
    [{ when: "create ", stdout: snapshot }, ...holding(job)],
    { kind: "FlinkStateSnapshot", name: "a-savepoint-1", changed: true },
  ],
])(
  "%s says in JSON and YAML what was done, and its lines are on standard error",
  async (line, answers, result) => {
    for (const [format, read] of [
      ["json", JSON.parse],
      ["yaml", load],
    ] as const) {
      const { stdout, stderr, code } = await runCommand(
        answers,
        ...line.split(" "),
        "-n",
        "ns",
        "-o",
        format,
      );
      const done = read(stdout) as { messages: string[] };
      expect(done).toMatchObject({ kind: "FlinkDeployment", namespace: "ns", name: "a", ...result });
      expect(stderr).toEqual(done.messages);
      expect(code).toBe(0);
    }
  },
);

it("has the plan of an edit that is applied, and of one that is refused", async () => {
  const edited = { ...live, metadata: { ...metadata, generation: 2 }, spec: { ...spec, ...image } };
  const storing = [{ when: "apply -n ns -o json", stdout: edited }, stored(image), ...running];
  const apply = ["apply", "-f", file(manifest(image)), "-n", "ns", "-o", "json"];
  const done = await runCommand(storing, ...apply, "--yes", "--no-wait");
  expect(JSON.parse(done.stdout)).toMatchObject({
    changed: true,
    messages: ["FlinkDeployment ns/job: edited"],
    plan: { effect: "restart" },
  });
  const edit = {
    flinkConfiguration: { ...spec.flinkConfiguration, "taskmanager.numberOfTaskSlots": "many" },
  };
  const refused = await runCommand(
    [stored(edit), ...running],
    ...["apply", "-f", file(manifest(edit)), "--yes", "-o", "json"],
  );
  expect(JSON.parse(refused.stdout)).toMatchObject({ changed: false, plan: { effect: "refused" } });
  expect(refused.code).toBe(3);
  const unasked = await runCommand(storing, ...apply);
  expect([unasked.stdout, unasked.code]).toEqual(["", 2]);
});

it("prints no document where a command fails", async () => {
  const missing = [{ when: "patch ", stderr: "Error from server (Forbidden): no" }, ...holding(job)];
  const { stdout, code } = await runCommand(missing, "suspend", "a", "-n", "ns", "-o", "json");
  expect([stdout, code]).toEqual(["", 1]);
});

it("is an option of every command that acts", () => {
  const environment = { kubectl: () => expect.unreachable() } as unknown as Parameters<
    typeof createProgram
  >[0];
  const acting = "suspend resume restart snapshot rescale rollback approve promote cancel apply".split(" ");
  const withOutput = createProgram(environment).commands.filter(({ options }) =>
    options.some(({ long }) => long === "--output"),
  );
  expect(withOutput.map((command) => command.name())).toEqual(expect.arrayContaining(acting));
});
