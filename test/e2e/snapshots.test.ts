import { expect } from "vitest";
import { DISPOSAL_CLUSTER_ANNOTATION } from "../../src/api/v1beta1/names.ts";
import { gone } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs } from "./support/counter.ts";
import { watchProblems } from "./support/problems.ts";
import { scenario } from "./support/scenario.ts";
import { snapshotsOf } from "./support/snapshots.ts";
import { until } from "./support/until.ts";

const periodic = "kubernetes.operator.periodic.savepoint.interval";
/** Of each third second. */
const isOfSchedule = (name: string): boolean => Number(name.split("-").at(-1)) % 3_000 === 0;
const counter = { kind: "FlinkDeployment", name: "counter" } as const;

scenario(
  "snapshots by hand, by nonce, by period and of an upgrade, and gone with their data",
  "snapshots",
  async (context) => {
    const { step } = context;
    const snapshots = snapshotsOf(context.namespace);
    const app = await context.apply({
      job: { upgradeMode: "savepoint", args: counterArgs({ output: "first" }) },
    });

    step("one that comes before its job waits for it");
    const example = await snapshots.applyExample();
    await app.running();
    const byHand = await snapshots.complete(example);
    expect(snapshots.isOnDisk(byHand)).toBe(true);

    step("deleted, its data goes with it");
    await app.checkpointed();
    await snapshots.delete(example);
    await snapshots.gone(example);
    expect(snapshots.isOnDisk(byHand)).toBe(false);

    step("a checkpoint");
    await snapshots.apply("checkpoint", { jobReference: counter, checkpoint: {} });
    expect(await snapshots.complete("checkpoint")).toMatch(/\/chk-\d+$/);

    step("by nonce");
    const { jid } = await app.job();
    await app.edit({ job: { savepointTriggerNonce: 1 } });
    const [manual] = await until("there is a snapshot of the nonce", async () => {
      const found = (await snapshots.triggeredBy("MANUAL")).filter(
        ({ spec }) => spec.savepoint !== undefined,
      );
      return found.length > 0 && found;
    });
    await snapshots.complete(manual?.metadata.name ?? "");

    step("by period");
    await app.edit({ flinkConfiguration: { [periodic]: "4 s" } });
    const periods = (count: number) =>
      until(`${count} periods`, async () => {
        const found = await snapshots.triggeredBy("PERIODIC");
        return found.filter(({ status }) => status?.state === "COMPLETED").length >= count;
      });
    await periods(2);

    step("by cron");
    const edited = Date.now();
    await app.edit({ flinkConfiguration: { [periodic]: "*/3 * * * * ?" } });
    await until("a snapshot is of the schedule", async () =>
      (await snapshots.triggeredBy("PERIODIC")).some(
        ({ metadata }) =>
          Number(metadata.name.split("-").at(-1)) - edited > 3_000 && isOfSchedule(metadata.name),
      ),
    );
    await periods(4);
    await app.edit({ flinkConfiguration: { [periodic]: "0" } });
    expect((await app.running()).jid).toBe(jid);
    expect(context.history.problems()).toEqual([]);

    step("bad input");
    await expect(
      snapshots.apply("both", { jobReference: counter, savepoint: {}, checkpoint: {} }),
    ).rejects.toThrow(/exactly one of savepoint and checkpoint/);
    await snapshots.apply("unknown", {
      jobReference: { kind: "FlinkDeployment", name: "nobody" },
      savepoint: {},
    });
    await snapshots.says("unknown", "spec.jobReference.name", "there is no FlinkDeployment");
    await snapshots.delete("unknown");
    await snapshots.gone("unknown");
    const watcher = watchProblems(context.history, app);
    await app.edit({ flinkConfiguration: { [periodic]: "0 0 12 30 2 ?" } });
    await watcher.reported(periodic, "never fires");

    step("an upgrade records its savepoint");
    await app.edit({
      flinkConfiguration: { [periodic]: null },
      job: { args: counterArgs({ output: "second" }) },
    });
    await app.running();
    const [upgrade] = await snapshots.triggeredBy("UPGRADE");
    expect(upgrade?.status).toMatchObject({ state: "COMPLETED" });
    expect(await app.counted(1)).toMatchObject({ restoredCount: app.written("first").count, gaps: 0 });
  },
);

scenario(
  "a job starts from the path of a FlinkStateSnapshot, which then stays",
  "snapshot-restored",
  async (context) => {
    const { step } = context;
    const snapshots = snapshotsOf(context.namespace);

    step("a savepoint of a job that is gone then");
    const source = await context.apply({ job: { upgradeMode: "savepoint" } });
    await source.running();
    await source.counted(20);
    const name = await snapshots.applyExample();
    const path = await snapshots.complete(name);
    await source.delete();
    await gone(source);

    step("another starts from its path");
    const job = { upgradeMode: "savepoint", initialSavepointPath: path } as const;
    const restored = await context.apply({ job }, "restored");
    await restored.running();
    const progress = await restored.counted(1);
    expect(progress.restoredCount).toBeGreaterThanOrEqual(20);
    expect(progress).toMatchObject({ gaps: 0, duplicates: 0 });
    expect(context.history.problems()).toEqual([]);

    step("it stays while a resource names it");
    const named = { [DISPOSAL_CLUSTER_ANNOTATION]: "restored" };
    await kube().mergePatch(types.flinkStateSnapshot, context.namespace.name, name, {
      metadata: { annotations: named },
    });
    await snapshots.delete(name);
    await snapshots.says(name, "is still needed", "initialSavepointPath of FlinkDeployment");
    expect(snapshots.isOnDisk(path)).toBe(true);

    step("then the cluster that was named for it disposes of it");
    await restored.edit({ job: { initialSavepointPath: null } });
    await snapshots.gone(name);
    expect(snapshots.isOnDisk(path)).toBe(false);
  },
  { turns: 2 },
);
