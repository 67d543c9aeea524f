import { expect } from "vitest";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import type { SqlSpec } from "../../src/api/v1beta1/program.ts";
import type { Application } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { kubectl } from "./support/commands.ts";
import type { SpecPatch } from "./support/counter.ts";
import { operatorPodLabels } from "./support/operator.ts";
import { watchProblems } from "./support/problems.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { applySession } from "./support/session.ts";
import { until } from "./support/until.ts";

const secret = "not-to-be-found-1f83d9ab";

/** Counts numbers, which goes on after a restart, and sends some of them elsewhere: two statements, one job. */
const script = `-- Numbers, one after the other
CREATE TABLE numbers (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '50000');
CREATE TABLE counts (c BIGINT) WITH ('connector' = 'print', 'print-identifier' = '\${run}');
CREATE TABLE others (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO counts SELECT COUNT(n) FROM numbers WHERE CHAR_LENGTH('\${password}') > 3;
INSERT INTO others SELECT n FROM numbers WHERE n > \${least};
`;

const variablesFrom = [{ secretRef: { name: "kafka" } }];

const sql = (change: Partial<SqlSpec> = {}): SpecPatch => ({
  job: { sql: { script, variables: { least: "0", run: "application" }, ...change } },
});

/** The default. */
const checked = { "kubernetes.operator.job.sql-check.enabled": "true" };
const unchecked = { "kubernetes.operator.job.sql-check.enabled": "false" };

scenario(
  "an SQL script is one job that counts on through upgrades, and says where it is wrong",
  "sql",
  async (context) => {
    const { step, history } = context;
    await createSecret(context);
    step("first deployment");
    const job = { jarURI: null, args: null, upgradeMode: "savepoint" } as const;
    const app = await context.apply({ job: { ...job, sql: { ...sql().job?.sql, variablesFrom } } });
    const first = await app.running();
    await expectBothInserts(app, first.jid);
    await counted(app, 40);

    step("a comment changes, and nothing restarts");
    await app.edit(sql({ script: `${script}-- The end\n` }));
    expect((await app.running()).jid).toBe(first.jid);

    step("savepoint upgrade");
    await goesOn(app, sql({ variables: { least: "1", run: "application" } }), await counted(app, 40));
    expect(app.savepoints()).toHaveLength(1);

    step("last-state upgrade");
    const second = await countsOf(app);
    await app.checkpointed();
    await goesOn(
      app,
      {
        job: { ...sql({ variables: { least: "2", run: "application" } }).job, upgradeMode: "last-state" },
        // The script of the savepoint upgrade was checked.
        flinkConfiguration: unchecked,
      },
      second,
    );
    expect(history.problems()).toEqual([]);

    step("a query that would go on from the state of another is refused");
    const running = await app.job();
    const loses = sql({
      script: script.replace("COUNT(n)", "MAX(n)"),
      variables: { least: "2", run: "application" },
    });
    await app.edit({ ...loses, flinkConfiguration: checked });
    const { error } = await until("it is refused", async () => {
      const status = await app.status();
      return status.error === undefined ? undefined : status;
    });
    expect(error).toContain("MAX(n)]) of");
    expect(error).toContain("would go on from the state of");
    expect(await app.job()).toMatchObject({ jid: running.jid, state: "RUNNING" });

    step("and allowed");
    const beforeLoss = await counted(app, 1);
    await goesOn(app, { job: { ...loses.job, allowNonRestoredState: true } }, beforeLoss);
    const told = history.events.find(({ reason }) => reason === "StateDropped");
    expect(told).toMatchObject({ type: "Normal", message: expect.stringContaining("MAX(n)") });
    expect((await app.status()).sqlCheck).toBeUndefined();

    step("a mistake that is not looked for");
    const third = await countsOf(app);
    await app.checkpointed();
    const watcher = watchProblems(history, app);
    await app.edit({
      ...sql({ script: script.replace("COUNT(n)", "COUNT(m)") }),
      flinkConfiguration: unchecked,
    });
    const { message } = await watcher.reported("sql: line 7, column 33: ");
    step(`says: ${message}`);
    expect((await app.job()).state).toBe("FAILED");

    step("mended");
    await goesOn(
      app,
      { ...sql({ variables: { least: "3", run: "application" } }), flinkConfiguration: checked },
      third,
    );
    await expectNowhere(context, app);
    const { data } = await kube().get(types.configMap, context.namespace.name, `flink-program-${app.name}`);
    expect(data).toMatchObject({ "job.sql": script });
  },
);

