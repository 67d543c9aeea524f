import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { Agent, request } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { emptyConfig } from "../config/flinkConfig.ts";
import { createLogger } from "../telemetry/log.ts";
import { type Admission, createAdmission } from "./admit.ts";
import { issueCertificate } from "./certificates/issue.ts";
import { type AdmissionServer, type AdmissionServerOptions, createAdmissionServer } from "./server.ts";

const log = createLogger({ level: "silent" });
const host = "127.0.0.1";
const day = 86_400_000;
const issue = () =>
  issueCertificate(["webhook.svc"], { notBefore: Date.now() - 1_000, notAfter: Date.now() + day });

const memory = { resources: { requests: { memory: "2048m", cpu: "1" } } };
const spec = {
  image: "flink:2.2",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  jobManager: memory,
  taskManager: memory,
  job: { jarURI: "local:///opt/flink/usrlib/job.jar", parallelism: 1 },
};
const review = (uid = "u", object: object = { metadata: { name: "a", namespace: "b" }, spec }) =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid,
      kind: { group: "flink.apache.org", version: "v1beta1", kind: "FlinkDeployment" },
      operation: "CREATE",
      object,
    },
  });

const real = createAdmission({
  config: () => emptyConfig,
  kube: { get: () => Promise.reject(new Error()), create: () => Promise.reject(new Error()) },
});

let server: AdmissionServer | undefined;
let sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await server?.close();
  server = undefined;
});

/** Listens on plain HTTP by default. Resolves to the port. */
function listen(options: Partial<AdmissionServerOptions> = {}): Promise<number> {
  server = createAdmissionServer({ admission: real, log, certificate: undefined, ...options });
  return server.listen(0, host);
}

async function post(
  port: number,
  path: string,
  body: string | Buffer,
): Promise<{ status: number; text: string }> {
  const answer = await request(`http://${host}:${port}${path}`, { method: "POST", body });
  return { status: answer.statusCode, text: await answer.body.text() };
}

/** A connection on which the test writes each byte, with everything received until it is closed. */
function dial(port: number): { socket: Socket; end: Promise<string> } {
  const socket = connect(port, host);
  sockets.push(socket);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  return { socket, end: new Promise((resolve) => socket.once("close", () => resolve(text))) };
}

describe("answers", () => {
  it("reviews at both paths, and whether it is ready", async () => {
    let ready = false;
    const port = await listen({ ready: () => ready });
    const answer = await post(port, "/validate?timeout=10s", review("u1"));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).response).toEqual({ uid: "u1", allowed: true });
    expect(JSON.parse((await post(port, "/mutate", review("u2"))).text).response).toEqual({
      uid: "u2",
      allowed: true,
    });
    const probe = async () => (await request(`http://${host}:${port}/ready`)).statusCode;
    expect(await probe()).toBe(503);
    ready = true;
    expect(await probe()).toBe(200);
  });

  it.each([
    ["/other", "{}", 404, /\/validate, \/mutate/],
    ["/constructor", "{}", 404, /\/validate, \/mutate/],
    ["/validate", "", 400, /not JSON/],
    ["/validate", "\u0000\uffff", 400, /not JSON/],
    ["/validate", "[".repeat(1_000_000), 400, /not JSON/],
    ["/validate", '{"kind":"AdmissionReview"}', 400, /apiVersion must be admission.k8s.io\/v1, not absent/],
  ])("%s with %.12j… by an error", async (path, body, status, text) => {
    const answer = await post(await listen(), path, body);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(text);
  });

  it("a GET with the right method", async () => {
    const answer = await request(`http://${host}:${await listen()}/validate`);
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "POST"]);
    await answer.body.dump();
  });

  it("500 after an internal error, without its message, and then the next request", async () => {
    let broken = true;
    const admission: Admission = {
      ...real,
      validate: (asked) => (broken ? Promise.reject(new Error("secret")) : real.validate(asked)),
    };
    const port = await listen({ admission });
    expect(await post(port, "/validate", review())).toEqual({ status: 500, text: "internal error\n" });
    broken = false;
    expect((await post(port, "/validate", review())).status).toBe(200);
  });
});

