import type { AddressInfo } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { type Connections, connect } from "../../src/standaloneAutoscaler/jdbc/database.ts";

/** PostgreSQL itself, in this process, for the real driver on a port. It takes every password. */
export interface Postgres {
  readonly port: number;
  readonly database: Connections;
  close(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const db = await PGlite.create();
  const server = new PGLiteSocketServer({ db, port: 0, host: "127.0.0.1", maxConnections: 8 });
  const listening = new Promise<number>((resolve) => {
    server.addEventListener("listening", (event) => {
      resolve((event as CustomEvent<Pick<AddressInfo, "port">>).detail.port);
    });
  });
  await server.start();
  const port = await listening;
  const database = connect(
    { host: "127.0.0.1", port, name: "postgres", user: "postgres", password: "s3cret", ssl: "disable" },
    () => {},
  );
  return {
    port,
    database,
    async close() {
      await database.close();
      await server.stop();
      await db.close();
    },
  };
}
