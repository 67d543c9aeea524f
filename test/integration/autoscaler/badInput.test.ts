import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer as createSecureServer } from "node:https";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueCertificate } from "../../../src/admission/certificates/issue.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/operatorProcess.ts";
import { startAutoscaler } from "./autoscalerProcess.ts";

/** The process of the standalone autoscaler with bad input: one line, and an exit status that says whose mistake it is. */

const folder = mkdtempSync(join(tmpdir(), "autoscaler-"));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function ended(args: readonly string[], env?: Record<string, string>) {
  const autoscaler = await startAutoscaler(args, env);
  const status = await autoscaler.exited;
  return { status, output: autoscaler.output() };
}

describe.concurrent("wrong arguments or options end the process with 2", () => {
  it.each([
    [["--verbose"], 'the argument "--verbose" is not understood: use --config FILE or --key=value'],
    [
      ["--autoscaler.standalone.interval=1 s"],
      "there is no option autoscaler.standalone.interval (docs/reference/configuration.md lists all)",
    ],
    [
      ["--config", file("a.yaml", "autoscaler.standalone.fetcher.flink-cluster.port: many\n")],
      expect.stringContaining("autoscaler.standalone.fetcher.flink-cluster.port: "),
    ],
    [
      ["--security.ssl.rest.enabled=true"],
      expect.stringContaining("security.ssl.rest.truststore: must be set"),
    ],
    [["--config", "/no/such/file"], expect.stringContaining("cannot read /no/such/file: ")],
    [
      [
        "--autoscaler.standalone.state-store.type=JDBC",
        "--autoscaler.standalone.jdbc.url=jdbc:mysql://db/scaling?password=s3cret",
      ],
      "autoscaler.standalone.jdbc.url: MySQL is not supported; only PostgreSQL is supported: jdbc:postgresql://host:port/database",
    ],
  ])("%j", async (args, message) => {
    const { status, output } = await ended(args);
    const [line = "", ...others] = output.split("\n");
    expect(line.slice("autoscaler: ".length)).toEqual(message);
    expect(line.startsWith("autoscaler: ")).toBe(true);
    expect(others).toEqual([""]);
    expect(status).toBe(2);
  });
});

describe("a database that does not let it in ends the process with 1", () => {
  let server: Server;
  let port: number;
  /** A PostgreSQL that asks for a password and refuses it, as by its protocol. */
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
        socket.once("data", () => {
          const fields = ["SFATAL", "C28P01", 'Mpassword authentication failed for user "scaler"'];
          const body = Buffer.from(`${fields.join("\0")}\0\0`);
          const head = Buffer.alloc(5);
          head.write("E");
          head.writeInt32BE(body.length + 4, 1);
          socket.end(Buffer.concat([head, body]));
        });
      });
    });
    port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  });
  afterAll(() => {
    server.close();
  });

  const args = (at: number) => [
    "--autoscaler.standalone.event-handler.type=JDBC",
    `--autoscaler.standalone.jdbc.url=jdbc:postgresql://127.0.0.1:${at}/scaling`,
    "--autoscaler.standalone.jdbc.username=scaler",
  ];

  it("with a wrong password", async () => {
    expect(await ended(args(port), { JDBC_PWD: "s3cret" })).toEqual({
      status: 1,
      output: `autoscaler: database scaling at 127.0.0.1:${port}: password authentication failed for user "scaler"\n`,
    });
  });

  it("with an address where there is none", async () => {
    const nowhere = await freePort();
    expect(await ended(args(nowhere))).toEqual({
      status: 1,
      output: `autoscaler: database scaling at 127.0.0.1:${nowhere}: connect ECONNREFUSED 127.0.0.1:${nowhere}\n`,
    });
  });
});

it("Flink is reached by TLS, with the user and password of a file", async () => {
  const now = Date.now();
  const { authority, certificate, key } = await issueCertificate(["flink"], {
    notBefore: now - 1_000,
    notAfter: now + 600_000,
  });
  const seen: (string | undefined)[] = [];
  const server = createSecureServer({ cert: certificate, key }, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"jobs":[]}');
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const autoscaler = await startAutoscaler(
    [
      "--autoscaler.standalone.fetcher.flink-cluster.host=127.0.0.1",
      `--autoscaler.standalone.fetcher.flink-cluster.port=${port}`,
      "--security.ssl.rest.enabled=true",
      `--security.ssl.rest.truststore=${file("ca.pem", authority)}`,
    ],
    { FLINK_REST_BASIC_AUTH_FILE: file("user", "scaler:s3cret\n") },
  );
  try {
    await eventually("Flink answers", async () => (await autoscaler.get("health", "/ready")).status === 200);
    expect(seen[0]).toBe(`Basic ${Buffer.from("scaler:s3cret").toString("base64")}`);
  } finally {
    expect(await autoscaler.end()).toBe(0);
    server.closeAllConnections();
    server.close();
  }
  expect(autoscaler.output()).not.toContain("s3cret");
});

it("a Flink that does not answer is said once, and waited for", async () => {
  const nowhere = await freePort();
  const autoscaler = await startAutoscaler([
    "--autoscaler.standalone.fetcher.flink-cluster.host=127.0.0.1",
    `--autoscaler.standalone.fetcher.flink-cluster.port=${nowhere}`,
    "--autoscaler.standalone.control-loop.interval=100 ms",
  ]);
  try {
    await eventually("the probe says so", async () => {
      const { status, text } = await autoscaler.get("health", "/ready");
      return status === 500 && text.includes("ECONNREFUSED");
    });
    const rounds = Date.now() + 500;
    await eventually("some rounds have passed", () => Date.now() > rounds);
    expect((await autoscaler.get("health", "/live")).status).toBe(200);
  } finally {
    expect(await autoscaler.end()).toBe(0);
  }
  expect(autoscaler.output().match(/ECONNREFUSED/g)).toHaveLength(1);
});
