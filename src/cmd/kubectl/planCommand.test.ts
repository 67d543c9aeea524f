import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { aStatus } from "../../core/job/situation.fixture.ts";
import { type FakeAnswer, holding, runCommand } from "./fakeKubectl.fixture.ts";
import {
  file,
  folder,
  image,
  live,
  manifest,
  metadata,
  running,
  spec,
  stored,
} from "./runningJob.fixture.ts";

it("ends with 0 where nothing changes", async () => {
  const { stdout, code } = await runCommand([stored(), ...running], "plan", "-f", file(manifest()));
  expect(stdout).toBe("FlinkDeployment ns/job: the edit changes nothing that runs\n".concat(remarks));
  expect(code).toBe(0);
});

const remarks =
  "\nNot known:\n  the operator's configuration is not known (there is no ConfigMap flink-operator-config): its defaults are " +
  "assumed; --operator-config FILE gives it\n";

it("ends with 2 where the job restarts, and says from what", async () => {
  const edit = { image: "flink:9" };
  const { stdout, code } = await runCommand([stored(edit), ...running], "plan", "-f", file(manifest(edit)));
  expect(stdout).toMatch(/^FlinkDeployment ns\/job: the edit restarts it\n/);
  expect(stdout).toContain("spec.image: flink:2.3 -> flink:9 (restart)");
  expect(stdout).toMatch(/Restored from:\n {2}the savepoint that it is stopped with\n/);
  expect(code).toBe(2);
});

it("prints the same as data", async () => {
  const edit = { image: "flink:9" };
  const { stdout } = await runCommand(
    [stored(edit), ...running],
    "plan",
    "-f",
    file(manifest(edit)),
    "-o",
    "json",
  );
  expect(JSON.parse(stdout)).toMatchObject({ effect: "restart", disruptive: true, name: "job" });
});

it("ends with 3 where the operator refuses the edit, and the job stays", async () => {
  const edit = {
    flinkConfiguration: { ...spec.flinkConfiguration, "taskmanager.numberOfTaskSlots": "many" },
  };
  const { stdout, code } = await runCommand([stored(edit), ...running], "plan", "-f", file(manifest(edit)));
  expect(stdout).toMatch(/the edit is refused\n\nRefused:\n {2}.*taskmanager.numberOfTaskSlots/);
  expect(code).toBe(3);
});

it.each([
  [
    'The FlinkDeployment "job" is invalid: \n* spec.flinkVersion: Unsupported value: "v9"\n* spec.job: c\n',
    'The FlinkDeployment "job" is invalid: spec.flinkVersion: Unsupported value: "v9"; spec.job: c',
  ],
  [
    'Warning: unrecognized\nError from server (Forbidden): admission webhook "v.flink.apache.org" denied the request: spec.a: x\nspec.b: y',
    'admission webhook "v.flink.apache.org" denied the request: spec.a: x; spec.b: y',
  ],
  [
    'Error from server (Forbidden): error when applying patch:\n{"spec":{"s3.secret-key":"hush"}}\nto:\nName: "job"\nfor: "STDIN": error when patching "STDIN": admission webhook "g" denied the request: no',
    'admission webhook "g" denied the request: no',
  ],
  [
    'Error from server (Forbidden): error when creating "STDIN": flinkdeployments "job" is forbidden: exceeded quota: q',
    'flinkdeployments "job" is forbidden: exceeded quota: q',
  ],
  [
    "The request is invalid: \n* spec.job.parallelism: must be 1\n* spec.image: must be set",
    "The request is invalid: spec.job.parallelism: must be 1; spec.image: must be set",
  ],
])("ends with 3 where the API server refuses it: %s", async (stderr, said) => {
  const { stdout, code } = await runCommand(
    [{ when: "apply ", stderr }, ...running],
    "plan",
    "-f",
    file(manifest()),
  );
  expect(stdout).toBe(`FlinkDeployment ns/job: the edit is refused\n\nRefused:\n  ${said}\n`);
  expect(code).toBe(3);
});

it("plans for somebody who may only read, and says what was not checked", async () => {
  const stderr = 'Error from server (Forbidden): User "eve" cannot patch resource "flinkdeployments"';
  const { stdout, code } = await runCommand(
    [{ when: "apply ", stderr }, ...running],
    ...["plan", "-f", file(manifest({ image: "flink:9" }))],
  );
  expect(stdout).toContain("the API server was not asked to validate the edit");
  expect(code).toBe(2);
});

