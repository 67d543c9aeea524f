import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { restServiceName } from "../../src/api/v1beta1/names.ts";
import type { Application } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs, DATA } from "./support/counter.ts";
import { killOperator, operatorReady } from "./support/operator.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

/** Long enough for an operator that is killed meanwhile to be back. */
const slow = (output: string) => counterArgs({ output, slowCheckpoint: 20_000 });
/** As the Java operator, a person or a script does: by Flink's REST API, without a trace in the status. */
async function requestStop(app: Application): Promise<void> {
  const { jid } = await app.job();
  const { metadata } = await app.resource();
  const service = await kube().get(types.service, metadata.namespace ?? "", restServiceName(app.name));
  const { clusterIP } = service.spec as { clusterIP: string };
  const answer = await fetch(`http://${clusterIP}:8081/jobs/${jid}/stop`, {
    method: "POST",
    body: JSON.stringify({
      targetDirectory: `file://${DATA}/savepoints`,
      drain: false,
      triggerId: randomBytes(16).toString("hex"),
    }),
    signal: AbortSignal.timeout(5_000),
  });
  expect(answer.status).toBe(202);
}

async function stopElsewhere(app: Application): Promise<void> {
  const { jid } = await app.job();
  await requestStop(app);
  await until("the stop is under way", async () => {
    const { history } = await app.flink.checkpoints(jid);
    return history.some(({ status, is_savepoint }) => status === "IN_PROGRESS" && is_savepoint);
  });
}

for (const [title, prefix, interval] of [
  ["a job with checkpoints", "stopped", "5 min"],
  ["a job without checkpoints", "stopped-bare", null],
] as const)
  scenario(
    `the operator is killed while somebody else stops ${title}, and an edit continues from that savepoint`,
    prefix,
    (context) => stoppedElsewhere(context, interval),
    { turns: 2, ownOperator: () => ({}) },
  );

async function stoppedElsewhere(
  { apply, step, history, operatorNamespace }: Context,
  interval: string | null,
): Promise<void> {
  const app = await apply({
    flinkConfiguration: { "execution.checkpointing.interval": interval },
    job: { upgradeMode: "savepoint", args: slow("first") },
  });
  const { jid } = await app.running();
  await app.counted(20);
  step("somebody else stops the job; the operator is killed, and the spec edited");
  await stopElsewhere(app);
  await killOperator(operatorNamespace);
  await app.edit({ job: { args: slow("second") } });
  await operatorReady(operatorNamespace);
  const next = await app.running();
  expect(next.jid).not.toBe(jid);
  expect(app.savepoints()).toHaveLength(1);
  const { count } = app.written("first");
  expect(await app.counted(1)).toMatchObject({ restoredCount: count, gaps: 0, duplicates: 0 });
  expect(history.problems()).toEqual([]);
}

scenario(
  "a job that fails while it is stopped, without a snapshot of its own, is not started from an older state",
  "failed-stop",
  async ({ apply, step }) => {
    const app = await apply({
      flinkConfiguration: { "execution.checkpointing.interval": null },
      job: { upgradeMode: "savepoint", args: slow("first") },
    });
    const { jid } = await app.running();
    await app.counted(20);
    step("stopped for an upgrade, and by somebody else too: Flink fails both stops, and the job");
    await app.edit({ job: { args: counterArgs({ output: "second" }) } });
    await until("the operator stops the job", async () => {
      const { history } = await app.flink.checkpoints(jid);
      return history.some(({ status, is_savepoint }) => status === "IN_PROGRESS" && is_savepoint);
    });
    await requestStop(app);
    const stalled = await until("the resource is Stalled", async () => {
      const { conditions, error } = await app.status();
      const holds = conditions?.some(({ type, status }) => type === "Stalled" && status === "True");
      return holds && error?.includes("Manual restore required.") && error;
    });
    expect(stalled).toContain("job.upgradeMode to stateless");
    expect((await app.job()).jid).toBe(jid);
    step("its user gives the state up");
    await app.edit({ job: { upgradeMode: "stateless" } });
    await app.running();
    expect((await app.counted(1)).restoredCount).toBe(0);
  },
  { turns: 2 },
);

scenario(
  "a job whose TaskManagers no node takes is neither STABLE nor Ready, and its upgrade is rolled back",
  "no-taskmanagers",
  async ({ apply, step }) => {
    const app = await apply({
      flinkConfiguration: {
        "kubernetes.operator.deployment.rollback.enabled": "true",
        "kubernetes.operator.deployment.readiness.timeout": "60 s",
      },
      job: { upgradeMode: "last-state", args: counterArgs({ output: "first" }) },
    });
    await app.running();
    await app.checkpointed();
    step("an upgrade asks for more memory than a node has");
    await app.edit({ taskManager: { resource: { memory: "900g" } } });
    await until("Flink calls the job RUNNING", async () => {
      const { jobStatus, conditions, lifecycleState } = await app.status();
      if (jobStatus?.state !== "RUNNING" || lifecycleState !== "DEPLOYED") return false;
      const ready = conditions?.find(({ type }) => type === "Ready");
      return ready?.reason === "TasksStarting" && ready.message?.includes("pending") === true;
    });
    await app.lifecycle("ROLLED_BACK");
    await until("the job counts again", async () => (await app.job()).state === "RUNNING");
    expect(await app.counted(1)).toMatchObject({ gaps: 0, duplicates: 0 });
  },
  { turns: 2 },
);
