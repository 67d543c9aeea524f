import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { pythonImage } from "../../images/versions.ts";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import type { Application } from "./support/application.ts";
import { kubectl } from "./support/commands.ts";
import { DATA, type SpecPatch } from "./support/counter.ts";
import { watchProblems } from "./support/problems.ts";
import { scenario } from "./support/scenario.ts";
import { applySession } from "./support/session.ts";
import { until } from "./support/until.ts";
import { withPython } from "./support/versions.ts";

/** A sequence that goes on after a restart, counted in keyed state: the count of a number is that number, if none is lost or counted twice. */
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
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000000')""")
numbers = tables.to_data_stream(tables.from_path("numbers"))
numbers.key_by(lambda row: 0, key_type=Types.INT()) \\
    .process(Count(sys.argv[1]), output_type=Types.STRING()).uid("counts") \\
    .print().uid("printed")
env.execute("counts")
`;

/** The functions run in a process beside the TaskManager's JVM. */
const roomForPython: SpecPatch = {
  flinkConfiguration: { "taskmanager.memory.managed.fraction": "0.1" },
  taskManager: { resource: { memory: "1280m" } },
};

scenario(
  "a Python program counts on in keyed state through an upgrade, and says what it raises",
  "python",
  async ({ step, apply, history }) => {
    step("first deployment");
    const app = await apply({
      image: pythonImage,
      ...roomForPython,
      job: { jarURI: null, args: ["first"], upgradeMode: "savepoint", python: { script } },
    });
    await app.running();
    const before = await counted(app, 20, "first");

    step("savepoint upgrade");
    await app.edit({ job: { args: ["second"] } });
    await app.running();
    const after = await counted(app, 20, "second");
    expect(after[0]?.count).toBeGreaterThan(before.at(-1)?.count ?? 0);
    for (const { count, number } of [...before, ...after]) expect(count).toBe(number);
    expect(history.problems()).toEqual([]);

    step("a mistake");
    await app.checkpointed();
    const watcher = watchProblems(history, app);
    await app.edit({ job: { python: { script: "import sys\nraise ValueError('no topic')\n" } } });
    const { message } = await watcher.reported("python: job.py, line 2: ValueError: no topic");
    step(`says: ${message}`);
  },
  { versions: withPython },
);

scenario(
  "a Python program runs on a session cluster without a jar",
  "python-session",
  async ({ step, namespace, flink, history }) => {
    await writeFile(join(namespace.directory, "counts.py"), script);
    const session = await applySession(flink, namespace, { image: pythonImage, ...roomForPython });
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
    const after = await counted(session.cluster, 20, "second");
    expect(after[0]?.count).toBeGreaterThan(before.at(-1)?.count ?? 0);
    for (const { count, number } of [...before, ...after]) expect(count).toBe(number);
    expect(await session.jobs()).toHaveLength(1);
    expect(history.problems()).toEqual([]);
  },
  { versions: withPython },
);

interface Counted {
  readonly count: number;
  readonly number: number;
}

/** What the present TaskManager has printed of this run, once it is as much as this. */
const counted = (app: Application, least: number, run: string): Promise<readonly Counted[]> =>
  until(`${least} numbers are counted`, async () => {
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
  });
