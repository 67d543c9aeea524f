import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AutoscalerEvent } from "../../../src/core/autoscaler/model/event.ts";
import { openState, type StoredState } from "../../../src/core/autoscaler/state/storedState.ts";
import { createJdbcEvents } from "../../../src/standaloneAutoscaler/jdbc/jdbcEvents.ts";
import { createJdbcStore } from "../../../src/standaloneAutoscaler/jdbc/jdbcStore.ts";
import { eventTable, prepareTable, stateTable } from "../../../src/standaloneAutoscaler/jdbc/schema.ts";
import { fakeClock } from "../../support/fakeClock.ts";
import { type Postgres, startPostgres } from "../../support/postgres.ts";

const vertex = "cbc357ccb763df2852fee8c4fc7d55f2";
const at = Date.parse("2026-12-01T10:00:00.500Z");

const state = (
  change: (view: ReturnType<typeof openState>) => void,
  before: StoredState = {},
): StoredState => {
  const view = openState(before);
  change(view);
  return view.state;
};

/** Something in each entry that the Java autoscaler has. */
const everything = state((view) => {
  const metrics = {
    LOAD: { current: 0.5, average: Number.NaN },
    TRUE_PROCESSING_RATE: { current: Infinity, average: 1500 },
  };
  const summary = { currentParallelism: 1, newParallelism: 3, metrics };
  view.put("scalingHistory", new Map([[vertex, new Map([[at, summary]])]]));
  view.put("scalingTracking", new Map([[at, { restartMs: 1_250 }]]));
  view.put(
    "collectedMetrics",
    new Map([[at, { vertices: new Map([[vertex, { LOAD: 1 }]]), global: { GC_PRESSURE: 0.1 } }]]),
  );
  view.put("parallelismOverrides", new Map([[vertex, 3]]));
  view.put("configOverrides", { overrides: new Map([["a.b", 'say "x"']]), removals: ["c"] });
  const recommendations = [{ at, parallelism: 1, isOutsideBound: true }];
  view.put("delayedScaleDown", new Map([[vertex, { firstAt: at, recommendations }]]));
  view.put("recordedJob", "of this operator alone");
});

/** AUTOSCALER 9 and 10: the shapes of the ConfigMap as JSON, without compression. */
const rows = {
  collectedMetrics: `{"2026-12-01T10:00:00.500Z":{"vertexMetrics":{"${vertex}":{"LOAD":1.0}},"globalMetrics":{"GC_PRESSURE":0.1}}}`,
  configOverrides: '{"overrides":{"a.b":"say \\"x\\""},"removals":["c"]}',
  delayedScaleDown: `{"delayedVertices":{"${vertex}":{"firstTriggerTime":1796119200.500000000,"recommendedParallelisms":[{"triggerTime":1796119200.500000000,"parallelism":1,"outsideUtilizationBound":true}]}}}`,
  parallelismOverrides: `${vertex}:3`,
  scalingHistory: `{"${vertex}":{"2026-12-01T10:00:00.500Z":{"currentParallelism":1,"newParallelism":3,"metrics":{"LOAD":{"current":0.5,"average":"NaN"},"TRUE_PROCESSING_RATE":{"current":"Infinity","average":1500.0}}}}}`,
  scalingTracking: '{"scalingRecords":{"2026-12-01T10:00:00.500Z":{"restartDuration":1.250000000}}}',
};

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
  for (const table of [stateTable, eventTable]) await prepareTable(postgres.database, table);
});
afterAll(() => postgres.close());
beforeEach(async () => {
  await postgres.database.query(`DELETE FROM ${stateTable}`);
  await postgres.database.query(`DELETE FROM ${eventTable}`);
});

const stored = async (jobId = "job") => {
  const query = `SELECT state_type, state_value FROM ${stateTable} WHERE job_key = $1 ORDER BY state_type`;
  return Object.fromEntries(
    (await postgres.database.query(query, [jobId])).map((row) => [row.state_type, row.state_value]),
  );
};

