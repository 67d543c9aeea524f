import { expect } from "vitest";
import { counterArgs } from "./support/counter.ts";
import { runsWith } from "./support/parallelism.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

scenario(
  "the parallelism of a job is changed in place: no pod of its JobManager ends, and the count is exact",
  "rescale",
  async ({ apply, step, history }) => {
    const app = await apply({
      flinkConfiguration: {
        "jobmanager.scheduler": "adaptive",
        "slot.idle.timeout": "3 s",
        "resourcemanager.taskmanager-timeout": "3 s",
      },
      job: { upgradeMode: "savepoint", args: counterArgs({}) },
    });
    const { jid } = await app.running();
    await app.counted(40);
    const [jobManager] = await app.pods("jobManager");
    const change = async (parallelism: number) => {
      step(`parallelism ${parallelism}`);
      await app.edit({ job: { parallelism } });
      const ms = await runsWith(app.flink, jid, parallelism);
      step(`parallelism ${parallelism}: ${Math.round(ms)} ms from the edit to its tasks`);
      expect((await app.running()).jid).toBe(jid);
      expect(await app.counted(40)).toMatchObject({ gaps: 0, duplicates: 0 });
      // Flink tells the parallelism of the vertices from a cache.
      await until("the change is recorded", async () => (await app.status()).rescale === undefined);
    };
    await change(2);
    // The slot of the second one is still held: nothing has to be started.
    await change(1);
    await change(2);
    await change(1);
    await until("the second TaskManager is given back", async () => {
      const pods = await app.pods("taskManager");
      return pods.length === 1;
    });
    expect((await app.pods("jobManager")).map(({ metadata }) => metadata.uid)).toEqual([
      jobManager?.metadata.uid,
    ]);
    const { restoredCount } = await app.counted(1);
    expect(restoredCount).toBeGreaterThan(0);
    expect(app.savepoints()).toEqual([]);
    expect(history.problems()).toEqual([]);
  },
);
