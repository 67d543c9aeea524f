import { expect } from "vitest";
import type { Application } from "./support/application.ts";
import { counterArgs } from "./support/counter.ts";
import type { Checkpoints, Progress } from "./support/flink.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

/** Edits the resource so that the counter of the next start writes to `output`. */
const writesTo = (output: string) => ({ args: counterArgs({ output }) });

scenario(
  "a job is upgraded in each mode, suspended and resumed, and its count goes on",
  "life",
  async (context) => {
    const { step, history } = context;
    step("first deployment");
    const app = await context.apply({ job: { upgradeMode: "stateless", ...writesTo("first") } });
    const first = await app.running();
    await app.counted(40);
    await onlyNewestResults(app);

    step("stateless upgrade");
    await app.edit({ job: writesTo("second") });
    const second = await app.running();
    expect(second.jid).not.toBe(first.jid);
    await onlyNewestResults(app);
    const anew = await app.counted(1);
    expect(anew).toMatchObject({ restoredCount: 0, gaps: 0, duplicates: 0 });
    expect((await app.flink.checkpoints(second.jid)).latest.restored ?? undefined).toBeUndefined();

    await savepointUpgrade(context, app);
    await onlyNewestResults(app);
    await lastStateUpgrade(context, app);
    await suspendByLastState(context, app);
    await suspendBySavepoint(context, app);

    step("of six launches, the results of one are left");
    await onlyNewestResults(app);
    expect((await app.status()).launches).toHaveLength(1);
    expect(history.problems()).toEqual([]);
  },
);

const onlyNewestResults = (app: Application): Promise<unknown> =>
  until("results of earlier launches are gone", () => app.results().length === 1);

async function savepointUpgrade({ step }: Context, app: Application): Promise<void> {
  step("savepoint upgrade");
  await app.counted(40);
  await app.edit({ job: { upgradeMode: "savepoint", ...writesTo("third") } });
  await app.running();
  expectExactly(await app.counted(1), app.written("second"));
  expect(app.savepoints()).toHaveLength(1);
}

async function lastStateUpgrade({ step }: Context, app: Application): Promise<void> {
  step("last-state upgrade");
  const before = await app.job();
  await app.checkpointed();
  const [known, { count }] = [app.newestCheckpoint(before.jid), await app.counted(1)];
  await app.edit({ job: { upgradeMode: "last-state", ...writesTo("fourth") } });
  const after = await app.running();
  expect(after.jid).toBe(before.jid);
  await expectFromCheckpoint(app, after.jid, known);
  // A checkpoint a second, twenty numbers a second: what is counted again is little.
  expect((await app.counted(1)).restoredCount).toBeGreaterThan(count - 100);
  expect(app.savepoints()).toHaveLength(1);
}

async function suspendByLastState({ step }: Context, app: Application): Promise<void> {
  step("suspend by last-state");
  await app.checkpointed();
  const { jid } = await app.job();
  const known = app.newestCheckpoint(jid);
  await app.edit({ job: { state: "suspended" } });
  await app.lifecycle("SUSPENDED");
  await until("no pod is left", async () => (await app.pods()).length === 0);
  expect(await app.objects()).toContainEqual(expect.stringMatching(/^ConfigMap\/.*-config-map$/));

  step("resume");
  await app.edit({ job: { state: "running", ...writesTo("fifth") } });
  expect((await app.running()).jid).toBe(jid);
  await expectFromCheckpoint(app, jid, known);
}

async function suspendBySavepoint({ step }: Context, app: Application): Promise<void> {
  step("suspend by savepoint");
  const { restoredCount } = await app.counted(1);
  await app.counted(restoredCount + 20);
  await app.edit({ job: { state: "suspended", upgradeMode: "savepoint" } });
  await app.lifecycle("SUSPENDED");
  expect(app.savepoints()).toHaveLength(2);
  expect((await app.job()).state).toBe("FINISHED");

  step("resume");
  await app.edit({ job: { state: "running", ...writesTo("sixth") } });
  await app.running();
  expectExactly(await app.counted(1), app.written("fifth"));
}

/** The counter goes on with the very next number. */
function expectExactly(now: Progress, before: Progress): void {
  expect(before.count).toBeGreaterThan(0);
  expect(now).toMatchObject({ restoredCount: before.count, gaps: 0, duplicates: 0 });
}

/** Flink restored this checkpoint or a newer one, and nothing is lost or counted twice. */
async function expectFromCheckpoint(app: Application, jobId: string, known: number): Promise<void> {
  expect(known).toBeGreaterThan(0);
  // Flink answers from a cache for some seconds, and the operator has asked before.
  const restored = await until("Flink reports what it restored", async () => {
    const { latest }: Checkpoints = await app.flink.checkpoints(jobId);
    return latest.restored ?? undefined;
  });
  expect(restored.id).toBeGreaterThanOrEqual(known);
  expect(await app.counted(1)).toMatchObject({ gaps: 0, duplicates: 0 });
}