describe("the state of a job in PostgreSQL", () => {
  it("has the rows of the Java autoscaler, and no others", async () => {
    await createJdbcStore(postgres.database, fakeClock()).write("job", everything);
    expect(await stored()).toEqual(rows);
  });

  it("is read by another process as it was written", async () => {
    await createJdbcStore(postgres.database, fakeClock()).write("job", everything);
    const view = openState(await createJdbcStore(postgres.database, fakeClock()).read("job"));
    const before = openState(everything);
    for (const key of [
      "scalingHistory",
      "scalingTracking",
      "collectedMetrics",
      "parallelismOverrides",
      "configOverrides",
      "delayedScaleDown",
    ] as const)
      expect(view.get(key), key).toEqual(before.get(key));
  });

  it("is written where it differs, and goes with the job", async () => {
    const clock = fakeClock();
    const store = createJdbcStore(postgres.database, clock);
    await store.write("job", everything);
    await store.write("other", everything);
    const [first] = await postgres.database.query(`SELECT max(update_time)::text AS at FROM ${stateTable}`);
    await clock.advance(5_000);
    const read = await store.read("job");
    await store.write(
      "job",
      state((view) => {
        view.remove("delayedScaleDown");
        view.put("parallelismOverrides", new Map([[vertex, 4]]));
      }, read),
    );
    const { delayedScaleDown: _, ...left } = rows;
    expect(await stored()).toEqual({ ...left, parallelismOverrides: `${vertex}:4` });
    const later = await postgres.database.query(
      `SELECT state_type FROM ${stateTable} WHERE update_time > $1`,
      [first?.at],
    );
    expect(later).toEqual([{ state_type: "parallelismOverrides" }]);
    await store.remove("job");
    expect(await stored()).toEqual({});
    expect(Object.keys(await stored("other"))).toHaveLength(6);
  });

  it("is that of before after a write that failed in the middle", async () => {
    const { database } = postgres;
    const store = createJdbcStore(database, fakeClock());
    await store.write("job", everything);
    let statements = 0;
    const failing = {
      ...database,
      transaction: (run: Parameters<typeof database.transaction>[0]) =>
        database.transaction((query) =>
          run((text, values) => (++statements === 2 ? query("SELECT no_such_column") : query(text, values))),
        ),
    };
    const other = createJdbcStore(failing, fakeClock());
    await other.read("job");
    const changed = state((view) => {
      view.put("parallelismOverrides", new Map([[vertex, 9]]));
      view.put("scalingTracking", new Map());
    }, everything);
    await expect(other.write("job", changed)).rejects.toThrow(
      /^database postgres at 127.0.0.1:\d+: .*no_such_column/,
    );
    expect(statements).toBe(2);
    expect(await stored()).toEqual(rows);
  });
});

describe("events in PostgreSQL", () => {
  const event = (change: Partial<AutoscalerEvent> = {}): AutoscalerEvent => ({
    type: "Normal",
    reason: "ScalingReport",
    message: "first",
    key: "ScalingExecutor",
    intervalMs: 10_000,
    ...change,
  });
  const found = () =>
    postgres.database.query(
      `SELECT job_key, reason, event_type, message, event_count FROM ${eventTable} ORDER BY id`,
    );
  const row = (message: string, event_count: number) => ({
    job_key: "job",
    reason: "ScalingReport",
    event_type: "Normal",
    message,
    event_count,
  });
  const handlerAt = (clock = fakeClock(), ttlMs = 0) =>
    createJdbcEvents(postgres.database, {
      clock,
      ttlMs,
      onError: (error) => {
        throw error;
      },
    });

  it("are counted within their interval, also by another process", async () => {
    const clock = fakeClock();
    const handler = handlerAt(clock);
    await handler.handle("job", event());
    await clock.advance(6_000);
    await handlerAt(clock).handle("job", event({ message: "second" }));
    expect(await found()).toEqual([row("second", 2)]);
    await clock.advance(6_000);
    await handler.handle("job", event({ message: "third" }));
    expect(await found()).toEqual([row("second", 2), row("third", 1)]);
  });

  it("are told apart by their change, and are new without an interval", async () => {
    const handler = handlerAt();
    await handler.handle("job", event({ changeHash: "1" }));
    await handler.handle("job", event({ changeHash: "2" }));
    const { intervalMs: _, ...always } = event();
    await handler.handle("job", always);
    await handler.handle("job", always);
    expect(await found()).toHaveLength(4);
  });

  it("are deleted once they are old", async () => {
    const clock = fakeClock();
    await handlerAt(clock).handle("job", event());
    const handler = handlerAt(clock, 86_400_000 / 2);
    await expect.poll(() => clock.waiting()).toEqual([86_400_000]);
    await clock.advance(86_400_000);
    await expect.poll(found, { timeout: 5_000 }).toEqual([]);
    handler.close();
  });
});

it("a table that is there is left as it is", async () => {
  await postgres.database.query(
    `INSERT INTO ${stateTable} (job_key, state_type, state_value) VALUES ('job', 'a', 'b')`,
  );
  await prepareTable(postgres.database, stateTable);
  expect(await stored()).toEqual({ a: "b" });
});
