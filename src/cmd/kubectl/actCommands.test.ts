import { expect, it } from "vitest";
import { aSpec } from "../../core/job/situation.fixture.ts";
import { type FakeAnswer, holding, list, pathOf, runCommand, runCommandAt } from "./fakeKubectl.fixture.ts";
import { cluster, live, running, spec } from "./runningJob.fixture.ts";

const patched: FakeAnswer = { when: "patch ", stdout: "" };

it("rescales a job by its parallelism", async () => {
  const { calls, stdout } = await runCommand(
    [patched, ...running],
    "rescale",
    "job",
    "-n",
    "ns",
    "--parallelism",
    "7",
  );
  expect(calls.at(-1)?.args).toMatch(/^patch .* -p \{"spec":\{"job":\{"parallelism":7\}\}\}$/);
  expect(stdout).toBe("FlinkDeployment ns/job: is to be rescaled\n");
  const same = `${aSpec.job?.parallelism ?? 1}`;
  const withParallelism = { ...live, spec: { ...spec, job: { ...spec.job, parallelism: Number(same) } } };
  const again = await runCommand(
    [patched, ...holding(withParallelism)],
    "rescale",
    "job",
    "--parallelism",
    same,
  );
  expect(again.stderr).toEqual(["it is scaled so already"]);
});

it.each([
  [["rescale", "job"], /give --parallelism, or --task-managers/],
  [["rescale", "job", "--parallelism", "0"], /must be a whole number, 1 to/],
  [["rescale", "job", "--task-managers", "2"], /is not standalone: Flink itself starts/],
])("refuses %j", async (args, why) => {
  const { stderr, calls, code } = await runCommand([patched, ...running], ...args, "-n", "ns");
  expect(stderr.join("\n")).toMatch(why);
  expect(calls.some(({ args: each }) => each.startsWith("patch"))).toBe(false);
  expect(code).toBe(1);
});

const snapshot = (name: string, created: string, more: object = {}) => ({
  metadata: { name, namespace: "ns", uid: name, creationTimestamp: created },
  spec: { jobReference: { kind: "FlinkDeployment", name: "job" }, savepoint: {} },
  status: { state: "COMPLETED", path: `file:/s/${name}`, ...more },
});
const snapshots: FakeAnswer = {
  when: pathOf("flinkstatesnapshots"),
  stdout: list(
    snapshot("new", "2026-01-01T20:00:00Z"),
    snapshot("named", "2026-01-01T10:00:00Z"),
    snapshot("old", "2025-12-01T10:00:00Z"),
    snapshot("failed", "2025-12-02T10:00:00Z", { state: "FAILED", path: "" }),
    snapshot("running", "2025-12-02T11:00:00Z", { state: "IN_PROGRESS", path: "" }),
  ),
};
const user = {
  ...live,
  metadata: { name: "other", namespace: "ns", uid: "o" },
  spec: { ...spec, job: { ...spec.job, initialSavepointPath: "file:/s/named" } },
};
const pruned: readonly FakeAnswer[] = [
  { when: "delete ", stdout: "" },
  snapshots,
  ...cluster,
  ...holding(live, user),
];
const prune = ["snapshots", "prune", "job", "-n", "ns", "--keep", "1"];

it("prunes old snapshots that no job needs, after a question", async () => {
  const { stdout, calls, stderr } = await runCommandAt({ agrees: true }, pruned, ...prune);
  const table = Object.fromEntries(
    stdout
      .split("\n")
      .slice(1)
      .map((line) => line.split(/\s{2,}/))
      .map(([name, , what, why]) => [name, `${what}: ${why}`]),
  );
  expect(table).toMatchObject({
    new: expect.stringMatching(/^keep: /),
    named: "keep: initialSavepointPath of FlinkDeployment ns/other names it",
    old: "delete: no job needs it",
    failed: "delete: it is FAILED",
    running: "keep: it is not complete yet",
  });
  expect(stderr).toEqual(["Delete 2 of 5?"]);
  expect(calls.at(-1)?.args).toMatch(
    /^delete flinkstatesnapshots\.flink\.apache\.org -n ns --wait=false failed old$/,
  );
});

