import { expect, test } from "vitest";
import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import { operatorOptions } from "../../src/config/operatorOptions.ts";
import { OperatorProcess, operatorConfiguration } from "./operatorProcess.ts";
import { resource, resourceName } from "./workloads/resource.ts";
import { namespace, World } from "./world/world.ts";

const { flinkDeployment, flinkSessionJob } = resourceTypes;
const count = 100;
const hourMs = 3_600_000;

const sessionCluster = (): KubeObject => {
  const { spec, ...application } = resource("stateless", { highAvailability: false });
  const { job: _, flinkConfiguration, ...shared } = spec as Record<string, object>;
  const more = {
    "taskmanager.numberOfTaskSlots": String(count),
    "execution.checkpointing.interval": "10 min",
  };
  return { ...application, spec: { ...shared, flinkConfiguration: { ...flinkConfiguration, ...more } } };
};

const sessionJob = (number: number): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkSessionJob",
  metadata: { name: `job-${number}`, namespace },
  spec: {
    deploymentName: resourceName,
    job: { jarURI: "https://jars.example.com/job.jar", parallelism: 1, upgradeMode: "savepoint" },
  },
});

const lifecycleOf = ({ status }: KubeObject): unknown =>
  (status as { lifecycleState?: unknown } | undefined)?.lifecycleState;

test("a hundred session jobs at rest cost one request a period, and none to the API server", async () => {
  const world = new World({ seed: 1 });
  const { clock, network, server } = world;
  new OperatorProcess(world, 1, 1, () => {});
  server.create("user", flinkDeployment, sessionCluster());
  for (let number = 0; number < count; number++) server.create("user", flinkSessionJob, sessionJob(number));
  const stable = () =>
    server.list(flinkSessionJob, { namespace }).filter((job) => lifecycleOf(job) === "STABLE");
  expect(await clock.runUntil(() => stable().length === count, clock.now() + hourMs)).toBe(true);
  await clock.runFor(2 * 60_000);

  const before = { api: network.kubernetesCalls, rest: network.heard.length };
  await clock.runFor(hourMs);
  expect(network.kubernetesCalls - before.api).toBe(0);

  const asked = network.heard.slice(before.rest).map(({ what }) => what);
  const periods = hourMs / operatorConfiguration.get(operatorOptions.reconcileInterval);
  const overviews = asked.filter((what) => /^jobs\b/.test(what));
  expect(overviews.length).toBeGreaterThan(0.9 * periods);
  expect(overviews.length).toBeLessThanOrEqual(periods);
  // Of what only one job tells, one job is asked, now and then, and the next one after it.
  expect(asked.length - overviews.length).toBeLessThanOrEqual(periods / 4);
});
