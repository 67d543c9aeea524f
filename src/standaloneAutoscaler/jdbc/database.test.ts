import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "./database.ts";

/** A PostgreSQL that asks for a password in clear text and refuses it, as by its protocol. */
async function refusing() {
  const passwords: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once("data", (message) => {
        passwords.push(message.subarray(5, -1).toString());
        const body = Buffer.from('SFATAL\0C28P01\0Mpassword authentication failed for user "scaler"\0\0');
        const head = Buffer.alloc(5);
        head.write("E");
        head.writeInt32BE(body.length + 4, 1);
        socket.end(Buffer.concat([head, body]));
      });
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { passwords, port: (server.address() as AddressInfo).port, close: () => server.close() };
}

afterEach(() => vi.unstubAllEnvs());

describe("without a password in its environment variable", () => {
  it("no other password is sent, and the error says which option names the variable", async () => {
    vi.stubEnv("PGPASSWORD", "of-somebody-else");
    const server = await refusing();
    const { port } = server;
    const database = connect(
      { host: "127.0.0.1", port, name: "scaling", user: "scaler", ssl: "disable" },
      () => {},
    );
    try {
      await expect(database.query("SELECT 1")).rejects.toThrow(
        `database scaling at 127.0.0.1:${port}: password authentication failed for user "scaler"; the environment variable that autoscaler.standalone.jdbc.password-env-variable names is not set`,
      );
      expect(server.passwords).toEqual([""]);
    } finally {
      await database.close();
      server.close();
    }
  });
});
