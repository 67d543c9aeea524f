import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { KubeObject, ResourceType } from "../../src/api/kubernetes.ts";
import {
  APP_LABEL,
  COMPONENT_LABEL,
  components,
  warmClusterId,
  wordConfigMapName,
} from "../../src/api/v1beta1/names.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import { allJobs, hasEnded, watchForTwoJobs } from "./support/allJobs.ts";
import { type Application, gone } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs } from "./support/counter.ts";
import { killOperator, operatorProcess, operatorReady } from "./support/operator.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { DEADLINE_MS, until } from "./support/until.ts";
import { moved, warm } from "./support/warm.ts";

/** A warm upgrade from the cluster `old` to the cluster `next`. */
interface Upgrade {
  readonly app: Application;
  readonly namespace: string;
  readonly old: string;
  readonly next: string;
  /** Of the upgrades before. */
  readonly savepoints: readonly string[];
}

interface Phase {
  readonly name: string;
  readonly reached: (upgrade: Upgrade) => Promise<boolean>;
}

/** As docs/adr/0034 lists them. Each holds until the end of the upgrade: none is missed while the operator starts. */
const phasesOfFirst: readonly Phase[] = [
  { name: "the new cluster is created", reached: async (upgrade) => (await standby(upgrade)) !== undefined },
  { name: "its gate waits, and its TaskManagers start", reached: hasTaskManagers },
  { name: "the stop is requested", reached: isTriggered },
  {
    name: "the gate has its word, and the job is not there",
    reached: async (upgrade) => (await word(upgrade)) !== undefined,
  },
];

const phasesOfSecond: readonly Phase[] = [
  {
    name: "the intent is in the status",
    reached: async ({ app }) => (await app.status()).warmUpgrade !== undefined,
  },
  { name: "the savepoint is completed, and the status does not have it", reached: hasNewSavepoint },
  {
    name: "the new cluster has been handed over to, and its gate has no word",
    reached: async ({ app }) => (await app.status()).warmUpgrade?.savepoint !== undefined,
  },
  { name: "the new job is there, and the old cluster too", reached: hasNewJob },
  { name: "the old cluster is being deleted", reached: isOldDeleted },
];

scenario(
  "the operator is killed in each phase of a warm upgrade",
  "warmkilled",
  async (context) => {
    const app = await context.apply({ job: { upgradeMode: "savepoint", args: args(0) } });
    const second = warmClusterId(app.name);
    await app.running();
    await app.counted(1);
    const jobs = watchForTwoJobs(context.namespace.name);
    await upgrade(context, app, 1, phasesOfFirst, [app.name, second]);
    await moved(app, second);
    await upgrade(context, app, 2, phasesOfSecond, [second, app.name]);
    await moved(app, undefined);
    expect(await jobs.stop()).toEqual([]);
    await app.delete();
    await gone(app);
  },
  { ownOperator: () => ({}), turns: 2 },
);

/** The savepoint takes a second: long enough to be killed in. */
const args = (round: number) => counterArgs({ output: String(round), slowCheckpoint: 1_000 });

async function upgrade(
  context: Context,
  app: Application,
  round: number,
  phases: readonly Phase[],
  [old, next]: readonly [string, string],
): Promise<void> {
  const of: Upgrade = { app, namespace: context.namespace.name, old, next, savepoints: app.savepoints() };
  await app.edit(warm({ job: { args: args(round) } }));
  for (const phase of phases) await killedWhen(context, of, phase);
  await operatorReady(context.operatorNamespace);
  const { jid } = await app.running();
  expect(app.savepoints()).toHaveLength(round);
  const { count } = app.written(String(round - 1));
  expect(count).toBeGreaterThan(0);
  expect(await app.counted(1)).toMatchObject({ restoredCount: count, gaps: 0, duplicates: 0 });
  const running = (await allJobs(of.namespace)).filter((job) => !hasEnded(job));
  expect(running).toMatchObject([{ jid, cluster: next }]);
  expect((await app.status()).error).toBeUndefined();
}

/** Its process is known before, and the phase is looked for all the time: some last for less than a second. */
async function killedWhen({ operatorNamespace, step }: Context, of: Upgrade, phase: Phase): Promise<void> {
  const operator = await until("an operator", () => operatorProcess(operatorNamespace), DEADLINE_MS, 50);
  await until(phase.name, () => phase.reached(of), DEADLINE_MS, 10);
  await killOperator(operatorNamespace, operator);
  step(`killed when ${phase.name}; there is ${await shown(of)}`);
}

async function shown(of: Upgrade): Promise<string> {
  const { warmUpgrade, jobStatus } = await of.app.status();
  const there = {
    "an intent": warmUpgrade !== undefined,
    "the new Deployment": (await standby(of)) !== undefined,
    TaskManagers: await hasTaskManagers(of),
    "a trigger": jobStatus?.savepointInfo?.triggerId !== undefined,
    "a savepoint": await hasNewSavepoint(of),
    "the hand-over": warmUpgrade?.savepoint !== undefined,
    "the word": (await word(of)) !== undefined,
    "the new job": await hasNewJob(of),
    "no old cluster": await isOldDeleted(of),
  };
  const names = Object.entries(there).flatMap(([name, isThere]) => (isThere ? [name] : []));
  return names.join(", ") || "nothing";
}

async function find(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> {
  try {
    return await kube().get(type, namespace, name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return undefined;
  }
}

const standby = ({ namespace, next }: Upgrade) => find(types.deployment, namespace, next);
const word = ({ namespace, next }: Upgrade) => find(types.configMap, namespace, wordConfigMapName(next));

async function hasTaskManagers({ namespace, next }: Upgrade): Promise<boolean> {
  const labelSelector = `${APP_LABEL}=${next},${COMPONENT_LABEL}=${components.taskManager}`;
  return (await kube().list(types.pod, { namespace, labelSelector })).items.length > 0;
}

async function isTriggered(of: Upgrade): Promise<boolean> {
  const isPending = (await of.app.status()).jobStatus?.savepointInfo?.triggerId !== undefined;
  return isPending || (await hasNewSavepoint(of));
}

/** On disk. */
async function hasNewSavepoint({ app, savepoints }: Upgrade): Promise<boolean> {
  return app.savepoints().some((path) => !savepoints.includes(path) && existsSync(join(path, "_metadata")));
}

async function hasNewJob({ namespace, next }: Upgrade): Promise<boolean> {
  return (await allJobs(namespace)).some(({ cluster }) => cluster === next);
}

async function isOldDeleted({ namespace, old }: Upgrade): Promise<boolean> {
  const deployment = await find(types.deployment, namespace, old);
  return deployment?.metadata.deletionTimestamp !== undefined || deployment === undefined;
}
