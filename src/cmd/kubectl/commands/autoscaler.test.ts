import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { expect, it } from "vitest";
import { answersOf, autoscalerOf, vertexId } from "../../../core/autoscaler/job.fixture.ts";
import { dataFromState } from "../../../core/autoscaler/state/storedState.ts";
import { runCommand } from "../fakeKubectl.fixture.ts";

const minute = 60_000;

const data = (() => {
  const autoscaler = autoscalerOf();
  const vertices = [
    { parallelism: 2, rate: 1_000, busyMsPerSecond: 400 },
    { parallelism: 2, rate: 1_000, busyMsPerSecond: 800 },
  ];
  for (let at = 1; at <= 4; at++) autoscaler.cycle(at * minute, answersOf(vertices, 0, at * 60));
  return dataFromState(autoscaler.stored, {});
})();

const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "autoscaler-a" }, data };
const change = ["job.autoscaler.utilization.target=0.5", "job.autoscaler.utilization.max=0.6"];
const set = change.flatMap((each) => ["--set", each]);

const fileWith = (text: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), "simulate-")), "recording.yaml");
  writeFileSync(file, text);
  return file;
};

const live = [
  { when: "/api/v1/namespaces/ns/configmaps/autoscaler-a", stdout: configMap },
  { when: "--raw", stderr: "Error from server (NotFound): not found" },
];

it.each([
  ["of a job by its name", live, ["a", "-n", "ns"]],
  ["in a file", [], ["-f", fileWith(dump(configMap))]],
])("simulates the recording %s, side by side", async (_, answers, args) => {
  const { stdout, code, stderr } = await runCommand(answers, "autoscaler", "simulate", ...args, ...set);
  expect([code, stderr]).toEqual([0, []]);
  expect(stdout).toMatch(/^3 samples from 1970-01-01T00:02:00.000Z to 1970-01-01T00:04:00.000Z, changed: /);
  expect(stdout).toMatch(/TIME +AS RECORDED +CHANGED\n/);
  expect(stdout).toMatch(/00:04:00\.000Z +Balanced +Scaled 00000000 2->4/);
  expect(stdout).toContain("decided: 2 -> 4");
});

it("prints data", async () => {
  const { stdout } = await runCommand(live, "autoscaler", "simulate", "a", "-n", "ns", ...set, "-o", "json");
  const { recorded, changed } = JSON.parse(stdout);
  expect(recorded.at(-1)).toMatchObject({ time: "1970-01-01T00:04:00.000Z", outcome: "Balanced" });
  expect(changed.at(-1).vertices[0]).toMatchObject({ id: vertexId(1), target: 4 });
});

it("says which options change nothing of what is recorded", async () => {
  const args = ["a", "-n", "ns", "--set", "job.autoscaler.stabilization.interval=1 min"];
  const { stdout } = await runCommand(live, "autoscaler", "simulate", ...args);
  expect(stdout).toMatch(/stabilization\.interval counts when a sample is taken/);
});

it.each([
  [["-f", fileWith("a: [")], /is neither YAML nor JSON/],
  [["-f", fileWith("kind: Secret\nmetadata: {name: a}")], /must hold one ConfigMap .* and holds none/],
  [["-f", fileWith(dump({ ...configMap, data: {} }))], /cannot be simulated: it has fewer than two samples/],
  [["-f", "/none"], /cannot read \/none/],
  [["b", "-n", "ns"], /there is no ConfigMap autoscaler-b in the namespace ns/],
  [[], /Give the name of a resource, or -f FILE/],
  [["a", "-n", "ns", "--set", "job.autoscaler.none=1"], /^--set: job\.autoscaler\.none is no option/],
])("refuses what it cannot simulate in one line: %j", async (args, error) => {
  const { code, stderr, stdout } = await runCommand(live, "autoscaler", "simulate", ...args);
  expect([code, stdout, stderr.length]).toEqual([1, "", 1]);
  expect(stderr[0]).toMatch(error);
});
