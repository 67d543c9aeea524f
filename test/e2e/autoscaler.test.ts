import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { JarServer } from "../support/jarServer.ts";
import type { Application } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs, type SpecPatch } from "./support/counter.ts";
import type { Counting } from "./support/counting.ts";
import type { FlinkRestReader, Job } from "./support/flink.ts";
import { startNodeJarServer } from "./support/hostServers.ts";
import { runsWith } from "./support/parallelism.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { applySession } from "./support/session.ts";

/** A subtask of the worker takes 20 ms for a number: 50 in a second are the most that one can do. */
const [workMillis, ratesFor] = [20, { one: 5, two: 40 }];

/** Decisions as soon as the options permit, from what Flink counts: its rates are means over a minute. */
const autoscaled = {
  "job.autoscaler.enabled": "true",
  "job.autoscaler.stabilization.interval": "5 s",
  "job.autoscaler.metrics.window": "10 s",
  "job.autoscaler.metrics.busy-time.aggregator": "AVG",
  "job.autoscaler.scale-down.interval": "0 s",
  "job.autoscaler.catch-up.duration": "0 s",
  "job.autoscaler.utilization.target": "0.5",
  "job.autoscaler.utilization.max": "0.7",
  "job.autoscaler.utilization.min": "0.25",
  "job.autoscaler.vertex.max-parallelism": "2",
};
/** Rates over a window of ten seconds need counts of now. */
const cluster: SpecPatch = {
  flinkConfiguration: { "jobmanager.scheduler": "adaptive", "web.refresh-interval": "500" },
};

let server: JarServer;
beforeAll(async () => {
  server = await startNodeJarServer({});
});
afterAll(() => server.close());

/** A job of the scenario: what it says of itself, and where. */
interface Scaled extends Counting {
  readonly name: string;
  readonly kind: string;
  readonly flink: FlinkRestReader;
  running(): Promise<Job>;
  resource(): Promise<{ metadata: { uid?: string } }>;
}

async function expectScaled(context: Context, job: Scaled, parallelism: number): Promise<void> {
  const { jid } = await job.running();
  await runsWith(job.flink, jid, parallelism);
  context.step(`${job.name} runs with a parallelism of ${parallelism}`);
  expect((await job.running()).jid).toBe(jid);
  const { count } = await job.counted(1);
  expect(await job.counted(count + 10)).toMatchObject({ gaps: 0, duplicates: 0 });
  const { name } = context.namespace;
  const { data, metadata } = await kube().get(types.configMap, name, `autoscaler-${job.name}`);
  const { parallelismOverrides } = data as Record<string, string>;
  expect(
    parallelismOverrides
      ?.split(",")
      .map((each) => Number(each.split(":")[1]))
      .sort(),
  ).toEqual([1, 1, parallelism].sort());
  const { uid } = (await job.resource()).metadata;
  expect(metadata.ownerReferences).toMatchObject([{ kind: job.kind, uid }]);
  const reasons = context.history.events
    .filter(({ involvedObject }) => involvedObject.kind === job.kind && involvedObject.name === job.name)
    .map(({ reason }) => reason);
  expect(reasons).toEqual(expect.arrayContaining(["ScalingReport", "SpecChanged", "Scaling"]));
}

const jobManagers = async (app: Application) =>
  (await app.pods("jobManager")).map(({ metadata, status }) => [
    metadata.uid,
    status?.containerStatuses?.map(({ restartCount }) => restartCount),
  ]);

scenario(
  "jobs are scaled with their load, up and down, while no JobManager restarts",
  "autoscaler",
  async (context) => {
    const { apply, flink, namespace, history, step } = context;
    const load = (rate: number) => writeFileSync(join(namespace.directory, "rate"), String(rate));
    load(ratesFor.two);
    const args = counterArgs({ rateFile: "rate", workMillis });
    const [app, session] = await Promise.all([
      apply({
        flinkConfiguration: { ...cluster.flinkConfiguration, ...autoscaled },
        job: { upgradeMode: "savepoint", args },
      }),
      applySession(flink, namespace, cluster),
    ]);
    const sessionJob = await session.submit("one", {
      flinkConfiguration: autoscaled,
      job: { jarURI: `${server.url}/counter.jar`, upgradeMode: "savepoint", args },
    });
    const jobs: Scaled[] = [app, { ...sessionJob, flink: session.cluster.flink }];
    await Promise.all(jobs.map((job) => job.running()));
    const before = await Promise.all([app, session.cluster].map(jobManagers));
    step("both run");
    await Promise.all(jobs.map((job) => expectScaled(context, job, 2)));
    load(ratesFor.one);
    step("fewer numbers arrive");
    await Promise.all(jobs.map((job) => expectScaled(context, job, 1)));
    expect(await Promise.all([app, session.cluster].map(jobManagers))).toEqual(before);
    expect(app.savepoints()).toEqual([]);
    expect(history.problems()).toEqual([]);
  },
  {
    turns: 2,
    ownOperator: () => ({
      "kubernetes.operator.reconcile.interval": "2 s",
      "kubernetes.operator.user.artifacts.allowed-schemes": "http",
      "kubernetes.operator.user.artifacts.disallow-restricted-hosts": "false",
    }),
  },
);