it.each([
  ["a dry run", {}, ["--dry-run"], 0],
  ["nobody to ask", {}, [], 1],
  ["a user who does not agree", { agrees: false }, [], 1],
  ["nothing old enough", { agrees: true }, ["--older-than", "90 d"], 0],
])("deletes nothing with %s", async (_, terminal, args, expected) => {
  const { calls, code } = await runCommandAt(terminal, pruned, ...prune, ...args);
  expect(calls.some(({ args: each }) => each.startsWith("delete"))).toBe(false);
  expect(code).toBe(expected);
});

it("keeps what only a FlinkBlueGreenDeployment names", async () => {
  const parent = {
    metadata: { name: "bg", namespace: "ns", uid: "bg" },
    spec: { template: { spec: { job: { initialSavepointPath: "file:/s/old" } } } },
  };
  const answers = [{ when: pathOf("flinkbluegreendeployments"), stdout: list(parent) }, ...pruned];
  const { stdout, calls } = await runCommandAt({}, answers, ...prune, "--yes");
  expect(stdout).toContain("FlinkBlueGreenDeployment ns/bg names it");
  expect(calls.at(-1)?.args).toMatch(/--wait=false failed$/);
});

it("does not delete what is needed since the question", async () => {
  const answers = [
    { when: pathOf("flinkbluegreendeployments"), stdout: list(), once: true as const },
    {
      when: pathOf("flinkbluegreendeployments"),
      stdout: list({ metadata: { name: "bg", namespace: "ns" }, status: { savepointPath: "file:/s/old" } }),
    },
    ...pruned,
  ];
  const { calls } = await runCommandAt({ agrees: true }, answers, ...prune);
  expect(calls.at(-1)?.args).toMatch(/--wait=false failed$/);
});

it("prints nothing but the data with -o json", async () => {
  const { stdout, stderr } = await runCommandAt({}, pruned, ...prune, "--yes", "-o", "json");
  expect(JSON.parse(stdout)).toHaveLength(5);
  expect(stderr).toEqual(["FlinkDeployment ns/job: 2 FlinkStateSnapshots are being deleted"]);
});

it("still lists snapshots", async () => {
  const { stdout } = await runCommand(pruned, "snapshots", "job", "-n", "ns", "-o", "wide");
  expect(stdout).toMatch(/^SNAPSHOT .* OF .* TRIGGER .* FORMAT .* PATH\nnew /);
});

it("shows again what it watches, until it is interrupted, and survives a failure", async () => {
  const lost = "Unable to connect to the server: dial tcp: lookup x: no such host";
  const { stdout, stderr } = await runCommandAt(
    { looks: 3 },
    [...holding(live)],
    "status",
    "-n",
    "ns",
    "--watch",
  );
  expect(stdout.match(/^job /gm)).toHaveLength(3);
  expect(stderr).toEqual(["interrupted"]);
  const answers = [
    { when: pathOf("flinkdeployments"), stdout: list(live), once: true as const },
    { when: pathOf("flinkdeployments"), stderr: lost },
    { when: pathOf("flinksessionjobs"), stderr: lost },
  ];
  const cut = await runCommandAt({ looks: 2 }, answers, "status", "-n", "ns", "-w");
  expect(cut.stderr.join("\n")).toMatch(/no cluster answers[\s\S]*interrupted/);
});

it("says before a migration what would go on as it is, and what would not", async () => {
  const invalid = {
    ...live,
    metadata: { ...live.metadata, name: "invalid", uid: "i" },
    spec: {
      ...spec,
      flinkConfiguration: { ...spec.flinkConfiguration, "taskmanager.numberOfTaskSlots": "many" },
    },
  };
  const same = await runCommand(running, "migrate", "-n", "ns");
  expect(same.stdout).toMatch(/^NAMESPACE .*\nns +job +FlinkDeployment +same\n$/);
  expect(same.code).toBe(0);
  const both = [...cluster, ...holding(live, invalid)];
  const named = await runCommand(both, "migrate", "job", "-n", "ns", "-A");
  expect(named.stderr).toEqual(["-A is for all resources: name the namespace of job with -n instead"]);
  const { stdout, code } = await runCommand(both, "migrate", "-n", "ns", "-o", "json");
  expect(JSON.parse(stdout)).toMatchObject([
    { name: "job", verdict: "same" },
    { name: "invalid", verdict: "refused", details: [expect.stringMatching(/numberOfTaskSlots/)] },
  ]);
  expect(code).toBe(3);
});
