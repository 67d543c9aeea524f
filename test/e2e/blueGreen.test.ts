import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import type {
  BlueGreenState,
  FlinkBlueGreenDeployment,
  FlinkBlueGreenDeploymentStatus,
} from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { API_VERSION, PROMOTE_ANNOTATION } from "../../src/api/v1beta1/names.ts";
import { type Application, absent, application, gone } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { aCounter, counterArgs, type SpecPatch } from "./support/counter.ts";
import { killOperator, operatorReady } from "./support/operator.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

const name = "counter";

scenario(
  "a job goes from blue to green and back beside the one that runs, is given up, and is deleted",
  "bluegreen",
  async (context) => {
    const { step, namespace, history } = context;
    const [blue, green] = [application(namespace, `${name}-blue`), application(namespace, `${name}-green`)];
    step("first deployment");
    await create(context);
    await active(context, "BLUE", blue);
    await blue.counted(20);

    step("blue to green: the Ingress always leads to a JobManager that answers");
    const requests = askAllTheTime(context);
    await editTemplate(context, { job: { args: counterArgs({ output: "second" }) } });
    await active(context, "GREEN", green);
    await absent(types.flinkDeployment, namespace.name, blue.name);
    expect(await requests.stop()).toEqual({
      lost: [],
      backends: [`${blue.name}-rest`, `${green.name}-rest`],
    });
    const taken = await expectGoesOn(green);
    expect(green.savepoints()).toHaveLength(1);
    expect(history.problems()).toEqual([]);

    step("green to blue: the operator is killed while blue starts");
    await green.counted(taken + 20);
    await editTemplate(context, { job: { args: counterArgs({ output: "third" }) } });
    await inState(context, "TRANSITIONING_TO_BLUE");
    await killOperator(context.operatorNamespace);
    await operatorReady(context.operatorNamespace);
    await active(context, "BLUE", blue);
    expect(await expectGoesOn(blue)).toBeGreaterThan(taken);
    expect(blue.savepoints()).toHaveLength(2);
    await gone(green);

    step("a savepoint that fails: the edit waits for one that succeeds");
    await edit(context, {
      configuration: {
        "kubernetes.operator.bluegreen.verification.min-checkpoints": "1",
        "kubernetes.operator.bluegreen.promote": "manual",
        "kubernetes.operator.bluegreen.reconciliation.reschedule-interval": "1 s",
      },
    });
    const makeSavepointsPossible = preventSavepoints(context);
    await editTemplate(context, { job: { args: counterArgs({ output: "fourth" }) } });
    await until("the savepoint has failed", async () =>
      (await statusOf(context)).conditions?.some(({ reason }) => reason === "SavepointError"),
    );
    expect(await statusOf(context)).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      jobStatus: { state: "FAILING" },
    });
    expect(await blue.job()).toMatchObject({ state: "RUNNING" });
    makeSavepointsPossible();

    step("blue to green: verified, and promoted by a person");
    await until("it waits for a person", async () => (await statusOf(context)).verification?.verifiedTime);
    await blue.running();
    await promote(context);
    await active(context, "GREEN", green);
    await expectGoesOn(green);
    await gone(blue);

    step("suspended and resumed");
    await editTemplate(context, { job: { state: "suspended" } });
    await until("it is suspended", async () => {
      const { blueGreenState, jobStatus } = await statusOf(context);
      return blueGreenState === "ACTIVE_GREEN" && jobStatus?.state === "SUSPENDED";
    });
    await green.lifecycle("SUSPENDED");
    await editTemplate(context, { job: { state: "running" } });
    await active(context, "GREEN", green);
    await expectGoesOn(green);

    step("an image that does not exist: given up, and green goes on");
    const { jid } = await green.job();
    await edit(context, { configuration: { "kubernetes.operator.bluegreen.abort.grace-period": "5 s" } });
    await editTemplate(context, { image: "no-such-image:1" });
    await until("the transition is given up", async () =>
      (await statusOf(context)).error?.startsWith(`Aborting deployment '${blue.name}'`),
    );
    expect(await statusOf(context)).toMatchObject({
      blueGreenState: "ACTIVE_GREEN",
      jobStatus: { state: "FAILING" },
    });
    expect((await blue.resource()).spec.job?.state).toBe("suspended");
    expect(await green.job()).toMatchObject({ jid, state: "RUNNING" });

    step("deletion");
    await kube().delete(types.flinkBlueGreenDeployment, namespace.name, name);
    await Promise.all([gone(blue), gone(green), absent(types.ingress, namespace.name, name)]);
  },
  { ownOperator: () => ({}) },
);