it("removes, for somebody who may only read, what was applied last and is no longer in the file", async () => {
  const stderr = 'Error from server (Forbidden): User "eve" cannot patch resource "flinkdeployments"';
  const slots = { flinkConfiguration: { ...spec.flinkConfiguration, "taskmanager.numberOfTaskSlots": "4" } };
  const annotations = {
    "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(manifest(slots)),
  };
  const before = {
    ...live,
    metadata: { ...metadata, annotations },
    spec: { ...spec, ...slots },
    status: aStatus({ ...spec, ...slots }, { job: { startTime: "500" } }),
  };
  const { stdout, code } = await runCommand(
    [{ when: "apply ", stderr }, ...holding(before).slice(0, 3), ...running],
    ...["plan", "-f", file(manifest())],
  );
  expect(stdout).toMatch(/numberOfTaskSlots.*: 4 -> null \(restart\)/);
  expect(code).toBe(2);
});

it("plans numbers that JavaScript would round, and hands them on exactly", async () => {
  const path = join(folder, "large.json");
  const text = JSON.stringify(manifest()).replace('"spec":{', '"spec":{"restartNonce":9007199254740993,');
  writeFileSync(path, text);
  const { calls, code } = await runCommand([stored({ restartNonce: 7 }), ...running], "plan", "-f", path);
  expect(code).toBe(2);
  expect(calls.find(({ args }) => args.startsWith("apply"))?.input).toContain(
    '"restartNonce":9007199254740993',
  );
  const stderr = 'Error from server (Forbidden): User "eve" cannot patch resource "flinkdeployments"';
  const unasked = await runCommand([{ when: "apply ", stderr }, ...running], "plan", "-f", path);
  expect(unasked.stdout).toContain("spec.restartNonce: null -> 9007199254740993 (restart)");
});

