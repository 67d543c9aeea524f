import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { taskManagerName } from "../../src/api/v1beta1/names.ts";
import { type Application, application, gone } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { kubectl, root } from "./support/commands.ts";
import { counterArgs } from "./support/counter.ts";
import type { Progress } from "./support/flink.ts";
import type { ScenarioNamespace } from "./support/namespace.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

const writesTo = (output: string) => ({ args: counterArgs({ output }) });

scenario(
  "a standalone job is upgraded in each mode, suspended and resumed, loses its Deployments, and leaves nothing",
  "standalone",
  async (context) => {
    const { step, history } = context;
    step("first deployment");
    const app = await context.apply({
      mode: "standalone",
      job: { upgradeMode: "stateless", ...writesTo("first") },
    });
    await app.running();

    step("stateless upgrade");
    await app.edit({ job: writesTo("second") });
    const second = await app.running();
    expect(await app.counted(40)).toMatchObject({ restoredCount: 0, gaps: 0, duplicates: 0 });

    step("savepoint upgrade");
    await app.edit({ job: { upgradeMode: "savepoint", ...writesTo("third") } });
    const third = await app.running();
    expect(third.jid).not.toBe(second.jid);
    expectExactly(await app.counted(1), app.written("second"));

    step("last-state upgrade");
    await app.checkpointed();
    await app.edit({ job: { upgradeMode: "last-state", ...writesTo("fourth") } });
    expect((await app.running()).jid).toBe(third.jid);
    expectGoesOn(await app.counted(1));

    await suspendBySavepoint(context, app);

    step("of five launches, the results of one are left");
    await until("results of earlier launches are gone", () => app.results().length === 1);
    expect(history.problems()).toEqual([]);

    // What it loses is nothing that an upgrade by savepoint could be held up by.
    await app.edit({ job: { upgradeMode: "last-state" } });
    await app.running();
    await loseTaskManagers(context, app);
    await loseJobManager(context, app);

    step("delete");
    await app.delete();
    await gone(app);
  },
);

