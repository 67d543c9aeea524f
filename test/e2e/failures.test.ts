import { expect } from "vitest";
import { type Application, gone } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs } from "./support/counter.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

scenario(
  "whatever dies, the job comes back with its state, and is deleted while its JobManager is down",
  "failures",
  async (context) => {
    const { namespace, history } = context;
    const app = await context.apply({ job: { upgradeMode: "last-state", args: counterArgs({}) } });
    await app.running();

    await survives(context, app, "a TaskManager is killed", async () => {
      const [pod] = await app.pods("taskManager");
      await kill(namespace.name, pod?.metadata.name ?? "");
    });
    await survives(context, app, "the JobManager's pod is killed", async () => {
      const [pod] = await app.pods("jobManager");
      await kill(namespace.name, pod?.metadata.name ?? "");
    });
    // That the job lost a TaskManager is reported as Flink reports it, and is the only problem.
    expect(history.problems().filter((problem) => !problem.includes(" JobException "))).toEqual([]);

    await survives(context, app, "the JobManager's Deployment is deleted", () =>
      kube().delete(types.deployment, namespace.name, app.name, { propagation: "Background" }),
    );
    expect(history.events.filter(({ reason }) => reason === "RecoverDeployment")).toHaveLength(1);
    expect((await app.status()).error).toBeUndefined();
    await deleteWhileDown(context, app);
  },
);

async function deleteWhileDown({ step, namespace }: Context, app: Application): Promise<void> {
  await app.checkpointed();
  step("the JobManager goes down and stays down");
  await kube().mergePatch(types.deployment, namespace.name, app.name, { spec: { replicas: 0 } });
  await until("the JobManager is gone", async () => (await app.pods("jobManager")).length === 0);
  expect(await app.objects()).toContainEqual(expect.stringMatching(/^ConfigMap\/.*-config-map$/));
  step("delete");
  await app.delete();
  await gone(app);
}

/** As a node that goes away: nobody is asked to end in order. */
const kill = (namespace: string, pod: string): Promise<void> =>
  kube().delete(types.pod, namespace, pod, { gracePeriodSeconds: 0 });

async function survives(
  { step }: Context,
  app: Application,
  what: string,
  kill: () => Promise<void>,
): Promise<void> {
  step(what);
  await app.counted(40);
  await app.checkpointed();
  const before = await app.job();
  const known = app.newestCheckpoint(before.jid);
  const { count } = await app.counted(1);
  await kill();
  await until("the job was restored", async () => {
    const { latest } = await app.flink.checkpoints(before.jid);
    return (latest.restored?.id ?? 0) >= known;
  });
  expect((await app.running()).jid).toBe(before.jid);
  expect(await app.restored(Math.max(0, count - 100))).toMatchObject({ gaps: 0, duplicates: 0 });
  expect(await app.pods("jobManager")).toHaveLength(1);
}