it("plans no edit of what is being deleted", async () => {
  const deleting = { ...live, metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  const { stderr, code } = await runCommand(
    [stored(image), ...holding(deleting).slice(0, 3), ...running],
    ...["plan", "-f", file(manifest(image))],
  );
  expect(stderr).toEqual(["FlinkDeployment job is being deleted: no edit of it has an effect"]);
  expect(code).toBe(1);
});

it("concludes nothing from what the caller may not see: the cluster is taken to be as the status says", async () => {
  const forbidden = (when: string): FakeAnswer => ({
    when,
    stderr: `Error from server (Forbidden): User "eve" cannot read ${when}`,
  });
  const edit = { image: "flink:9" };
  for (const hidden of ["/apis/apps/v1/", "job-rest:rest/proxy"]) {
    const { stdout } = await runCommand(
      [stored(edit), forbidden(hidden), ...running],
      ...["plan", "-f", file(manifest(edit))],
    );
    expect(stdout).toMatch(/Restored from:\n {2}the savepoint that it is stopped with\n/);
    expect(stdout).toContain(`User "eve" cannot read ${hidden}`);
    expect(stdout).toContain("so the cluster is taken to be as the status says, and healthy");
  }
});

/** The JobManager is not known to answer, and there is no HA metadata. */
const starting: KubeObject = {
  ...live,
  status: {
    ...aStatus(spec, { job: { startTime: "500" } }),
    jobManagerDeploymentStatus: "DEPLOYED_NOT_READY",
  },
};

it("ends with 2 where the edit waits for a JobManager that does not answer", async () => {
  const down = {
    when: "job-rest:rest/proxy",
    stderr:
      "Error from server (ServiceUnavailable): error trying to reach service: dial tcp: connection refused",
  };
  for (const resource of [live, starting]) {
    const { stdout, code } = await runCommand(
      [stored(image), down, ...holding(resource).slice(0, 3), ...running],
      ...["plan", "-f", file(manifest(image))],
    );
    expect(stdout).toMatch(
      /^FlinkDeployment ns\/job: the edit is carried out later, and may stop what runs\n/,
    );
    expect(stdout).toMatch(/Waits for:\n {2}\S/);
    expect(stdout).not.toContain("is taken to be as the status says");
    expect(code).toBe(2);
  }
});

it("takes a JobManager that the caller may not ask for healthy, in every state", async () => {
  const forbidden = {
    when: "job-rest:rest/proxy",
    stderr: 'Error from server (Forbidden): services "job-rest:rest" is forbidden: User "eve" cannot get it',
  };
  const { stdout } = await runCommand(
    [stored(image), forbidden, ...holding(starting).slice(0, 3), ...running],
    ...["plan", "-f", file(manifest(image))],
  );
  expect(stdout).toContain("is taken to be as the status says, and healthy");
});

it("says what is not known of the resources that the caller may not list", async () => {
  const forbidden = (plural: string): FakeAnswer => ({
    when: `/${plural}`,
    stderr: `Error from server (Forbidden): User "eve" cannot list resource "${plural}"`,
  });
  const { job: _, ...sessionSpec } = spec;
  const session = { ...live, spec: sessionSpec, status: aStatus(sessionSpec) };
  const edited = { when: "apply ", stdout: { ...session, spec: { ...sessionSpec, ...image } } };
  const cluster = await runCommand(
    [edited, forbidden("flinksessionjobs"), ...holding(session), ...running],
    ...["plan", "-f", file({ ...manifest(), spec: { ...sessionSpec, ...image } })],
  );
  expect(cluster.stdout).toContain("its session jobs are not known");
  const snapshots = await runCommand(
    [stored(image), forbidden("flinkstatesnapshots"), ...running],
    ...["plan", "-f", file(manifest(image))],
  );
  expect(snapshots.stdout).toContain("its FlinkStateSnapshots are not known");
  const job = {
    ...live,
    kind: "FlinkSessionJob",
    spec: { deploymentName: "other", job: { jarURI: "local:///j" } },
  };
  const sessionJob = await runCommand(
    [{ when: "apply ", stdout: job }, forbidden("flinkdeployments"), ...holding(job), ...running],
    ...["plan", "-f", file(job)],
  );
  expect(sessionJob.stderr[0]).toMatch(/^the session cluster other of the job cannot be read/);
  expect(sessionJob.code).toBe(1);
});

it("plans the first deployment of a resource", async () => {
  const created = { ...live, status: undefined, metadata: { name: "job", namespace: "ns" } };
  const { stdout, code } = await runCommand(
    [{ when: "apply ", stdout: created }, ...holding()],
    ...["plan", "-f", file(manifest())],
  );
  expect(stdout).toMatch(/the edit starts it\n[\s\S]*create the cluster job\n/);
  expect(code).toBe(0);
});

it.each([
  ["a missing file", () => "/nowhere.yaml", /^cannot read \/nowhere.yaml/],
  [
    "the same resource twice",
    () => file(manifest(), manifest(image)),
    /holds FlinkDeployment ns\/job twice: take one of them out/,
  ],
  [
    "a second without a name",
    () => file(manifest(), { ...manifest(), metadata: {} }),
    /metadata.name must be/,
  ],
  [
    "another kind",
    () => file({ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }),
    /holds Pod: plan is for a/,
  ],
  ["nothing", () => file(), /holds nothing: plan is for a/],
  ["no name", () => file({ ...manifest(), metadata: {} }), /metadata.name must be set/],
  ["an empty name", () => file({ ...manifest(), metadata: { name: "" } }), /metadata.name must be set/],
  [
    "a list with nothing in an item",
    () => file({ kind: "List", items: [manifest(), null] }),
    /holds a List of which items\[1\] is no object$/,
  ],
])("refuses %s in one line", async (_, path, expected) => {
  const { stderr, code, calls } = await runCommand([], "plan", "-f", path());
  expect(stderr).toHaveLength(1);
  expect(stderr[0]).toMatch(expected);
  expect(code).toBe(1);
  expect(calls).toEqual([]);
});

it("refuses a namespace that contradicts the file", async () => {
  const { stderr } = await runCommand([], "plan", "-f", file(manifest()), "-n", "other");
  expect(stderr[0]).toMatch(/is for the namespace ns, and -n says other/);
});

it("says that the definitions are missing before anything else", async () => {
  const notFound = {
    when: "--raw /apis/flink",
    stderr: "Error from server (NotFound): the server could not find it",
  };
  const { stderr } = await runCommand([notFound], "plan", "-f", file(manifest()));
  expect(stderr[0]).toMatch(/custom resource definitions are not installed/);
});
