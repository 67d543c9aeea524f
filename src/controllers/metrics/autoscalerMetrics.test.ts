import { expect, it } from "vitest";
import { average, current } from "../../core/autoscaler/model/metrics.ts";
import { createRegistry } from "../../telemetry/metrics/registry.ts";
import { measureAutoscaler } from "./autoscalerMetrics.ts";

const vertex = "cbc357ccb763df2852fee8c4fc7d55f2";
const job = (evaluated: boolean) => ({
  namespace: "apps",
  name: "orders",
  kind: "FlinkDeployment",
  memory: {
    counters: { scalings: 2, balanced: 7, errors: 1 },
    evaluated: evaluated
      ? {
          vertices: new Map([[vertex, { LOAD: average(0.5), PARALLELISM: current(3) }]]),
          global: {},
        }
      : undefined,
  },
});

async function scrape(...jobs: readonly ReturnType<typeof job>[]): Promise<string> {
  const registry = createRegistry();
  measureAutoscaler(registry, () => jobs);
  return registry.text();
}

const labels = 'resourcens="apps",resourcename="orders",resourcetype="FlinkDeployment"';

it("shows the counters and the evaluated metrics by the names of the Java operator", async () => {
  const lines = (await scrape(job(true))).split("\n");
  const prefix = "flink_k8soperator_namespace_resource_AutoScaler";
  expect(lines).toContain(`${prefix}_scalings{${labels}} 2`);
  expect(lines).toContain(`${prefix}_balanced{${labels}} 7`);
  expect(lines).toContain(`${prefix}_errors{${labels}} 1`);
  expect(lines).toContain(`${prefix}_jobVertexID_LOAD_Average{${labels},jobVertexID="${vertex}"} 0.5`);
  expect(lines).toContain(`${prefix}_jobVertexID_PARALLELISM_Current{${labels},jobVertexID="${vertex}"} 3`);
});

it("has no series of a value that there is not, of a job that does not run, and without autoscaled jobs", async () => {
  expect(await scrape(job(true))).not.toMatch(/NaN|LOAD_Current|LAG/i);
  expect(await scrape(job(false))).not.toContain(vertex);
  expect(await scrape()).not.toContain("} ");
});
