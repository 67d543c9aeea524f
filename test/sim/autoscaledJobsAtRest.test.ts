import { expect, test } from "vitest";
import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import { operatorOptions } from "../../src/config/operatorOptions.ts";
import { OperatorProcess, operatorConfiguration } from "./operatorProcess.ts";
import { resource } from "./workloads/resource.ts";
import { unboundedProgram } from "./world/flink/program.ts";
import { namespace, World } from "./world/world.ts";

const { flinkDeployment } = resourceTypes;
const [autoscaled, plain] = [20, 10];
const intervals = 20;
const hourMs = 3_600_000;

const options = {
  "job.autoscaler.enabled": "true",
  "job.autoscaler.stabilization.interval": "15 s",
  "job.autoscaler.metrics.window": "2 min",
};

const lifecycleOf = ({ status }: KubeObject): unknown =>
  (status as { lifecycleState?: unknown } | undefined)?.lifecycleState;

test("autoscaled jobs in balance take five requests a sample and a write for two, and other jobs none", async () => {
  const world = new World({ seed: 1 });
  const { clock, network, server } = world;
  world.programOf = () => ({ ...unboundedProgram, load: { arriving: 100, perSubtask: 75 } });
  new OperatorProcess(world, 1, 1, () => {});
  const create = (name: string, more: Readonly<Record<string, string>>) => {
    const { metadata, spec, ...rest } = resource("stateless", { highAvailability: false });
    const { flinkConfiguration, ...others } = spec as Record<string, object>;
    server.create("user", flinkDeployment, {
      ...rest,
      metadata: { ...metadata, name },
      spec: { ...others, flinkConfiguration: { ...flinkConfiguration, ...more } },
    });
  };
  for (let number = 0; number < autoscaled; number++) create(`scaled-${number}`, options);
  for (let number = 0; number < plain; number++) create(`plain-${number}`, {});
  const stable = () =>
    server.list(flinkDeployment, { namespace }).filter((each) => lifecycleOf(each) === "STABLE");
  expect(await clock.runUntil(() => stable().length === autoscaled + plain, clock.now() + hourMs)).toBe(true);
  // Until all windows are full.
  await clock.runFor(5 * 60_000);

  const intervalMs = operatorConfiguration.get(operatorOptions.reconcileInterval);
  const before = { api: network.kubernetesCalls, rest: network.restCalls.length };
  await clock.runFor(intervals * intervalMs);
  const samples = autoscaled * intervals;
  // Two samples are one write, and nothing else is asked of the API server.
  expect(network.kubernetesCalls - before.api).toBeLessThanOrEqual(samples / 2 + autoscaled);
  const calls = network.restCalls.slice(before.rest);
  const measuring = calls.filter(({ operation }) => operation.startsWith("read "));
  // The job, the names and values of its vertex, the JobManager and the TaskManagers: of autoscaled jobs only.
  expect(measuring.length).toBeGreaterThan(5 * (samples - autoscaled));
  expect(measuring.length).toBeLessThanOrEqual(5 * samples + autoscaled);
  // Whoever is not autoscaled is polled as ever, and has no ConfigMap of an autoscaler.
  const stored = server.list(resourceTypes.configMap, { namespace }).map(({ metadata }) => metadata.name);
  expect(stored.filter((name) => name.startsWith("autoscaler-")).length).toBe(autoscaled);
  expect(stored.filter((name) => name.startsWith("autoscaler-plain"))).toEqual([]);
});
