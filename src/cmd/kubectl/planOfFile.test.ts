import { expect, it } from "vitest";
import { aStatus } from "../../core/job/situation.fixture.ts";
import { type FakeAnswer, holding, list, noObjects, pathOf, runCommand } from "./fakeKubectl.fixture.ts";
import { cluster, file, image, live, manifest, running, spec, stored } from "./runningJob.fixture.ts";

const notFound = "Error from server (NotFound): not found";
const denied = (why: string, webhook = "validationwebhook.flink.apache.org"): string =>
  `Error from server (Forbidden): admission webhook "${webhook}" denied the request: ${why}`;
const noJob = 'spec.jobReference.name: there is no FlinkDeployment "job"';

const snapshot = (savepoint: object = {}) => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkStateSnapshot",
  metadata: { name: "one", namespace: "ns" },
  spec: { jobReference: { kind: "FlinkDeployment", name: "job" }, savepoint },
});

/** The dry runs, in the order of the file. */
const dryRuns = (first: object, second: Pick<FakeAnswer, "stdout" | "stderr">): readonly FakeAnswer[] => [
  { when: "--dry-run=server", stdout: first, once: true },
  { when: "--dry-run=server", ...second },
];
const noSnapshots: FakeAnswer = { when: `${pathOf("flinkstatesnapshots")}/`, stderr: notFound };
const runs = [noSnapshots, ...running];
/** The FlinkDeployment is not there. */
const empty: readonly FakeAnswer[] = [noSnapshots, ...holding()];
const created = { ...live, status: undefined, metadata: { name: "job", namespace: "ns" } };

const planFile = (answers: readonly FakeAnswer[], ...more: readonly string[]) =>
  runCommand(answers, "plan", "-f", file(manifest(image), snapshot()), ...more);

it("plans every resource of a file in its order, and ends with the worst status", async () => {
  const restarts = stored(image).stdout as object;
  const { stdout, code } = await planFile([...dryRuns(restarts, { stdout: snapshot() }), ...runs]);
  expect(stdout).toMatch(
    /^FlinkDeployment ns\/job: the edit restarts it\n[\s\S]*\n\nFlinkStateSnapshot ns\/one: the edit is applied in place/,
  );
  expect(stdout).toMatch(
    /what runs of FlinkDeployment job, which the file edits before, is taken to be as it is/,
  );
  expect(code).toBe(2);
  const reversed = await runCommand(
    [...dryRuns(snapshot(), { stdout: restarts }), ...runs],
    ...["plan", "-f", file(snapshot(), manifest(image))],
  );
  expect(reversed.stdout).toMatch(/^FlinkStateSnapshot ns\/one[\s\S]*\n\nFlinkDeployment ns\/job/);
  expect(reversed.code).toBe(2);
});

it("ends with 3 where one of them is refused, and plans the others", async () => {
  const answers = [...dryRuns(stored(image).stdout as object, { stderr: denied("no", "g") }), ...runs];
  const { stdout, code } = await planFile(answers);
  expect(stdout).toMatch(
    /job: the edit restarts it\n[\s\S]*one: the edit is refused\n\nRefused:\n {2}.*"g" denied/,
  );
  expect(code).toBe(3);
});

it("prints several as a List", async () => {
  const answers = [...dryRuns(live, { stdout: snapshot() }), ...runs];
  const { stdout, code } = await planFile(answers, "-o", "json");
  expect(JSON.parse(stdout)).toMatchObject({
    apiVersion: "v1",
    kind: "List",
    items: [
      { kind: "FlinkDeployment", name: "job", effect: "nothing" },
      {
        kind: "FlinkStateSnapshot",
        name: "one",
        effect: "in place",
        remarks: [expect.stringMatching(/defaults/)],
      },
    ],
  });
  expect(code).toBe(0);
});

it("takes a job for there that the same file creates", async () => {
  const { stdout, code } = await planFile([...dryRuns(created, { stderr: denied(noJob) }), ...empty]);
  expect(stdout).toMatch(
    /one: the edit is applied in place[\s\S]*Waits for:\n {2}its job: its job is not there yet/,
  );
  expect(stdout).toContain(
    "the API server refuses it before FlinkDeployment job of the file is applied: admission",
  );
  expect(stdout).not.toContain("is taken to be as it is now");
  expect(code).toBe(0);
});

it("plans a snapshot of a job that the file suspends before as one that is given up", async () => {
  const suspended = stored({ job: { ...spec.job, state: "suspended" } }).stdout as object;
  const { stdout, code } = await planFile([...dryRuns(suspended, { stdout: snapshot() }), ...runs]);
  expect(stdout).toMatch(/one: the edit is refused\n\nRefused:\n {2}.*its job is suspended/);
  expect(code).toBe(3);
});

it("refuses a snapshot of a job that the API server does not store", async () => {
  const answers = [
    { when: "--dry-run=server", stderr: 'The FlinkDeployment "job" is invalid: spec.image: x', once: true },
    { when: "--dry-run=server", stderr: denied(noJob) },
    ...empty,
  ] as const;
  const { stdout, code } = await planFile(answers);
  expect(stdout).toMatch(
    /one: the edit is refused\n\nRefused:\n {2}admission webhook .* there is no FlinkDeployment/,
  );
  expect(code).toBe(3);
});

it("plans the jobs of a session cluster that the same file creates", async () => {
  const { job: _, ...sessionSpec } = spec;
  const session = { ...created, spec: sessionSpec };
  const job = {
    ...created,
    kind: "FlinkSessionJob",
    metadata: { name: "a", namespace: "ns" },
    spec: {
      deploymentName: "job",
      job: { jarURI: "https://host/j.jar", parallelism: 1, upgradeMode: "stateless" },
    },
  };
  const answers = [...dryRuns(session, { stdout: job }), ...empty];
  const { stdout, code } = await runCommand(answers, "plan", "-f", file(session, job));
  expect(stdout).toMatch(/FlinkDeployment ns\/job: the edit starts it\n[\s\S]*\n\nFlinkSessionJob ns\/a: /);
  expect(stdout).toMatch(/Waits for:\n {2}the session cluster job, whose JobManager is MISSING/);
  expect(code).toBe(0);
});

it("plans in one namespace what another one has, too", async () => {
  const other = { ...snapshot(), metadata: { name: "one", namespace: "other" } };
  const elsewhere: FakeAnswer[] = ["flinkdeployments", "flinksessionjobs", "flinkstatesnapshots"].map(
    (plural) => ({
      when: pathOf(plural, "other"),
      stdout: list(),
    }),
  );
  const answers = [
    ...dryRuns(stored(image).stdout as object, { stdout: other }),
    { when: `${pathOf("flinkstatesnapshots", "other")}/`, stderr: notFound },
    ...elsewhere,
    ...cluster,
    ...holding({ ...live, status: aStatus(spec) }),
    ...noObjects,
  ];
  const { stdout } = await runCommand(answers, "plan", "-f", file(manifest(image), other));
  expect(stdout).toMatch(
    /FlinkStateSnapshot other\/one: the edit is refused[\s\S]*there is no FlinkDeployment "job"/,
  );
});
