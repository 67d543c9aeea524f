/** The downtime of a warm upgrade, beside that of a cold one of the same job. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { warmClusterId } from "../../src/api/v1beta1/names.ts";
import { allJobs, hasEnded, type ListedJob } from "../e2e/support/allJobs.ts";
import { type Application, application } from "../e2e/support/application.ts";
import { kube, types } from "../e2e/support/cluster.ts";
import { aCounter, type SpecPatch } from "../e2e/support/counter.ts";
import { createNamespace, type ScenarioNamespace } from "../e2e/support/namespace.ts";
import { newest } from "../e2e/support/versions.ts";
import { moved, warm } from "../e2e/support/warm.ts";
import { everything, isTurn } from "../support/turn.ts";
import { byStart, meterDowntime } from "./support/downtime.ts";
import { describeFigure, type Figure } from "./support/figures.ts";

const figures: Figure[] = [];
let namespace: ScenarioNamespace;
let app: Application;

beforeAll(async () => {
  namespace = await createNamespace("perf-warm");
  app = application(namespace, "counter");
});
afterAll(async () => {
  console.log(`\n${figures.map(describeFigure).join("\n")}\n`);
  await namespace.remove();
});

/** As each was last seen, by its id. */
const seen = new Map<string, ListedJob>();

/** The job that has not ended, of both clusters: the REST Service leads to the old one until that is gone. */
async function runOf(): Promise<ListedJob | undefined> {
  const jobs = await allJobs(namespace.name);
  for (const job of jobs) seen.set(job.jid, job);
  return jobs.find((job) => !hasEnded(job));
}

async function downtimeOf(change: SpecPatch): Promise<number> {
  await app.checkpointed();
  const old = await app.job();
  const meter = await meterDowntime(app, byStart, runOf);
  await app.edit(change);
  const down = await meter.measured();
  const upAgain = Date.now();
  const { jid } = await app.running();
  const { decisions: [newest] = [] } = await app.status();
  const times = [
    upAgain - down,
    seen.get(old.jid)?.["end-time"] ?? Number.NaN,
    Date.parse(newest?.stoppedAt ?? ""),
    seen.get(jid)?.["start-time"] ?? Number.NaN,
    upAgain,
  ];
  const lasted = times.slice(1).map((time, n) => (time - (times[n] ?? Number.NaN)) / 1_000);
  const names = [
    "until the old job has ended",
    "the operator knows",
    "the new job is created",
    "all tasks run",
  ];
  console.log(names.map((name, n) => `${name} ${lasted[n]?.toFixed(1)} s`).join(", "));
  return down / 1_000;
}

const rev = (value: string): SpecPatch => ({ job: { args: ["--rate", value] } });
const cold: SpecPatch = { flinkConfiguration: { "kubernetes.operator.job.upgrade.warm": null } };

test.runIf(everything || isTurn(0, 2))("a warm upgrade, and a cold one", async () => {
  await kube().create(types.flinkDeployment, {
    ...aCounter(newest, namespace.directory, { change: { job: { upgradeMode: "savepoint" } } }),
    metadata: { name: app.name, namespace: namespace.name },
  });
  await app.running();
  const ofCold = await downtimeOf({ ...rev("21"), ...cold });
  const ofWarm = await downtimeOf(warm(rev("31")));
  await moved(app, warmClusterId(app.name));
  console.log(`downtime of an upgrade: cold ${ofCold.toFixed(1)} s; warm ${ofWarm.toFixed(1)} s`);
  const ratio = ofWarm / ofCold;
  figures.push(
    { what: "downtime of a warm upgrade", measured: ofWarm, unit: "s", goal: 5, java: "", hard: false },
    { what: "… in units of a cold one", measured: ratio, unit: "x", goal: 0.3, java: "", hard: true },
  );
  expect(ratio).toBeLessThanOrEqual(0.3);
});
