import { expect, it } from "vitest";
import { buildChild } from "../../core/flinkbluegreendeployment/child.ts";
import { formatStoredSpec } from "../../core/flinkbluegreendeployment/storedSpec.ts";
import { aStatus } from "../../core/job/situation.fixture.ts";
import { rollbackPatch } from "./blueGreenRollback.ts";
import { type FakeAnswer, list, noObjects, pathOf, runCommand, runCommandAt } from "./fakeKubectl.fixture.ts";
import { file, image, cluster as ofJob, spec } from "./runningJob.fixture.ts";

const wanted = {
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkBlueGreenDeployment",
  metadata: { name: "bg", namespace: "ns", uid: "uid-bg", generation: 1 },
  spec: { template: { spec } },
};
const rollback = {
  uid: "uid-0",
  spec: formatStoredSpec({ template: { spec: { ...spec, image: "flink:0" } } }),
  savepointPath: "s3://sp/before",
  expirationTimestamp: "2999-01-01T00:00:00Z",
};
const live = {
  ...wanted,
  status: {
    blueGreenState: "ACTIVE_GREEN",
    jobStatus: { state: "RUNNING" },
    lastReconciledSpec: formatStoredSpec(wanted.spec),
    observedGeneration: 1,
    abortTimestamp: "1970-01-01T00:00:00Z",
    deploymentReadyTimestamp: "1970-01-01T00:00:00Z",
    rollback,
  },
};
const child = {
  ...buildChild(wanted, "GREEN", undefined),
  metadata: { ...buildChild(wanted, "GREEN", undefined).metadata, uid: "uid-green", generation: 1 },
  status: aStatus(spec),
};
/** What the cluster and Flink answer of the running side. */
const ofGreen = JSON.parse(
  JSON.stringify(ofJob)
    .replaceAll('"app":"job"', '"app":"bg-green"')
    .replaceAll('"name":"job"', '"name":"bg-green"')
    .replaceAll("job-rest:", "bg-green-rest:"),
) as readonly FakeAnswer[];
const cluster: readonly FakeAnswer[] = [
  ...ofGreen,
  { when: `${pathOf("flinkbluegreendeployments")}/bg`, stdout: live },
  { when: `${pathOf("flinkdeployments")}/bg`, stderr: "Error from server (NotFound): not found" },
  { when: `${pathOf("flinksessionjobs")}/bg`, stderr: "Error from server (NotFound): not found" },
  { when: pathOf("flinkdeployments"), stdout: list(child) },
  ...noObjects,
];
const edited = (change: object): FakeAnswer => ({
  when: "--dry-run=server",
  stdout: { ...live, spec: { template: { spec: { ...spec, ...change } } } },
});

it("plans a transition", async () => {
  const manifest = { ...wanted, spec: { template: { spec: { ...spec, ...image } } } };
  const answers = [edited(image), ...cluster];
  const { stdout, code } = await runCommand(answers, "plan", "-f", file(manifest));

  expect(stdout).toMatch(/^FlinkBlueGreenDeployment ns\/bg: the edit starts it beside the one that runs/);
  expect(stdout).toMatch(/spec\.template\.spec\.image: .* \(restart\)/);
  expect(stdout).toMatch(
    /1\. take a savepoint .*\n.*2\. create the FlinkDeployment bg-blue\n.*3\. delete the FlinkDeployment bg-green/,
  );
  expect(stdout).toMatch(/Downtime:\n {2}none: the job that runs works until the new one does/);
  expect(code).toBe(2);
});

it("plans nothing where nothing changes", async () => {
  const { stdout, code } = await runCommand([edited({}), ...cluster], "plan", "-f", file(wanted));

  expect(stdout).toMatch(/changes nothing that runs/);
  expect(code).toBe(0);
});

