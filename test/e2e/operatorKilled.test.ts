import { expect } from "vitest";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../src/api/v1beta1/flinkdeployment.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import { type Application, gone } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs } from "./support/counter.ts";
import { killOperator, operatorReady } from "./support/operator.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { DEADLINE_MS, until } from "./support/until.ts";

/** What a phase is recognised by: the status, and the JobManager's Deployment. */
interface Seen {
  readonly status: FlinkDeploymentStatus;
  readonly deployment: KubeObject | undefined;
  /** Of the Deployment before the upgrade. */
  readonly oldUid: string | undefined;
}

interface Phase {
  readonly name: string;
  readonly reached: (seen: Seen) => boolean;
}

const triggered = ({ status }: Seen) => status.jobStatus?.savepointInfo?.triggerId !== undefined;
const upgrading = ({ status }: Seen) => status.reconciliationStatus?.state === "UPGRADING";
const isOld = ({ deployment, oldUid }: Seen) => deployment?.metadata.uid === oldUid;
const isDeleted = ({ deployment }: Seen) => deployment?.metadata.deletionTimestamp !== undefined;

/** The phases of a savepoint upgrade, as docs/architecture.md lists its acts. */
const upgradePhases: readonly Phase[] = [
  { name: "the edit is there", reached: () => true },
  { name: "the savepoint is asked for", reached: triggered },
  { name: "the savepoint is done, the old cluster to be deleted", reached: upgrading },
  { name: "the old cluster is being deleted", reached: (seen) => upgrading(seen) && isDeleted(seen) },
  {
    name: "the new cluster is there",
    reached: (seen) => seen.deployment !== undefined && !isOld(seen),
  },
];

const deletionPhases: readonly Phase[] = [
  { name: "the deletion is there", reached: () => true },
  { name: "the deletion has begun", reached: ({ status }) => status.lifecycleState === "DELETING" },
  { name: "the cluster is being deleted", reached: isDeleted },
];

scenario(
  "the operator is killed in each phase of a savepoint upgrade and of a deletion",
  "killed",
  async (context) => {
    const apps = await Promise.all(
      deletionPhases.map(async (deletion, n) => ({ deletion, app: await start(context, `counter-${n}`) })),
    );
    for (const [n, { deletion, app }] of apps.entries()) {
      if (n === 0)
        for (const [round, phase] of upgradePhases.entries()) await upgrade(context, app, round, phase);
      await remove(context, app, deletion);
    }
  },
  { ownOperator: () => ({}) },
);

/** Each checkpoint and savepoint takes a second: long enough to be killed in. */
const args = (output: string) => counterArgs({ output, slowCheckpoint: 1_000 });
const outputOf = (app: Application, round: number) => `${app.name}-${round}`;

async function start(context: Context, name: string): Promise<Application> {
  const app = await context.apply({ job: { upgradeMode: "savepoint", args: args(`${name}-0`) } }, name);
  await app.running();
  return app;
}

async function killedWhen(
  { operatorNamespace }: Context,
  app: Application,
  phase: Phase,
  oldUid: string | undefined,
): Promise<void> {
  const reached = async () => phase.reached({ ...(await look(app)), oldUid });
  await until(phase.name, reached, DEADLINE_MS, 50);
  await killOperator(operatorNamespace);
  await operatorReady(operatorNamespace);
}

async function look(app: Application): Promise<Omit<Seen, "oldUid">> {
  const { metadata, status } = await app.resource();
  const deployment = await kube()
    .get(types.deployment, metadata.namespace ?? "", app.name)
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      return undefined;
    });
  return { status: status ?? {}, deployment };
}

async function upgrade(context: Context, app: Application, round: number, phase: Phase): Promise<void> {
  context.step(`upgrade; killed when ${phase.name}`);
  await app.counted(1);
  const { deployment } = await look(app);
  await app.edit({ job: { args: args(outputOf(app, round + 1)) } });
  await killedWhen(context, app, phase, deployment?.metadata.uid);
  await app.running();
  expect(app.savepoints()).toHaveLength(round + 1);
  const { count } = app.written(outputOf(app, round));
  expect(count).toBeGreaterThan(0);
  expect(await app.counted(1)).toMatchObject({ restoredCount: count, gaps: 0, duplicates: 0 });
  expect(await app.pods("jobManager")).toHaveLength(1);
  expect((await app.status()).error).toBeUndefined();
}

async function remove(context: Context, app: Application, phase: Phase): Promise<void> {
  context.step(`deletion; killed when ${phase.name}`);
  const { deployment } = await look(app);
  await app.delete();
  await killedWhen(context, app, phase, deployment?.metadata.uid).catch(async (error: unknown) => {
    // Too quick to be caught in the act: then it must have come to its end.
    if ((await app.objects()).length > 0) throw error;
  });
  await operatorReady(context.operatorNamespace);
  await gone(app);
}
