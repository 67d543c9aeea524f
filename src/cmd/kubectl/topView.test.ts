import { expect, it } from "vitest";
import { aJobId } from "../../core/job/situation.fixture.ts";
import { formatBytes } from "../../views/topView.ts";
import { type FakeAnswer, holding, runCommand } from "./fakeKubectl.fixture.ts";
import { live, running } from "./runningJob.fixture.ts";

const job = `proxy/jobs/${aJobId}`;
const load = (id: string, ids: readonly string[], values: readonly object[]): readonly FakeAnswer[] => [
  { when: `${job}/vertices/${id}/subtasks/metrics?get=`, stdout: values },
  { when: `${job}/vertices/${id}/subtasks/metrics`, stdout: ids.map((name) => ({ id: name })) },
];
const answers: readonly FakeAnswer[] = [
  ...load(
    "v1",
    ["busyTimeMsPerSecond", "0.Source__orders.pendingRecords", "numRecordsOutPerSecond", "other"],
    [
      { id: "busyTimeMsPerSecond", max: "NaN", avg: "NaN", sum: "NaN" },
      { id: "0.Source__orders.pendingRecords", sum: 1200 },
      { id: "numRecordsOutPerSecond", sum: 100.4 },
    ],
  ),
  ...load(
    "v2",
    ["busyTimeMsPerSecond", "backPressuredTimeMsPerSecond"],
    [
      { id: "busyTimeMsPerSecond", max: 950, avg: 500 },
      { id: "backPressuredTimeMsPerSecond", max: 20 },
    ],
  ),
  {
    when: `${job}/checkpoints`,
    stdout: { latest: { completed: { state_size: 1_572_864, end_to_end_duration: 42 } } },
  },
  {
    when: job,
    stdout: {
      state: "RUNNING",
      vertices: [
        { id: "v1", name: "Source: orders", parallelism: 4 },
        { id: "v2", name: "Window", parallelism: 2 },
      ],
    },
  },
  ...running,
];

it("shows the load of each vertex, lag and state", async () => {
  const { stdout, calls } = await runCommand(answers, "top", "job", "-n", "ns");
  const [head, , , source, window] = stdout.split("\n");
  expect(head).toBe("FlinkDeployment ns/job: RUNNING, state 1.5 MiB, checkpointed in 42 ms");
  expect(source).toMatch(/^Source: orders +4 +100 +1200$/);
  expect(window).toMatch(/^Window +2 +95% +50% +2%$/);
  expect(calls.filter(({ args }) => args.includes("/proxy/"))).toHaveLength(6);
});

it("names what it may not read", async () => {
  const forbidden = {
    when: `${job}/vertices/v2`,
    stderr: 'Error from server (Forbidden): User "eve" cannot get resource "services/proxy"',
  };
  const { stdout } = await runCommand([forbidden, ...answers], "top", "job", "-n", "ns");
  expect(stdout).toMatch(/not shown: metrics of Window: you are not allowed/);
});

it("is for a job that runs", async () => {
  const stopped = { ...live, status: { jobStatus: { state: "FAILED", jobId: aJobId } } };
  const { stderr } = await runCommand(holding(stopped), "top", "job", "-n", "ns");
  expect(stderr).toEqual(["the job of FlinkDeployment job does not run (FAILED): kubectl flink explain job"]);
});

it.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [5 * 1024 ** 4 * 1024, "5120.0 TiB"],
])("writes %d bytes as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