it("explains the state, and what can be gone back to", async () => {
  const { stdout } = await runCommand(cluster, "explain", "flinkbgdep/bg", "-n", "ns");

  expect(stdout).toContain("the state is ACTIVE_GREEN");
  expect(stdout).toContain("the FlinkDeployment bg-green is STABLE; its job is RUNNING");
  expect(stdout).toContain("there is no FlinkDeployment of BLUE");
  expect(stdout).toMatch(/savepoint s3:\/\/sp\/before: .*kubectl flink rollback bg goes back to it/);
  expect(stdout).toContain("the other FlinkDeployment would start from a savepoint that the job takes");
});

it("goes back to what ran before, from its own savepoint", async () => {
  const target = "patch flinkbluegreendeployments.flink.apache.org bg";
  const back = {
    image: "flink:0",
    job: { ...spec.job, initialSavepointPath: "s3://sp/before", savepointRedeployNonce: 1 },
  };
  const answers = [
    edited(back),
    { when: target, stdout: { ...live, metadata: { ...live.metadata, generation: 2 } } },
    ...cluster,
  ];
  const { stdout, calls, code } = await runCommandAt(
    { agrees: true },
    answers,
    "rollback",
    "bg",
    "--no-wait",
  );

  expect(stdout).toMatch(/Restored from:\n {2}s3:\/\/sp\/before/);
  const [patch] = calls.filter(({ args }) => args.startsWith(target) && !args.includes("--dry-run"));
  expect(patch?.args).toContain('"initialSavepointPath":"s3://sp/before"');
  expect(patch?.args).toContain('"savepointRedeployNonce":1');
  expect(patch?.args).toContain('"image":"flink:0"');
  expect(code).toBe(0);
});

it.each([
  [["--to", "s3://sp/other"], live.status, /--to is for a FlinkDeployment or FlinkSessionJob/],
  [[], { ...live.status, rollback: undefined }, /there is nothing to go back to/],
  [
    [],
    { ...live.status, rollback: { ...rollback, expirationTimestamp: "2000-01-01T00:00:00Z" } },
    /the time was over at 2000-01-01T00:00:00Z/,
  ],
  [[], { ...live.status, rollback: { uid: "uid-0", spec: rollback.spec } }, /is still being stopped/],
  [[], { ...live.status, rollback: { ...rollback, spec: "{" } }, /status\.rollback\.spec cannot be read/],
])("rolls back %j only where that can be", async (flags, status, message) => {
  const answers = [
    { when: `${pathOf("flinkbluegreendeployments")}/bg`, stdout: { ...live, status } },
    ...cluster,
  ];
  const { stderr, calls, code } = await runCommandAt(
    { agrees: true },
    answers,
    "rollback",
    "flinkbgdep/bg",
    ...flags,
  );

  expect(stderr.join("\n")).toMatch(message);
  expect(calls.some(({ args }) => args.startsWith("patch"))).toBe(false);
  expect(code).toBe(1);
});

it("says whose status cannot be read, where the FlinkDeployments cannot be seen", async () => {
  const answers = [
    {
      when: `${pathOf("flinkbluegreendeployments")}/bg`,
      stdout: { ...live, status: { ...live.status, lastReconciledSpec: "{" } },
    },
    ...cluster.map((each) =>
      each.when === pathOf("flinkdeployments")
        ? { when: each.when, stderr: "Error from server (Forbidden): no" }
        : each,
    ),
  ];
  const { stderr, code } = await runCommand(answers, "explain", "flinkbgdep/bg", "-n", "ns");

  expect(stderr.join("\n")).toMatch(/FlinkBlueGreenDeployment bg: status\.lastReconciledSpec cannot be read/);
  expect(code).toBe(1);
});

it("goes back to the upgrade mode of before, and without state to no savepoint", () => {
  const stateless = { ...spec, job: { ...spec.job, upgradeMode: "stateless" as const } };
  const { savepointPath: _, ...record } = rollback;
  const status = {
    ...live.status,
    rollback: { ...record, spec: formatStoredSpec({ template: { spec: stateless } }) },
  };

  expect(rollbackPatch({ ...live, status } as never, 0)).toMatchObject({
    template: {
      spec: { job: { upgradeMode: "stateless", savepointRedeployNonce: 1, initialSavepointPath: null } },
    },
  });
});