scenario(
  "an SQL script runs on a session cluster, and says where it is wrong",
  "sql-session",
  async (context) => {
    const { step, namespace, flink, history } = context;
    const session = await applySession(flink, namespace);
    await session.ready();
    step("a script is submitted");
    const variables = { least: "0", run: "first", password: "of no worth" };
    const job = await session.submit("numbers", {
      job: { entryClass: null, args: null, upgradeMode: "savepoint", sql: { script, variables } },
    });
    await expectBothInserts(session.cluster, (await job.running()).jid);
    const { last } = await counted(session.cluster, 40, "first");

    step("savepoint upgrade");
    await job.edit({ job: { sql: { variables: { run: "second" } } } });
    await job.running();
    expect((await counted(session.cluster, 1, "second")).first).toBeGreaterThan(last);
    expect(await session.jobs()).toHaveLength(1);
    expect(history.problems()).toEqual([]);

    const jobs = async () => (await session.jobs()).map(({ jid, state }) => ({ jid, state }));
    const running = await jobs();
    for (const [what, wrong, place, words] of [
      ["a mistake", script.replace("COUNT(n)", "COUNT(m)"), "sql: line 7, column 33: ", "Column 'm'"],
      [
        "a missing connector",
        script.replace("'datagen'", "'nowhere'"),
        "sql: line 7, column 1: ",
        "'nowhere'",
      ],
      [
        "a query that would go on from the state of another",
        script.replace("COUNT(n)", "MAX(n)"),
        "spec.job.sql",
        "would go on from the state of",
      ],
    ] as const) {
      step(`${what} is told, and the job runs on`);
      await job.edit({ job: { sql: { script: wrong } } });
      await until(`it says ${words}`, async () => {
        const { error = "" } = await job.status();
        return error.includes(place) && error.includes(words);
      });
      expect(await jobs()).toEqual(running);
    }

    step("a mistake that is not looked for");
    const watcher = watchProblems(history, job);
    await job.edit({
      flinkConfiguration: unchecked,
      job: { sql: { script: script.replace("COUNT(n)", "COUNT(m)") } },
    });
    const { message } = await watcher.reported("sql: line 7, column 33: ");
    step(`says: ${message}`);
    expect(await session.jobs()).toEqual([]);

    step("mended");
    const second = await countsOf(session.cluster, "second");
    await job.edit({ flinkConfiguration: checked, job: { sql: { script, variables: { run: "third" } } } });
    await job.running();
    expect((await counted(session.cluster, 1, "third")).first).toBeGreaterThan(second.last);
  },
);

scenario("scripts of a ConfigMap run on a standalone cluster", "sql-standalone", async (context) => {
  const { namespace, history, step } = context;
  const at = script.indexOf("INSERT");
  await kube().create(types.configMap, {
    metadata: { name: "scripts", namespace: namespace.name },
    data: { "tables.sql": script.slice(0, at), "inserts.sql": script.slice(at) },
  });
  const scriptFrom = ["tables.sql", "inserts.sql"].map((key) => ({
    configMapKeyRef: { name: "scripts", key },
  }));
  await createSecret(context);
  const variables = { least: "0", run: "application" };
  const app = await context.apply({
    mode: "standalone",
    job: { jarURI: null, args: null, sql: { scriptFrom, variables, variablesFrom } },
  });
  const { jid } = await app.running();
  await expectBothInserts(app, jid);
  await counted(app, 20);
  expect(history.problems()).toEqual([]);

  step("a mistake is told, and the job runs on");
  const watcher = watchProblems(history, app);
  const wrong = script.replace("COUNT(n)", "COUNT(m)");
  await app.edit({ job: { sql: { scriptFrom: null, script: wrong } } });
  const { message } = await watcher.reported("sql: line 7, column 33: ");
  step(`says: ${message}`);
  expect(await app.job()).toMatchObject({ jid, state: "RUNNING" });
  expect(await kubectl("-n", namespace.name, "get", "pods", "-l", "component=sql-check", "-o", "name")).toBe(
    "",
  );
  const { last } = await countsOf(app);
  await counted(app, last + 20);

  step("and taken back");
  await app.edit({ job: { sql: { script: null, scriptFrom } } });
  await until("nothing is said", async () => (await app.status()).error === undefined);
  expect((await app.job()).jid).toBe(jid);
  await expectNowhere(context, app);
});