describe("limits the size", () => {
  it("of one body, with or without a Content-Length", async () => {
    const port = await listen({ limits: { bodyBytes: 1_000 } });
    const told = dial(port);
    told.socket.write("POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\n");
    expect(await told.end).toMatch(/^HTTP\/1.1 413 .*a review has at most 1000 bytes/s);
    const untold = dial(port);
    untold.socket.write("POST /validate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    untold.socket.write(`1000\r\n${"x".repeat(4_096)}\r\n`);
    expect(await untold.end).toMatch(/^HTTP\/1.1 413 /);
    expect((await post(port, "/validate", review())).status).toBe(200);
  });

  it("of all bodies together, and frees answered ones", async () => {
    const port = await listen({ limits: { totalBytes: 2_000 } });
    const slow = dial(port);
    slow.socket.write("POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n");
    slow.socket.write("x".repeat(1_500));
    await eventually(
      "others are refused meanwhile",
      async () => (await post(port, "/validate", review())).status === 503,
    );
    slow.socket.destroy();
    await eventually(
      "others are answered again",
      async () => (await post(port, "/validate", review())).status === 200,
    );
  });

  it("of headers", async () => {
    const { socket, end } = dial(await listen());
    socket.write(`GET / HTTP/1.1\r\nx: ${"x".repeat(100_000)}\r\n\r\n`);
    expect(await end).toMatch(/^(HTTP\/1.1 431 |$)/);
  });

  it("of connections", async () => {
    const port = await listen({ limits: { connections: 2 } });
    const held = [dial(port), dial(port)];
    await Promise.all(held.map(({ socket }) => once(socket, "connect")));
    expect(await dial(port).end).toBe("");
    held[0]?.socket.destroy();
    await eventually(
      "there is room again",
      async () => (await post(port, "/validate", review())).status === 200,
    );
  });
});

describe("limits the time of a client", () => {
  const limits = { requestMs: 200, handshakeMs: 200 };

  it.each([
    ["says nothing", ""],
    ["stops in the headers", "POST /validate HTTP/1.1\r\nhost:"],
    ["stops in the body", "POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"],
    ["speaks no HTTP", "\u0016\u0003\u0001\u0002"],
  ])("that %s", async (_, bytes) => {
    const { socket, end } = dial(await listen({ limits }));
    socket.write(bytes);
    expect(await end).toMatch(/^(HTTP\/1.1 (408|400) |$)/);
  });

  it("that does not finish the handshake", async () => {
    const { certificate: cert, key } = await issue();
    const { end } = dial(await listen({ limits, certificate: { cert, key } }));
    expect(await end).toBe("");
  });

  it("that sends slowly but steadily", async () => {
    const { socket, end } = dial(await listen({ limits }));
    socket.write("POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n");
    const dripping = setInterval(() => socket.write("x"), 20);
    const text = await end;
    clearInterval(dripping);
    expect(text).toMatch(/^(HTTP\/1.1 408 |$)/);
  });

  it("and ignores one that disconnects in the middle", async () => {
    const port = await listen();
    for (let count = 0; count < 20; count++) {
      const { socket } = dial(port);
      socket.write("POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{", () =>
        socket.resetAndDestroy(),
      );
    }
    expect((await post(port, "/validate", review())).status).toBe(200);
  });
});

it("answers all pending requests before it closes", async () => {
  const [asked, mayAnswer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const port = await listen({
    admission: {
      ...real,
      async validate(request) {
        asked.resolve();
        await mayAnswer.promise;
        return real.validate(request);
      },
    },
  });
  const pending = post(port, "/validate", review());
  await asked.promise;
  const closed = server?.close();
  server = undefined;
  mayAnswer.resolve();
  expect((await pending).status).toBe(200);
  await closed;
});

describe("over TLS", () => {
  const agentFor = (ca: string) => new Agent({ connect: { ca, servername: "webhook.svc" } });
  const ask = async (port: number, dispatcher: Agent) => {
    const answer = await request(`https://${host}:${port}/validate`, {
      method: "POST",
      body: review(),
      dispatcher,
    });
    await answer.body.dump();
    return answer.statusCode;
  };

  it("replaces its certificate while connections continue", async () => {
    const [first, second] = [await issue(), await issue()];
    const port = await listen({ certificate: { cert: first.certificate, key: first.key } });
    const [kept, later] = [agentFor(first.authority), agentFor(second.authority)];
    expect(await ask(port, kept)).toBe(200);
    await expect(ask(port, later)).rejects.toThrow();
    server?.useCertificate({ cert: second.certificate, key: second.key });
    expect(await ask(port, kept)).toBe(200);
    expect(await ask(port, later)).toBe(200);
    await expect(ask(port, agentFor(first.authority))).rejects.toThrow();
    await Promise.all([kept.destroy(), later.destroy()]);
  });

  it("refuses old TLS versions", async () => {
    const { certificate: cert, key, authority: ca } = await issue();
    const port = await listen({ certificate: { cert, key } });
    const socket = connectTls({
      port,
      host,
      ca,
      servername: "webhook.svc",
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
    });
    await expect(once(socket, "secureConnect")).rejects.toThrow();
  });
});

describe("50 concurrent reviews", () => {
  const uids = Array.from({ length: 50 }, (_, index) => `u${index}`);
  const allowed = uids.map((uid) => ({ uid, allowed: true }));

  /** Sends all of them at once to a server on this port. */
  const askAll = (port: number, dispatcher: Agent) =>
    Promise.all(
      uids.map(async (uid) => {
        const url = `https://${host}:${port}/validate`;
        const answer = await request(url, { method: "POST", body: review(uid), dispatcher });
        return ((await answer.body.json()) as { response: { uid: string; allowed: boolean } }).response;
      }),
    );

  it("are reviewed at the same time, each with its own response", async () => {
    const { certificate: cert, key, authority: ca } = await issue();
    const all = Promise.withResolvers<void>();
    let pending = 0;
    const port = await listen({
      certificate: { cert, key },
      admission: {
        ...real,
        async validate(asked) {
          pending += 1;
          if (pending === uids.length) all.resolve();
          await all.promise;
          return real.validate(asked);
        },
      },
    });
    const dispatcher = new Agent({ connections: 50, connect: { ca, servername: "webhook.svc" } });
    expect(await askAll(port, dispatcher)).toEqual(allowed);
    await dispatcher.destroy();
  });

  /** In processor time, the best of some rounds, against a server that does nothing else: any machine does, however busy. */
  it("cost at most 12 times as much as the requests by themselves", async () => {
    const { certificate: cert, key, authority: ca } = await issue();
    const port = await listen({ certificate: { cert, key } });
    const bare = createServer({ cert, key }, async (asked, answer) => {
      const body = await textOf(asked);
      const { uid } = (JSON.parse(body) as { request: { uid: string } }).request;
      answer.end(JSON.stringify({ response: { uid, allowed: true } }));
    });
    await once(bare.listen(0, host), "listening");
    const barePort = (bare.address() as AddressInfo).port;
    const dispatcher = new Agent({ connections: 50, connect: { ca, servername: "webhook.svc" } });
    const cost = async (of: number) => {
      const begun = process.cpuUsage();
      expect(await askAll(of, dispatcher)).toEqual(allowed);
      const { user, system } = process.cpuUsage(begun);
      return user + system;
    };
    const costs = { own: Number.POSITIVE_INFINITY, bare: Number.POSITIVE_INFINITY };
    for (let round = 0; round < 15 && !(costs.own / costs.bare < 12); round++) {
      costs.bare = Math.min(costs.bare, await cost(barePort));
      costs.own = Math.min(costs.own, await cost(port));
    }
    expect(costs.own / costs.bare).toBeLessThan(12);
    await dispatcher.destroy();
    bare.close();
  });
});
