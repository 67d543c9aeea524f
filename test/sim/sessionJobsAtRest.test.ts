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
  const settings = {
    "taskmanager.numberOfTaskSlots": String(count),
    "execution.checkpointing.interval": "10 min",
  };
  return { ...application, spec: { ...shared, flinkConfiguration: { ...flinkConfiguration, ...settings } } };
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

test("a hundred session jobs at rest cost one Flink request per interval, and no call to the API server", async () => {
  const world = new World({ seed: 1 });
  const { clock, network, server } = world;
  new OperatorProcess(world, 1, 1, () => {});
  server.create("user", flinkDeployment, sessionCluster());
  for (let number = 0; number < count; number++) server.create("user", flinkSessionJob, sessionJob(number));
  const stable = () =>
    server.list(flinkSessionJob, { namespace }).filter((job) => lifecycleOf(job) === "STABLE");
  expect(await clock.runUntil(() => stable().length === count, clock.now() + hourMs)).toBe(true);
  await clock.runFor(2 * 60_000);

  const before = { api: network.kubernetesCalls, rest: network.restCalls.length };
  await clock.runFor(hourMs);
  expect(network.kubernetesCalls - before.api).toBe(0);

  const requests = network.restCalls.slice(before.rest).map(({ operation }) => operation);
  const intervals = hourMs / operatorConfiguration.get(operatorOptions.reconcileInterval);
  const overviews = requests.filter((operation) => /^jobs\b/.test(operation));
  expect(overviews.length).toBeGreaterThan(0.9 * intervals);
  expect(overviews.length).toBeLessThanOrEqual(intervals);
  // Details of single jobs are read rarely, one job after the other.
  expect(requests.length - overviews.length).toBeLessThanOrEqual(intervals / 4);
});