async function suspendBySavepoint({ step }: Context, app: Application): Promise<void> {
  step("suspend by savepoint: no pod is left");
  const { restoredCount } = await app.counted(1);
  await app.counted(restoredCount + 20);
  await app.edit({ job: { state: "suspended", upgradeMode: "savepoint" } });
  const { taskManager } = await app.lifecycle("SUSPENDED");
  expect(taskManager).toMatchObject({ replicas: 0 });
  expect((await app.objects()).filter((object) => /^(Deployment|Pod|ReplicaSet)\//.test(object))).toEqual([]);

  step("resume");
  await app.edit({ job: { state: "running", ...writesTo("fifth") } });
  await app.running();
  expectExactly(await app.counted(1), app.written("fourth"));
}

async function loseTaskManagers({ step, namespace }: Context, app: Application): Promise<void> {
  step("the TaskManagers' Deployment is deleted: it comes back, and the job goes on");
  await app.checkpointed();
  await app.counted(40);
  const [before] = await app.pods("jobManager");
  const { metadata } = await kube().get(types.deployment, namespace.name, taskManagerName(app.name));
  await kube().delete(types.deployment, namespace.name, metadata.name, { propagation: "Foreground" });
  await until("there is another Deployment", async () => {
    const found = await kube().get(types.deployment, namespace.name, metadata.name);
    return found.metadata.uid !== metadata.uid;
  });
  await app.running();
  expectGoesOn(await app.restored(0));
  const [after] = await app.pods("jobManager");
  expect(after?.metadata.uid).toBe(before?.metadata.uid);
}

async function loseJobManager({ step, namespace }: Context, app: Application): Promise<void> {
  step("the JobManager's Deployment is deleted: the job is recovered from its last checkpoint");
  await app.checkpointed();
  const { jid } = await app.job();
  const { metadata } = await kube().get(types.deployment, namespace.name, app.name);
  await kube().delete(types.deployment, namespace.name, app.name, { propagation: "Foreground" });
  await until("there is another Deployment", async () => {
    const found = await kube().get(types.deployment, namespace.name, app.name);
    return found.metadata.uid !== metadata.uid;
  });
  expect((await app.running()).jid).toBe(jid);
  expectGoesOn(await app.counted(1));
}

const cooldown = "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling";

scenario(
  "a reactive job is scaled by kubectl and by an autoscaler",
  "reactive",
  async (context) => {
    const { step, namespace, history } = context;
    step("apply examples/reactive.yaml");
    // Flink waits half a minute between two changes of a job's parallelism, where it is not configured otherwise.
    await applyExample(namespace, "reactive.yaml", (text) =>
      text.replace(/(?<=flinkConfiguration:\n)/, `    ${cooldown}: 1 s\n`),
    );
    const app = application(namespace, "reactive");
    const { jid } = await app.running();
    const [jobManager] = await app.pods("jobManager");
    await scaledTo(app, 1);
    await app.counted(40);

    step("kubectl scale");
    await kubectl("-n", namespace.name, "scale", "flinkdep/reactive", "--replicas=2");
    await scaledTo(app, 2);

    step("an autoscaler that finds fewer than it may have");
    await applyExample(namespace, "reactive-autoscaler.yaml", (text) =>
      text.replace("minReplicas: 2", "minReplicas: 3"),
    );
    await scaledTo(app, 3);
    await until("the autoscaler has found what it scales", async () => {
      const condition = '{.status.conditions[?(@.type=="AbleToScale")].status}';
      return (
        (await kubectl("-n", namespace.name, "get", "hpa", "reactive", "-o", `jsonpath=${condition}`)) ===
        "True"
      );
    });
    expect((await app.resource()).spec.taskManager?.replicas).toBe(3);
    await kubectl("-n", namespace.name, "delete", "hpa", "reactive");

    step("somebody edits the replicas of the Deployment");
    const deployment = taskManagerName(app.name);
    await kube().mergePatch(types.deployment, namespace.name, deployment, { spec: { replicas: 4 } });
    await until("they are put back", async () => (await replicasOf(namespace, deployment)) === 3);

    const [sameJobManager] = await app.pods("jobManager");
    expect(sameJobManager?.metadata.uid).toBe(jobManager?.metadata.uid);
    expect((await app.running()).jid).toBe(jid);
    expectGoesOn(await app.counted(100));
    const { events } = history;
    expect(events.filter(({ reason }) => reason === "Scaling")).not.toEqual([]);
    expect(
      events.filter(({ type, involvedObject: { kind } }) => type === "Warning" && kind === "FlinkDeployment"),
    ).toEqual([]);

    step("delete");
    await app.delete();
    await gone(app);
  },
  { turns: 2 },
);

/** An example as it stands, but for the directory of its files. */
async function applyExample(
  namespace: ScenarioNamespace,
  example: string,
  change = (text: string) => text,
): Promise<void> {
  const text = readFileSync(join(root, "examples", example), "utf8");
  const file = join(namespace.directory, example);
  writeFileSync(file, change(text.replace("/var/tmp/flink-operator-demo", namespace.directory)));
  await kubectl("-n", namespace.name, "apply", "-f", file);
}

const replicasOf = async (namespace: ScenarioNamespace, deployment: string): Promise<number> =>
  ((await kube().get(types.deployment, namespace.name, deployment)).spec as { replicas: number }).replicas;

/** All of Flink, the job's tasks and the status report so many TaskManagers. */
const scaledTo = (app: Application, count: number): Promise<unknown> =>
  until(`${app.name} runs on ${count} TaskManagers`, async () => {
    const { taskmanagers } = await app.flink.get<{ taskmanagers: unknown[] }>("/taskmanagers");
    const { jid, state } = await app.job();
    const { vertices } = await app.flink.get<{ vertices: { name: string; parallelism: number }[] }>(
      `/jobs/${jid}`,
    );
    const worker = vertices.find(({ name }) => name.startsWith("worker"))?.parallelism;
    const { taskManager } = await app.status();
    const reported = [taskmanagers.length, worker, taskManager?.replicas];
    if (state === "RUNNING" && reported.every((number) => number === count)) return true;
    throw new Error(
      `the job is ${state}; Flink's TaskManagers, workers and the status' replicas: ${reported.join(", ")}`,
    );
  });

/** The counter goes on with the very next number. */
function expectExactly(now: Progress, before: Progress): void {
  expect(before.count).toBeGreaterThan(0);
  expect(now).toMatchObject({ restoredCount: before.count, gaps: 0, duplicates: 0 });
}

/** Restored, and nothing is lost or counted twice. */
function expectGoesOn(now: Progress): void {
  expect(now).toMatchObject({ gaps: 0, duplicates: 0 });
  expect(now.restoredCount).toBeGreaterThan(0);
}
