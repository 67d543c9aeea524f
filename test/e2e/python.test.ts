import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { pythonImage } from "../../images/versions.ts";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import type { Application } from "./support/application.ts";
import { kubectl } from "./support/commands.ts";
import { connectorJar } from "./support/connectorJar.ts";
import { DATA, type SpecPatch } from "./support/counter.ts";
import { watchProblems } from "./support/problems.ts";
import { scenario } from "./support/scenario.ts";
import { applySession } from "./support/session.ts";
import { DEADLINE_MS, until } from "./support/until.ts";
import { versionsWithPython } from "./support/versions.ts";

/**
 * A sequence that goes on after a restart, counted in keyed state: the count of a number is that number, if none is lost or counted twice.
 * Each checkpoint has all numbers that are still to come, 8 bytes each: a million of them are 8 MB a checkpoint. These last for 40 minutes.
 */
const script = `import sys
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.table import StreamTableEnvironment

class Count(KeyedProcessFunction):
    def __init__(self, run):
        self.run = run

    def open(self, context: RuntimeContext):
        self.count = context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, context):
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield f"counted {count} of {value[0]} by {self.run}"

env = StreamExecutionEnvironment.get_execution_environment()
tables = StreamTableEnvironment.create(env)
tables.execute_sql("""CREATE TABLE numbers (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '50000')""")
numbers = tables.to_data_stream(tables.from_path("numbers"))
numbers.key_by(lambda row: 0, key_type=Types.INT()) \\
    .process(Count(sys.argv[1]), output_type=Types.STRING()).uid("counts") \\
    .print().uid("printed")
env.execute("counts")
`;

/** The same, with a Java function of a jar that is beside the program. */
const withFunction = script
  .replace('tables.from_path("numbers")', 'tables.sql_query("SELECT doubled(n) / 2 AS n FROM numbers")')
  .replace(
    "numbers = ",
    `tables.execute_sql("CREATE TEMPORARY FUNCTION doubled AS 'org.example.flink.connector.Doubled'")
numbers = `,
  );

/** The functions run in a process beside the TaskManager's JVM. */
const roomForPython: SpecPatch = {
  flinkConfiguration: {
    "taskmanager.memory.managed.fraction": "0.1",
    // Each one waits until the Python process has done what is buffered for it.
    "execution.checkpointing.interval": "2 s",
  },
  taskManager: { resource: { memory: "1280m" } },
};

const secret = "not-to-be-found-4c1e77d0";
const raises = `import sys\nraise ValueError('no topic, password=${secret}')\n`;

scenario(
  "a Python program counts on in keyed state through upgrades, and says what it raises",
  "python",
  async ({ step, apply, flink, history }) => {
    step("first deployment");
    const app = await apply({
      image: pythonImage(flink.version),
      ...roomForPython,
      job: { jarURI: null, args: ["first"], upgradeMode: "savepoint", python: { script } },
    });
    await app.running();
    const first = await counted(app, 20, "first");

    step("savepoint upgrade");
    await app.edit({ job: { args: ["second"] } });
    await app.running();
    const second = await counted(app, 20, "second");
    expectGoesOn(second, first);

    step("last-state upgrade");
    await app.checkpointed();
    await app.edit({ job: { args: ["third"], upgradeMode: "last-state" } });
    await app.running();
    expectGoesOn(await counted(app, 20, "third"), second);
    expect(app.savepoints()).toHaveLength(1);
    expect(history.problems()).toEqual([]);

    step("a mistake");
    await app.checkpointed();
    const watcher = watchProblems(history, app);
    await app.edit({ job: { upgradeMode: "savepoint", python: { script: raises } } });
    const { message, warning } = await watcher.reported("python: job.py, line 2: ValueError: no topic");
    step(`says: ${message}`);
    expect(message).toContain("password=******");
    expect((await app.status()).error).not.toContain(secret);
    expect(warning.message).not.toContain(secret);
  },
  { versions: versionsWithPython() },
);

scenario(
  "a Python program with a jar is suspended and resumed on a standalone cluster",
  "python-standalone",
  async ({ step, apply, namespace, flink, history }) => {
    await copyFile(await connectorJar(), join(namespace.directory, "functions.jar"));
    step("first deployment");
    const app = await apply({
      mode: "standalone",
      image: pythonImage(flink.version),
      ...roomForPython,
      job: {
        jarURI: null,
        args: ["first"],
        upgradeMode: "savepoint",
        python: { script: withFunction, jars: [{ uri: `local://${DATA}/functions.jar` }] },
      },
    });
    await app.running();
    const before = await counted(app, 20, "first");

    step("suspend");
    await app.edit({ job: { state: "suspended" } });
    await app.lifecycle("SUSPENDED");
    expect(app.savepoints()).toHaveLength(1);

    step("resume");
    await app.edit({ job: { state: "running", args: ["second"] } });
    await app.running();
    expectGoesOn(await counted(app, 20, "second"), before);
    expect(history.problems()).toEqual([]);
  },
  { versions: versionsWithPython() },
);

scenario(
  "a Python program runs on a session cluster without a jar",
  "python-session",
  async ({ step, namespace, flink, history }) => {
    await writeFile(join(namespace.directory, "counts.py"), script);
    await writeFile(join(namespace.directory, "raises.py"), raises);
    const session = await applySession(flink, namespace, {
      image: pythonImage(flink.version),
      ...roomForPython,
    });
    await session.ready();
    step("a program is submitted");
    const job = await session.submit("counts", {
      job: {
        entryClass: null,
        args: ["first"],
        upgradeMode: "savepoint",
        python: { file: `local://${DATA}/counts.py` },
      },
    });
    await job.running();
    const before = await counted(session.cluster, 20, "first");

    step("savepoint upgrade");
    await job.edit({ job: { args: ["second"] } });
    await job.running();
    expectGoesOn(await counted(session.cluster, 20, "second"), before);
    expect(await session.jobs()).toHaveLength(1);
    expect(history.problems()).toEqual([]);

    step("a mistake");
    const watcher = watchProblems(history, job);
    await job.edit({ job: { python: { file: `local://${DATA}/raises.py` } } });
    const { message } = await watcher.reported("Python process exits with code: 1");
    step(`says: ${message}`);
    expect(message).not.toContain(secret);
  },
  { versions: versionsWithPython() },
);

/** A snapshot was taken after the numbers of the run before. No number is lost, none is counted twice. */
function expectGoesOn(after: readonly Counted[], before: readonly Counted[]): void {
  expect(after[0]?.count).toBeGreaterThan(before.at(-1)?.count ?? 0);
  for (const { count, number } of [...before, ...after]) expect(count).toBe(number);
}

interface Counted {
  readonly count: number;
  readonly number: number;
}

/** What the present TaskManager has printed of this run, once it is as much as this. */
const counted = (app: Application, least: number, run: string): Promise<readonly Counted[]> => {
  const printed = async () => {
    const [pod] = (await app.pods("taskManager")).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    const { name, namespace = "" } = pod?.metadata ?? {};
    if (name === undefined) return undefined;
    const log = await kubectl("-n", namespace, "logs", name, "-c", MAIN_CONTAINER).catch(() => "");
    const lines = [...log.matchAll(/counted (\d+) of (\d+) by (\w+)$/gm)]
      .filter(([, , , by]) => by === run)
      .map(([, count, number]) => ({ count: Number(count), number: Number(number) }));
    return lines.length >= least ? lines : undefined;
  };
  // A process for each look at the log leaves less of the processor to the job.
  return until(`${least} numbers are counted`, printed, DEADLINE_MS, 1_000);
};
