import { expect, it } from "vitest";
import { aSpec, aStatus } from "../../core/job/situation.fixture.ts";
import { formatLastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import { type FakeAnswer, holding, pathOf, runCommand, runCommandAt } from "./fakeKubectl.fixture.ts";
import { file, image, live, manifest, metadata, running, spec, stored } from "./runningJob.fixture.ts";

const edited = { ...live, metadata: { ...metadata, generation: 2 }, spec: { ...spec, ...image } };
const condition = { type: "Ready", status: "True", reason: "Running", message: "The job runs." };
const settled = {
  ...edited,
  status: { ...aStatus(edited.spec, { conditions: [condition] as never }), observedGeneration: 2 },
};

/** The edit is stored when it is no dry run, and the operator has acted on it afterwards. */
const storing: readonly FakeAnswer[] = [
  { when: "apply -n ns -o json", stdout: edited },
  { when: `${pathOf("flinkdeployments")}/job`, stdout: live, times: 2 },
  { when: `${pathOf("flinkdeployments")}/job`, stdout: settled },
  stored(image),
  ...running,
];
const writes = (calls: readonly { args: string }[]) =>
  calls.filter(({ args }) => /^(apply|patch)/.test(args) && !args.includes("--dry-run"));
const apply = ["apply", "-f", file(manifest(image)), "-n", "ns"];

it("shows the plan, asks, applies and follows it to its end", async () => {
  const { stdout, stderr, calls, code } = await runCommandAt({ agrees: true }, storing, ...apply);
  expect(stdout).toMatch(
    /the edit restarts it[\s\S]*ns\/job: edited\nFlinkDeployment ns\/job: The job runs\.\n$/,
  );
  expect(stderr).toEqual(["Carry it out?"]);
  expect(writes(calls)).toHaveLength(1);
  expect(
    JSON.parse(calls.find(({ args }) => args === "apply -n ns -o json -f -")?.input ?? ""),
  ).toMatchObject({ spec: image });
  expect(code).toBe(0);
});

it.each([
  ["edited", { ...live, metadata: { ...metadata, generation: 2 } }],
  ["deleted and created again", { ...live, metadata: { ...metadata, uid: "uid-2" } }],
])("changes nothing that was %s since the plan", async (_, meanwhile) => {
  const answers = [
    { when: `${pathOf("flinkdeployments")}/job`, stdout: live, times: 1 },
    { when: `${pathOf("flinkdeployments")}/job`, stdout: meanwhile },
    ...storing,
  ];
  const { stderr, calls, code } = await runCommandAt({ agrees: true }, answers, ...apply);
  expect(stderr.at(-1)).toMatch(/nothing was changed: FlinkDeployment job was edited meanwhile.*plan again/);
  expect(writes(calls)).toEqual([]);
  expect(code).toBe(1);
});

it("edits no side of a FlinkBlueGreenDeployment", async () => {
  const owner = {
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkBlueGreenDeployment",
    name: "bg",
    uid: "p",
  };
  const child = { ...live, metadata: { ...metadata, ownerReferences: [owner] } };
  const answers = [stored(image), ...holding(child), ...running];
  for (const args of [
    [...apply, "--yes"],
    ["restart", "job", "-n", "ns"],
    ["rescale", "job", "-n", "ns", "--parallelism", "9"],
  ]) {
    const { stderr, calls, code } = await runCommand(answers, ...args);
    expect(stderr.at(-1)).toBe(
      "FlinkDeployment job is a side of the FlinkBlueGreenDeployment bg: edit spec.template of that",
    );
    expect([writes(calls), code]).toEqual([[], 1]);
  }
});

it("changes nothing if the user does not agree", async () => {
  const { stderr, calls, code } = await runCommandAt({ agrees: false }, storing, ...apply);
  expect(stderr).toEqual(["Carry it out?", "nothing was changed"]);
  expect(writes(calls)).toEqual([]);
  expect(code).toBe(1);
});

it("refuses what restarts the job where nobody can be asked, unless --yes says so", async () => {
  const refused = await runCommand(storing, ...apply);
  expect(refused.stderr.at(-1)).toMatch(/nothing was changed: the edit stops what runs.*add --yes/);
  expect(refused.code).toBe(2);
  expect(writes(refused.calls)).toEqual([]);
  const done = await runCommand(storing, ...apply, "--yes", "--no-wait");
  expect(done.stdout).toMatch(/ns\/job: edited\n$/);
  expect(done.code).toBe(0);
});

it("applies what changes nothing that runs without a question", async () => {
  const { stdout, stderr, code } = await runCommand([stored(), ...running], "apply", "-f", file(manifest()));
  expect(stdout).toMatch(/ns\/job: its spec is as it was\n$/);
  expect([stderr, code]).toEqual([[], 0]);
});

it("applies nothing that is refused", async () => {
  const edit = {
    flinkConfiguration: { ...spec.flinkConfiguration, "taskmanager.numberOfTaskSlots": "many" },
  };
  const { stdout, calls, code } = await runCommand(
    [stored(edit), ...running],
    ...["apply", "-f", file(manifest(edit)), "--yes"],
  );
  expect(stdout).toMatch(/the edit is refused/);
  expect(writes(calls)).toEqual([]);
  expect(code).toBe(3);
});

const stable = { ...spec, image: "flink:stable" };
const broken = {
  ...live,
  spec: { ...spec, restartNonce: 4 },
  status: {
    ...(live.status as object),
    reconciliationStatus: {
      ...aStatus(spec).reconciliationStatus,
      lastStableSpec: formatLastReconciledSpec(stable, { firstDeployment: false }),
    },
  },
};

it("rolls back to the last stable spec by a patch that asks for nothing again", async () => {
  const answers = [{ when: "patch ", stdout: broken }, ...holding(broken).slice(0, 3), ...running];
  const { stdout, calls } = await runCommand(answers, "rollback", "job", "-n", "ns", "--yes", "--no-wait");
  const [patch] = writes(calls);
  expect(JSON.parse(/-p (\{.*\}) /.exec(patch?.args ?? "")?.[1] ?? "")).toMatchObject({
    spec: { image: "flink:stable" },
  });
  expect(patch?.args).not.toContain("restartNonce");
  expect(stdout).toContain("FlinkDeployment ns/job:");
});

it("rolls back only what it has planned", async () => {
  const versioned = { ...broken, metadata: { ...broken.metadata, resourceVersion: "7" } };
  const conflict = {
    when: '{"metadata":{"resourceVersion":"7"},"spec"',
    stderr: "Error from server (Conflict): the object has been modified",
  };
  const answers = [
    conflict,
    { when: "patch ", stdout: versioned },
    ...holding(versioned).slice(0, 3),
    ...running,
  ];
  const { stderr, code } = await runCommand(answers, "rollback", "job", "-n", "ns", "--yes", "--no-wait");
  expect(stderr.at(-1)).toMatch(/was edited meanwhile/);
  expect(code).toBe(1);
});

it("rolls back to a snapshot by a redeployment, with what it gives up in the plan", async () => {
  const snapshot = {
    metadata: { name: "good" },
    spec: {},
    status: { state: "COMPLETED", path: "file:/s/good" },
  };
  const redeployed = { initialSavepointPath: "file:/s/good", savepointRedeployNonce: 1 };
  const after = {
    ...live,
    metadata: { ...metadata, generation: 2 },
    spec: { ...spec, job: { ...aSpec.job, ...redeployed } },
  };
  const answers = [
    { when: "patch ", stdout: after },
    { when: `${pathOf("flinkstatesnapshots")}/good`, stdout: snapshot },
    { when: `${pathOf("flinkstatesnapshots")}/none`, stderr: "Error from server (NotFound): none" },
    ...running,
  ];
  const asked = await runCommand(answers, "rollback", "job", "-n", "ns", "--to", "good");
  expect(asked.stdout).toMatch(/Restored from:\n {2}file:\/s\/good/);
  expect([asked.code, writes(asked.calls)]).toEqual([2, []]);
  const done = await runCommand(answers, "rollback", "job", "-n", "ns", "--to", "good", "--yes", "--no-wait");
  expect(writes(done.calls)[0]?.args).toContain(JSON.stringify({ spec: { job: redeployed } }));
  const missing = await runCommand(answers, "rollback", "job", "-n", "ns", "--to", "none");
  expect(missing.stderr).toEqual([expect.stringMatching(/there is no FlinkStateSnapshot none/)]);
});

it("has nothing to go back to before a job was stable", async () => {
  const fresh = { ...live, status: {} };
  const { stderr, code } = await runCommand(holding(fresh), "rollback", "job", "-n", "ns");
  expect([stderr, code]).toEqual([
    ["FlinkDeployment job was never stable: there is no spec to go back to"],
    1,
  ]);
});

it.each([
  [
    "another object beside it",
    file(manifest(), { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } }),
    /holds ConfigMap, too: apply that with kubectl/,
  ],
  ["two of them", file(manifest(), { ...manifest(), metadata: { name: "b" } }), /apply one at a time/],
  [
    "another kind",
    file({ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }),
    /holds Pod: apply is for a/,
  ],
  ["no file", "/nowhere/job.yaml", /cannot read \/nowhere\/job\.yaml/],
])("applies nothing with %s", async (_, path, why) => {
  const { stderr, calls, code } = await runCommand(storing, "apply", "-f", path, "--yes");
  expect(stderr).toEqual([expect.stringMatching(why)]);
  expect([code, writes(calls)]).toEqual([1, []]);
});
