import { describe, expect, it } from "vitest";
import type { Figures } from "./measure/meter.ts";
import { buildPage } from "./page.ts";
import type { RunResult } from "./results.ts";

const figures: Figures = {
  seconds: 60,
  operator: { cpuSeconds: 3, rssMiB: 100, peakRssMiB: 120 },
  apiServerCpuSeconds: 5,
  requests: { "update flinkdeployments/status": 200, "create events": 300 },
  flink: { calls: { jobs: 400 }, connections: 100, open: 7 },
};

const run: RunResult = {
  resources: 100,
  machine: "2 cores, 24 GiB",
  loadBefore: 0.2,
  date: "2026-11-30",
  commit: "abc",
  bare: {
    writesSeconds: 1,
    podsSeconds: 30,
    apiServerCpuSeconds: 4,
    deletionSeconds: 2,
    deletionApiServerCpuSeconds: 3,
  },
  creation: { writesSeconds: 1, podsSeconds: 59, toDeployments: figures, toRunning: figures },
  rest: figures,
  edits: { firstActMs: { count: 200, p50: 20.4, p99: 110, max: 200 }, hung: 0, figures },
};

describe("the page", () => {
  const page = buildPage([{ ...run, resources: 1000 }, run]);

  it("has a column for each size, in order", () => {
    expect(page).toContain("| resources | 100 | 1,000 |");
  });

  it.each([
    "| creation: all Deployments exist | 60 s (2.0 x) | 60 s (2.0 x) |",
    "| API requests per resource, to RUNNING | 5.0 | 0.5 |",
    "| … of them status writes | 2.0 | 0.2 |",
    "| at rest: CPU of one core | 5.0 % | 5.0 % |",
    "| at rest: Flink REST calls per job and minute | 4.0 | 0.4 |",
    "| edit → first act, p50 / p99 | 20 / 110 ms (200 edits) | 20 / 110 ms (200 edits) |",
    "| 100 | 100m | 128Mi | 192Mi |",
  ])("says %s", (row) => {
    expect(page).toContain(row);
  });

  it("leaves out what was not measured", () => {
    expect(page).not.toContain("deletion of all");
    expect(page).not.toContain("undefined");
  });

  it("has what a sample of the autoscaler costs, if that was measured", () => {
    expect(page).not.toContain("Autoscaled jobs");
    const flink = { ...figures.flink, calls: { jobs: 400, job: 500 } };
    const autoscaled = { ...run, rest: { ...figures, flink } };
    expect(buildPage([run], [autoscaled])).toContain(
      "| 100 | 8.3 | 6.0 ms | 1.0 % | 1.0 | 100 MiB | 0.2 | abc |",
    );
  });

  it("says where the machine was busy", () => {
    expect(page).not.toContain("busy");
    expect(buildPage([{ ...run, loadBefore: 4 }])).toContain("100 (load average 4.0)");
  });

  it("names the machine and the command", () => {
    expect(page).toContain("2 cores, 24 GiB (2026-11-30)");
    expect(page).toContain("make capacity RESOURCES=100,1000");
  });
});
