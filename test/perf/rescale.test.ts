/** What a change of the parallelism in place takes, beside a redeployment of the same job. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Application, application } from "../e2e/support/application.ts";
import { kube, types } from "../e2e/support/cluster.ts";
import { aCounter } from "../e2e/support/counter.ts";
import { createNamespace, type ScenarioNamespace } from "../e2e/support/namespace.ts";
import { runsWith } from "../e2e/support/parallelism.ts";
import { until } from "../e2e/support/until.ts";
import { newest } from "../e2e/support/versions.ts";
import { everything, isTurn } from "../support/turn.ts";
import { byNumberOfTasks, meterDowntime } from "./support/downtime.ts";
import { describeFigure, type Figure } from "./support/figures.ts";

const figures: Figure[] = [];
let namespace: ScenarioNamespace;
let app: Application;

beforeAll(async () => {
  namespace = await createNamespace("perf-rescale");
  app = application(namespace, "counter");
});
afterAll(async () => {
  console.log(`\n${figures.map(describeFigure).join("\n")}\n`);
  await namespace.remove();
});

/** Seconds from an edit until all tasks run by it, and of them those without all tasks. */
interface Taken {
  readonly total: number;
  readonly down: number;
}

async function changed(parallelism: number): Promise<Taken> {
  const { jid } = await app.running();
  const meter = await meterDowntime(app, byNumberOfTasks);
  const since = performance.now();
  await app.edit({ job: { parallelism } });
  const down = await meter.measured();
  const total = performance.now() - since;
  await runsWith(app.flink, jid, parallelism);
  await until("the change is recorded", async () => (await app.status()).rescale === undefined);
  expect((await app.running()).jid).toBe(jid);
  return { total: total / 1_000, down: down / 1_000 };
}

async function redeployed(): Promise<Taken> {
  const meter = await meterDowntime(app);
  const since = performance.now();
  await app.edit({ flinkConfiguration: { "demo.rev": "1" } });
  const down = await meter.measured();
  return { total: (performance.now() - since) / 1_000, down: down / 1_000 };
}

const shown = (taken: Taken): string => `${taken.total.toFixed(1)} s, down ${taken.down.toFixed(1)} s`;

test.runIf(everything || isTurn(1, 2))(
  "a change of the parallelism for which there are slots, and a redeployment",
  async () => {
    const change = {
      flinkConfiguration: { "jobmanager.scheduler": "adaptive", "taskmanager.numberOfTaskSlots": "2" },
      job: { upgradeMode: "savepoint" as const },
    };
    await kube().create(types.flinkDeployment, {
      ...aCounter(newest, namespace.directory, { change }),
      metadata: { name: app.name, namespace: namespace.name },
    });
    await app.running();
    await app.checkpointed();
    const inPlace: Taken[] = [];
    for (const parallelism of [2, 1, 2]) inPlace.push(await changed(parallelism));
    const redeployment = await redeployed();
    console.log(`in place: ${inPlace.map(shown).join("; ")}. Redeployment: ${shown(redeployment)}`);
    // The first one of a JVM loads classes.
    const least = (part: keyof Taken) => Math.min(...inPlace.map((taken) => taken[part]));
    figures.push(
      {
        what: "parallelism in place, from the edit until its tasks run",
        measured: least("total"),
        unit: "s",
        goal: 2,
        java: "",
        hard: false,
      },
      {
        what: "… of it without all tasks",
        measured: least("down"),
        unit: "s",
        goal: 1,
        java: "",
        hard: false,
      },
      {
        what: "… in units of a redeployment",
        measured: least("total") / redeployment.total,
        unit: "x",
        goal: 0.5,
        java: "",
        hard: true,
      },
    );
    expect(least("total") / redeployment.total).toBeLessThanOrEqual(0.5);
  },
);
