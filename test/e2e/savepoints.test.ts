import { expect } from "vitest";
import { gone } from "./support/application.ts";
import { counterArgs, DATA } from "./support/counter.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

scenario(
  "a job starts from the savepoint of another, and from others as asked",
  "savepoints",
  async (context) => {
    const { step, history } = context;
    const args = (output: string, extraOperator = true) => counterArgs({ output, extraOperator });

    step("a job leaves a savepoint behind");
    const source = await context.apply({ job: { upgradeMode: "savepoint", args: args("source") } }, "source");
    await source.running();
    await source.counted(40);
    await source.edit({ job: { state: "suspended" } });
    const { jobStatus } = await source.lifecycle("SUSPENDED");
    const path = jobStatus?.upgradeSavepointPath ?? "";
    expect(path).toContain(`${DATA}/savepoints/`);
    await source.delete();
    await gone(source);
    const { count } = source.written("source");
    expect(source.savepoints()).toHaveLength(1);

    step("another starts from it");
    const from = { upgradeMode: "savepoint", initialSavepointPath: path } as const;
    const app = await context.apply({ job: { ...from, args: args("first") } });
    const first = await app.running();
    expect(await app.counted(1)).toMatchObject({ restoredCount: count, gaps: 0, duplicates: 0 });

    step("restartNonce");
    await app.counted(count + 20);
    await app.edit({ restartNonce: 1, job: { args: args("second") } });
    const second = await app.running();
    expect(second.jid).not.toBe(first.jid);
    expect(await app.counted(1)).toMatchObject({ restoredCount: app.written("first").count, gaps: 0 });

    step("savepointRedeployNonce: back to the savepoint");
    await app.edit({ job: { savepointRedeployNonce: 1, args: args("third") } });
    await app.running();
    expect(await app.counted(1)).toMatchObject({ restoredCount: count, gaps: 0, duplicates: 0 });
    expect(history.problems()).toEqual([]);

    step("an operator with state is removed: refused");
    await app.edit({ job: { args: args("fourth", false) } });
    await until("the status says that state would be lost", async () =>
      (await app.status()).error?.includes("allowNonRestoredState"),
    );

    step("allowNonRestoredState");
    // By itself it changes nothing: it is for the next start.
    await app.edit({ restartNonce: 2, job: { allowNonRestoredState: true } });
    await app.running();
    const kept = app.written("third").count;
    expect(await app.counted(1)).toMatchObject({ restoredCount: kept, gaps: 0, duplicates: 0 });
    await until("the error is history", async () => (await app.status()).error === undefined);
  },
  { turns: 2 },
);
