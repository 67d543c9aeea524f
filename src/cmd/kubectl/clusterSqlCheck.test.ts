import { EventEmitter } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkInCluster } from "./clusterSqlCheck.ts";
import type { Environment } from "./environment.ts";
import { type FakeAnswer, runCommand } from "./fakeKubectl.fixture.ts";
import type { Kubectl } from "./kubectl.ts";

const folder = mkdtempSync(join(tmpdir(), "sql-"));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const runner = file("runner.jar", "PK");
const manifest = file(
  "job.yaml",
  `
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata: { name: demo }
spec:
  image: flink:2.3
  job: { parallelism: 2, sql: { script: INSERT, variables: { region: eu }, variablesFrom: [{ secretRef: { name: kafka } }] } }
`,
);
const sql = file("job.sql", "INSERT");

const printed = (result: object) =>
  `noise\n--- sql check ---\n${JSON.stringify(result)}\n--- sql check ---\n`;
const answers = (status: object, logs = ""): readonly FakeAnswer[] => [
  { when: "create", stdout: { metadata: { uid: "u" } } },
  { when: "get pod", stdout: { status } },
  { when: "logs", stdout: logs },
  { when: "delete pod", stdout: "" },
];
const check = (given: readonly FakeAnswer[], ...args: string[]) =>
  runCommand(given, "sql", "check", "-n", "ns", "--runner", runner, ...args);
const ended = { phase: "Succeeded" };

it("checks the script of a manifest with its image and sources, and deletes the pod", async () => {
  const { stdout, code, calls } = await check(
    answers(ended, printed({ plan: { operators: [] } })),
    "-f",
    manifest,
  );
  expect([code, JSON.parse(stdout)]).toEqual([0, { operators: [] }]);
  const [pod, configMap, ...others] = calls;
  expect(JSON.parse(pod?.input ?? "")).toMatchObject({
    kind: "Pod",
    spec: {
      restartPolicy: "Never",
      containers: [{ image: "flink:2.3" }],
      volumes: [
        {},
        { secret: { secretName: "kafka" } },
        { configMap: { items: [{ key: "variable.region", path: "region" }] } },
      ],
    },
  });
  const { metadata, data, binaryData } = JSON.parse(configMap?.input ?? "");
  expect(metadata.ownerReferences).toMatchObject([{ kind: "Pod", name: metadata.name, uid: "u" }]);
  expect(data).toMatchObject({ "script.sql": "INSERT", "variable.region": "eu" });
  // Flink before 1.19 reads the one, since 2.0 the other.
  for (const name of ["config.yaml", "flink-conf.yaml"]) {
    expect(data[name]).toContain("parallelism.default");
    expect(JSON.parse(pod?.input ?? "").spec.volumes[0].configMap.items).toContainEqual({
      key: name,
      path: name,
    });
  }
  expect(binaryData).toEqual({ "flink-sql-runner.jar": Buffer.from("PK").toString("base64") });
  expect(others.at(-1)?.args).toBe(`delete pod ${metadata.name} -n ns --ignore-not-found --wait=false`);
});

it("says what is wrong with the script", async () => {
  const { stderr, code } = await check(
    answers({ phase: "Failed" }, printed({ sql: { message: "sql: line 1, column 1: no" } })),
    ...["-f", sql, "--image", "flink:1.20"],
  );
  expect([code, stderr.at(-1)]).toEqual([1, `${sql}: sql: line 1, column 1: no`]);
});

it.each<[string, object, string, RegExp]>([
  [
    "the image is not there",
    {
      containerStatuses: [
        { name: "check", state: { waiting: { reason: "ErrImagePull", message: "not found" } } },
      ],
    },
    "",
    /cannot start: not found/,
  ],
  ["the check takes too long", { phase: "Failed", reason: "DeadlineExceeded" }, "", /within 5 minutes/],
  ["the pod is evicted", { phase: "Failed", reason: "Evicted" }, "", /the check did not run/],
])("deletes the pod where %s", async (_, status, logs, message) => {
  const { stderr, code, calls } = await check(answers(status, logs), "-f", sql, "--image", "flink");
  expect([code, stderr.at(-1)]).toEqual([1, expect.stringMatching(message)]);
  expect(calls.at(-1)?.args).toMatch(/^delete pod flink-sql-check-/);
});

it("has its result while an injected sidecar keeps the pod", async () => {
  const containerStatuses = [
    { name: "istio-proxy", state: { running: {} } },
    { name: "check", state: { terminated: { exitCode: 0 } } },
  ];
  const given = answers({ phase: "Running", containerStatuses }, printed({ plan: {} }));
  const { code, calls } = await check(given, "-f", sql, "--image", "flink");
  expect(code).toBe(0);
  expect(calls.find(({ args }) => args.startsWith("logs"))?.args).toContain(" -c check ");
});

it("has its result also where the pod cannot be deleted, and names that", async () => {
  const given = answers(ended, printed({ plan: { operators: [] } })).filter(
    ({ when }) => when !== "delete pod",
  );
  const forbidden = { when: "delete pod", stderr: "forbidden" };
  const { code, stdout, stderr } = await check([...given, forbidden], "-f", sql, "--image", "flink");
  expect([code, JSON.parse(stdout)]).toEqual([0, { operators: [] }]);
  expect(stderr.at(-1)).toMatch(/^.*Pod ns\/flink-sql-check-\w+ is still there, delete it: /);
});

/** Runs the check with a pod that never starts. `pause`: what happens between two looks. */
function waiting(pause: (signals: EventEmitter) => Promise<void>, now = () => 0) {
  const signals = new EventEmitter();
  const calls: string[] = [];
  const kubectl = {
    async run([verb = ""]) {
      calls.push(verb);
      return JSON.stringify({ metadata: { uid: "u" }, status: { phase: "Pending" } });
    },
  } as Partial<Kubectl> as Kubectl;
  const environment = { warn: () => {}, now, pause: () => pause(signals) } as Partial<Environment>;
  const script = { name: "a", text: "", variables: {}, configuration: {} };
  const given = { script, file: "a", image: "flink", namespace: "ns", runner };
  return { calls, signals, checked: checkInCluster(environment as Environment, kubectl, given, signals) };
}

it("deletes the pod when the command is interrupted", async () => {
  const { calls, signals, checked } = waiting((from) => {
    from.emit("SIGINT");
    return new Promise(() => {});
  });
  await expect(checked).rejects.toThrow(/interrupted/);
  expect([calls.at(-1), signals.listenerCount("SIGINT")]).toEqual(["delete", 0]);
});

it("deletes a pod that never starts", async () => {
  let now = 0;
  const { calls, checked } = waiting(
    async () => {
      now += 100_000;
    },
    () => now,
  );
  await expect(checked).rejects.toThrow(/did not end within 5 minutes/);
  expect(calls.at(-1)).toBe("delete");
});

it.each([
  [["-f", sql], /--image must name the image/],
  [["-f", sql, "--image", "flink", "--jar", "a.jar"], /--jar is for a check on this machine/],
  [["-f", sql, "--image", "flink", "--flink-home", "/opt/flink"], /--image is for the check in the cluster/],
])("refuses %j", async (args, message) => {
  const { stderr, calls } = await check([], ...args);
  expect([stderr.at(-1), calls]).toEqual([expect.stringMatching(message), []]);
});