const createSecret = ({ namespace }: Context): Promise<string> =>
  kubectl("-n", namespace.name, "create", "secret", "generic", "kafka", `--from-literal=password=${secret}`);

/** The one job of the cluster writes into the tables of both statements. */
async function expectBothInserts(app: Application, jid: string): Promise<void> {
  expect((await app.flink.jobs()).map((job) => job.jid)).toEqual([jid]);
  const { vertices } = await app.flink.get<{ vertices: readonly { name: string }[] }>(`/jobs/${jid}`);
  const names = vertices.map(({ name }) => name).join("\n");
  expect(names).toMatch(/\bcounts\b/);
  expect(names).toMatch(/\bothers\b/);
}

interface Counts {
  readonly first: number;
  readonly last: number;
}

/** What the print connector of the present TaskManager has written for this run. */
async function countsOf(app: Application, run = "application"): Promise<Counts> {
  const [pod] = (await app.pods("taskManager")).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const { name = "", namespace = "" } = pod?.metadata ?? {};
  const log = await kubectl("-n", namespace, "logs", name, "-c", MAIN_CONTAINER);
  const counts = [...log.matchAll(/^(\w+)> \+[IU]\[(\d+)\]$/gm)]
    .filter(([, of]) => of === run)
    .map(([, , count]) => Number(count));
  return { first: counts[0] ?? 0, last: counts.at(-1) ?? 0 };
}

const counted = (app: Application, least: number, run?: string): Promise<Counts> =>
  until(`the count is ${least}`, async () => {
    const counts = await countsOf(app, run);
    return counts.last >= least ? counts : undefined;
  });

/** The edit restarts the job, whose count goes on: from what a snapshot has that was taken after `counted`. */
async function goesOn(app: Application, edit: SpecPatch, { last }: Counts): Promise<void> {
  const [old] = await app.pods("taskManager");
  await app.edit(edit);
  await app.running();
  const counts = await until("another TaskManager counts", async () => {
    const [pod] = await app.pods("taskManager");
    const isNew = pod !== undefined && pod.metadata.uid !== old?.metadata.uid;
    return isNew && (await counted(app, 1));
  });
  expect(counts.first).toBeGreaterThan(last);
}

/** The value of the variable is only in its Secret, wherever one looks. */
async function expectNowhere({ namespace, operatorNamespace }: Context, app: Application): Promise<void> {
  const inNamespace = (...args: string[]) => kubectl("-n", namespace.name, ...args);
  const places = await Promise.all([
    inNamespace("logs", "-l", "component=jobmanager", "-c", MAIN_CONTAINER, "--tail=-1"),
    inNamespace("logs", "-l", "component=taskmanager", "-c", MAIN_CONTAINER, "--tail=-1"),
    kubectl("-n", operatorNamespace, "logs", "-l", operatorPodLabels, "--tail=-1"),
    inNamespace("get", "configmaps,events,pods,deployments,flinkdeployments", "-o", "yaml"),
    app.flink.get(`/jobs/${(await app.job()).jid}`).then(JSON.stringify),
    app.flink.get("/jobmanager/config").then(JSON.stringify),
  ]);
  for (const text of places) {
    expect(text.length).toBeGreaterThan(100);
    expect(text).not.toContain(secret);
  }
}
