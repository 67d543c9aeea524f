/** The short form of `make capacity`: what a hundred resources cost. Counts are limits; times depend on the machine. */
import { afterAll, expect, test } from "vitest";
import type { RunResult } from "../capacity/results.ts";
import { runOnce } from "../capacity/run.ts";
import { describeFigure, type Figure } from "./support/figures.ts";

const resources = 100;
const figures: Figure[] = [];

afterAll(() => console.log(`\n${figures.map(describeFigure).join("\n")}\n`));

/** Holds a figure to its limit, and shows it beside the Java operator's. */
function limit(what: string, measured: number, most: number, unit: string, java: string): void {
  figures.push({ what, measured, unit, goal: most, java, hard: true });
  expect(measured, what).toBeLessThanOrEqual(most);
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

test("a hundred applications", async () => {
  const results: RunResult[] = [];
  const options = {
    sizes: [resources],
    phases: new Set(["creation", "rest", "deletion"] as const),
    output: undefined,
    results: "",
    restSeconds: 60,
    isAutoscaled: false,
    operatorCommand: undefined,
    healthUrl: undefined,
  };
  await runOnce(resources, options, new AbortController().signal, (result) => results.push(result));
  const { creation, rest, deletion } = results.at(-1) ?? expect.unreachable("nothing was measured");
  if (creation === undefined || rest === undefined || deletion === undefined)
    expect.unreachable("a phase was not measured");

  const { requests, operator, apiServerCpuSeconds } = creation.toRunning;
  limit("API requests of a resource, to RUNNING", sum(requests) / resources, 9.5, "", "34");
  const statusWrites = requests["update flinkdeployments/status"] ?? 0;
  limit("status writes of a resource, to RUNNING", statusWrites / resources, 2.5, "", "");
  limit(
    "operator's CPU, to RUNNING, in units of the API server's",
    operator.cpuSeconds / apiServerCpuSeconds,
    0.8,
    "x",
    "",
  );

  const minutes = resources * (rest.seconds / 60);
  limit("API requests at rest", sum(rest.requests), 0, "", "0");
  limit("Flink REST calls of a job in a minute at rest", sum(rest.flink.calls) / minutes, 4.3, "", "18-20");
  limit("new connections of a job in a minute at rest", rest.flink.connections / minutes, 0.1, "", "18-20");
  limit("resident memory at rest", rest.operator.rssMiB, 110, "MiB", "");

  const deletions = deletion.figures.requests;
  // Whether the garbage collector or the operator deletes a Deployment first depends on the machine.
  limit("API requests of a resource, deletion", sum(deletions) / resources, 4.5, "", "");
  const lastWrites = deletions["update flinkdeployments/status"] ?? 0;
  limit("status writes of a resource, deletion", lastWrites / resources, 1.2, "", "");
  limit("conflicts of the finalizer's removal", deletions["patch flinkdeployments (409)"] ?? 0, 0, "", "");
  expect(deletion.figures.requests).not.toHaveProperty("list configmaps");
});
