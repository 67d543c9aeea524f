import { expect } from "vitest";
import type { FlinkDeploymentStatus } from "../../src/api/v1beta1/flinkdeployment.ts";
import { type Application, gone } from "./support/application.ts";
import { counterArgs } from "./support/counter.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";
import { moved, warm } from "./support/warm.ts";

/** From the savepoint to the tasks at work, in seconds, as the status tells it. */
const downtime = ({ decisions = [] }: FlinkDeploymentStatus): number => {
  const [newest] = decisions;
  return (Date.parse(newest?.runningAt ?? "") - Date.parse(newest?.stoppedAt ?? "")) / 1000;
};

scenario("the new cluster of an upgrade stands before the old job is stopped", "warm", async (context) => {
  const { step, history } = context;
  const args = (output: string) => counterArgs({ output });
  const goesOn = async (app: Application, before: string) => {
    const { count } = app.written(before);
    expect(await app.counted(1)).toMatchObject({ restoredCount: count, gaps: 0, duplicates: 0 });
  };

  step("the first deployment, and a cold upgrade to compare with");
  const app = await context.apply({ job: { upgradeMode: "savepoint", args: args("first") } });
  await app.running();
  await app.counted(20);
  await app.edit({ job: { args: args("cold") } });
  await app.running();
  await goesOn(app, "first");
  const cold = downtime(await app.status());

  step("a warm upgrade");
  await app.counted(1);
  await app.edit(warm({ job: { args: args("warm") } }));
  const first = await app.running();
  await goesOn(app, "cold");
  const away = await moved(app, `${app.name}-warm`);
  expect(history.problems()).toEqual([]);

  step("and back");
  await app.edit({ job: { args: args("back") } });
  const second = await app.running();
  expect(second.jid).not.toBe(first.jid);
  await goesOn(app, "warm");
  const back = await moved(app, undefined);
  expect(history.problems()).toEqual([]);
  step(`downtime: cold ${cold} s, warm ${downtime(away)} s, and back ${downtime(back)} s`);
  expect(downtime(away)).toBeLessThan(cold / 2);

  step("a wrong main class: the old job is untouched");
  await app.edit({ job: { entryClass: "org.example.Missing" } });
  await until("the status says why", async () =>
    (await app.status()).error?.includes("The main class org.example.Missing was not found"),
  );
  expect(await app.job()).toMatchObject({ jid: second.jid, state: "RUNNING" });

  step("an image that is not there: the same");
  await app.edit({ image: "localhost/flink:absent", job: { entryClass: null } });
  await until("the status says why", async () => /Image/.test((await app.status()).error ?? ""));
  expect(await app.job()).toMatchObject({ jid: second.jid, state: "RUNNING" });

  step("a main method that fails with the savepoint in its hands: the old spec is restored from it");
  await app.edit({ image: context.flink.image, job: { args: ["--rate", "many"] } });
  await app.lifecycle("ROLLED_BACK");
  await until("the old spec runs", async () => (await app.status()).jobStatus?.state === "RUNNING");
  await goesOn(app, "back");

  step("deletion, with nothing left");
  await app.delete();
  await gone(app);
});
