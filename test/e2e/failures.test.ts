import { expect } from "vitest";
import type { Application } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs } from "./support/counter.ts";
import { story, type Told } from "./support/story.ts";
import { until } from "./support/until.ts";
import { bothVersions } from "./support/versions.ts";

story(
  "whatever dies, the job comes back with its state",
  "failures",
  async (told) => {
    const { namespace, history } = told;
    const app = await told.apply({ job: { upgradeMode: "last-state", args: counterArgs({}) } });
    await app.running();

    await survives(told, app, "a TaskManager is killed", async () => {
      const [pod] = await app.pods("taskManager");
      await kill(namespace.name, pod?.metadata.name ?? "");
    });
    await survives(told, app, "the JobManager's pod is killed", async () => {
      const [pod] = await app.pods("jobManager");
      await kill(namespace.name, pod?.metadata.name ?? "");
    });
    // That the job lost a TaskManager is told as Flink tells it, and is all the trouble there is.
    expect(history.troubles().filter((trouble) => !trouble.includes(" JobException "))).toEqual([]);

    await survives(told, app, "the JobManager's Deployment is deleted", () =>
      kube().delete(types.deployment, namespace.name, app.name, { propagation: "Background" }),
    );
    expect(history.events.filter(({ reason }) => reason === "RecoverDeployment")).toHaveLength(1);
    expect((await app.status()).error).toBeUndefined();
  },
  bothVersions,
);

/** As a node that goes away: nobody is asked to end in order. */
const kill = (namespace: string, pod: string): Promise<void> =>
  kube().delete(types.pod, namespace, pod, { gracePeriodSeconds: 0 });

async function survives(
  { step }: Told,
  app: Application,
  what: string,
  strike: () => Promise<void>,
): Promise<void> {
  step(what);
  await app.counted(40);
  await app.checkpointed();
  const before = await app.job();
  const known = app.newestCheckpoint(before.jid);
  const { count } = await app.counted(1);
  await strike();
  await until("the job was restored", async () => {
    const { latest } = await app.flink.checkpoints(before.jid);
    return (latest.restored?.id ?? 0) >= known;
  });
  expect((await app.running()).jid).toBe(before.jid);
  expect(await app.restored(Math.max(0, count - 100))).toMatchObject({ gaps: 0, duplicates: 0 });
  expect(await app.pods("jobManager")).toHaveLength(1);
}
