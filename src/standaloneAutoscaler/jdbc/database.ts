import { Pool, type PoolClient } from "pg";
import { standaloneAutoscalerOptions } from "../../config/operatorOptions/standaloneAutoscaler.ts";
import type { Database } from "./jdbcUrl.ts";

/** Statements on the database. All reject with one sentence that has no secret. */
export interface Connections {
  query(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** All statements or none. */
  transaction(run: (query: Connections["query"]) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** For a statement, and for the login, in milliseconds. */
const DEADLINE_MS = 10_000;
/** Statements of many jobs take turns. */
const MAX_CONNECTIONS = 4;

/** `onLost`: an idle connection has ended; the next statement opens another one. */
export function connect(database: Database, onLost: (why: string) => void): Connections {
  const { host, port, name, user, password, ssl, schema } = database;
  const pool = new Pool({
    host,
    port,
    database: name,
    user,
    // For an empty text, the driver would look into its own environment variables and files of the user.
    password: () => password ?? "",
    ssl: ssl === "disable" ? false : { rejectUnauthorized: ssl === "verify-full" },
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: DEADLINE_MS,
    query_timeout: DEADLINE_MS,
    application_name: "flink-autoscaler",
    ...(schema === undefined ? {} : { options: `-c search_path=${schema}` }),
  });
  pool.on("error", (error) => onLost(error.message));

  const using = async <Result>(run: (client: PoolClient) => Promise<Result>): Promise<Result> => {
    let client: PoolClient | undefined;
    let failure: Error | undefined;
    try {
      client = await pool.connect();
      return await run(client);
    } catch (error) {
      failure = describe(error, database);
      throw failure;
    } finally {
      // What an interrupted statement left behind ends with its connection.
      client?.release(failure);
    }
  };
  const queryBy =
    (client: PoolClient): Connections["query"] =>
    async (text, values = []) =>
      (await client.query(text, [...values])).rows;
  return {
    query: (text, values) => using((client) => queryBy(client)(text, values)),
    transaction: (run) =>
      using(async (client) => {
        await client.query("BEGIN");
        await run(queryBy(client));
        await client.query("COMMIT");
      }),
    close: () => pool.end(),
  };
}

function describe(error: unknown, { host, port, name, password }: Database): Error {
  const { message, code } = error as { message?: string; code?: string };
  // An AggregateError for several addresses has a code and no message.
  const why = message || code || String(error);
  const hint =
    password === undefined && why.includes("password")
      ? `; the environment variable that ${standaloneAutoscalerOptions.jdbcPasswordVariable.key} names is not set`
      : "";
  return new Error(`database ${name} at ${host}:${port}: ${why}${hint}`, { cause: error });
}
