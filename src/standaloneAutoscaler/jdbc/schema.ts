import type { Connections } from "./database.ts";

/** The tables of the Java autoscaler, with its names (REFERENCE 1.29). */
export const stateTable = "t_flink_autoscaler_state_store";
export const eventTable = "t_flink_autoscaler_event_handler";

const time = "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP";

const statements: Readonly<Record<string, readonly string[]>> = {
  [stateTable]: [
    `CREATE TABLE ${stateTable} (id BIGSERIAL PRIMARY KEY, update_time ${time}, job_key TEXT NOT NULL,
      state_type TEXT NOT NULL, state_value TEXT NOT NULL, UNIQUE (job_key, state_type))`,
  ],
  [eventTable]: [
    `CREATE TABLE ${eventTable} (id BIGSERIAL PRIMARY KEY, create_time ${time}, update_time ${time},
      job_key TEXT NOT NULL, reason TEXT NOT NULL, event_type TEXT NOT NULL, message TEXT NOT NULL,
      event_count INTEGER NOT NULL, event_key TEXT NOT NULL)`,
    `CREATE INDEX ${eventTable}_key ON ${eventTable} (job_key, reason, event_key)`,
    `CREATE INDEX ${eventTable}_time ON ${eventTable} (create_time)`,
  ],
};

/** Creates a table that is missing. One that is there needs no right to create any, and is left as it is. */
export async function prepareTable(database: Connections, table: string): Promise<void> {
  const [found] = await database.query("SELECT to_regclass($1) IS NOT NULL AS there", [table]);
  if (found?.there === true) return;
  await database.transaction(async (query) => {
    for (const statement of statements[table] ?? []) await query(statement);
  });
}

/** Columns have no time zone. As for a Java process in UTC. A time before all rows, after a huge interval, is 1970. */
export const timestamp = (ms: number): string =>
  new Date(Math.max(0, ms)).toISOString().slice(0, -1).replace("T", " ");