/** A file is in the place of the directory of the savepoints. Returns what puts the directory back. */
function preventSavepoints({ namespace: { directory } }: Context): () => void {
  const savepoints = join(directory, "savepoints");
  const away = `${savepoints}-away`;
  renameSync(savepoints, away);
  writeFileSync(savepoints, "");
  return () => {
    rmSync(savepoints);
    renameSync(away, savepoints);
  };
}

async function promote(context: Context): Promise<void> {
  const { metadata } = await resourceOf(context);
  await kube().mergePatch(types.flinkBlueGreenDeployment, context.namespace.name, name, {
    metadata: { annotations: { [PROMOTE_ANNOTATION]: String(metadata.generation) } },
  });
}

async function create({ flink, namespace }: Context): Promise<void> {
  const { spec } = aCounter(flink, namespace.directory, {
    change: { job: { upgradeMode: "savepoint", args: counterArgs({ output: "first" }) } },
  });
  const object: KubeObject = {
    apiVersion: API_VERSION,
    kind: types.flinkBlueGreenDeployment.kind,
    metadata: { name, namespace: namespace.name, labels: namespace.labels },
    spec: {
      ingress: { template: "{{name}}.example.com" },
      template: { metadata: { labels: namespace.labels }, spec },
    },
  };
  await kube().create(types.flinkBlueGreenDeployment, object);
}

const resourceOf = async ({ namespace }: Context) =>
  (await kube().get(types.flinkBlueGreenDeployment, namespace.name, name)) as FlinkBlueGreenDeployment;

const statusOf = async (context: Context): Promise<FlinkBlueGreenDeploymentStatus> =>
  (await resourceOf(context)).status ?? {};

const edit = ({ namespace }: Context, spec: object): Promise<unknown> =>
  kube().mergePatch(types.flinkBlueGreenDeployment, namespace.name, name, { spec });
const editTemplate = (context: Context, spec: SpecPatch): Promise<unknown> =>
  edit(context, { template: { spec } });

const inState = (context: Context, state: BlueGreenState): Promise<unknown> =>
  until(`it is ${state}`, async () => (await statusOf(context)).blueGreenState === state);

/** Waits until this side is the active one for the newest edit, and runs. */
async function active(context: Context, color: "BLUE" | "GREEN", app: Application): Promise<void> {
  await until(`${color} is active`, async () => {
    const { metadata, status = {} } = await resourceOf(context);
    const isReady = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
    return (
      status.observedGeneration === metadata.generation &&
      status.blueGreenState === `ACTIVE_${color}` &&
      isReady
    );
  });
  await app.running();
}

/** The counter goes on from the savepoint of the other side. Returns what it was restored with. */
async function expectGoesOn(app: Application): Promise<number> {
  const { restoredCount, ...now } = await app.restored(0);
  expect(now).toMatchObject({ gaps: 0, duplicates: 0 });
  return restoredCount;
}

/** Asks the JobManager that the Ingress leads to, until it is stopped. */
function askAllTheTime({ namespace }: Context) {
  const lost: string[] = [];
  const backends = new Set<string>();
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const [rule] = ((await kube().get(types.ingress, namespace.name, name)).spec as IngressSpec).rules;
      const service = rule?.http.paths[0]?.backend.service.name ?? "";
      backends.add(service);
      const { clusterIP } = (await kube().get(types.service, namespace.name, service)).spec as {
        clusterIP: string;
      };
      const { ok } = await fetch(`http://${clusterIP}:8081/config`, { signal: AbortSignal.timeout(5_000) });
      if (!ok) lost.push(service);
      await pause(100);
    }
  })().catch((error: unknown) => void lost.push(String(error)));
  return {
    async stop() {
      isOver = true;
      await asking;
      return { lost, backends: [...backends] };
    },
  };
}

interface IngressSpec {
  readonly rules: readonly {
    readonly http: {
      readonly paths: readonly { readonly backend: { readonly service: { readonly name: string } } }[];
    };
  }[];
}
