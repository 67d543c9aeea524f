import { execFileSync, spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, request, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { issueCertificate, type KeyedCertificate } from "../admission/certificates/issue.ts";
import type { RestEndpoint, RestStore } from "../api/flinkFacts.ts";
import { basicAuthorization } from "./basicAuthorization.ts";
import { createConnections } from "./connections.ts";
import { createExchange, type ExchangeOptions } from "./exchange.ts";
import { createSecureAgents } from "./secureAgents.ts";

const host = "127.0.0.1";
const issue = () =>
  issueCertificate(["flink.svc"], { notBefore: Date.now() - 1_000, notAfter: Date.now() + 3_600_000 });
const newFolder = () => mkdtempSync(join(tmpdir(), "rest-tls-"));

let closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  closing = [];
});

interface Seen {
  authorization: string | undefined;
  client: string | undefined;
}

/** A JobManager with TLS. Resolves to its port and what it has received with each request. */
async function jobManager({ certificate: cert, key }: KeyedCertificate, options: ServerOptions = {}) {
  const seen: Seen[] = [];
  const server = createServer({ cert, key, ...options }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate() ?? {};
    seen.push({ authorization: request.headers.authorization, client: subject?.CN as string | undefined });
    response.end("{}");
  });
  await once(server.listen(0, host), "listening");
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

const store = (kind: "truststore" | "keystore", path: string | undefined, password?: string): RestStore => ({
  option: `security.ssl.rest.${kind}`,
  path,
  password,
});

function write(text: string | Buffer, name = "store.pem", folder = newFolder()): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function ask(endpoint: Omit<RestEndpoint, "host">, options: ExchangeOptions = {}): Promise<unknown> {
  const exchange = createExchange(options);
  closing.push(() => exchange.close());
  return exchange.send({ host, ...endpoint }, { method: "GET", path: "/config" });
}

/** A truststore as keytool writes it with -storetype JKS. */
function jksOf(certificates: readonly string[], password: string): string {
  const int = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
  const text = (value: string) => Buffer.concat([int(value.length).subarray(2), Buffer.from(value)]);
  const entries = certificates.map((certificate, index) => {
    const { raw } = new X509Certificate(certificate);
    const date = Buffer.alloc(8);
    return Buffer.concat([int(2), text(`alias${index}`), date, text("X.509"), int(raw.length), raw]);
  });
  const content = Buffer.concat([int(0xfeedfeed), int(2), int(certificates.length), ...entries]);
  const salted = [Buffer.from(password, "utf16le").swap16(), Buffer.from("Mighty Aphrodite"), content];
  const digest = createHash("sha1").update(Buffer.concat(salted)).digest();
  return write(Buffer.concat([content, digest]), "truststore.jks");
}

const { authority } = await issue();

describe("the truststore", () => {
  it("may be a PEM file, and no other certificate is trusted", async () => {
    const [issued, other] = [await issue(), await issue()];
    const { port, seen } = await jobManager(issued);
    await ask({ port, tls: { truststore: store("truststore", write(issued.authority)) } });
    expect(seen).toHaveLength(1);
    const stranger = ask({ port, tls: { truststore: store("truststore", write(other.authority)) } });
    await expect(stranger).rejects.toMatchObject({ kind: "broken", status: 0 });
    await expect(ask({ port })).rejects.toMatchObject({ status: 0 });
    expect(seen).toHaveLength(1);
  });

  it("is the operator's own if it has one", async () => {
    const issued = await issue();
    const { port } = await jobManager(issued);
    const tls = { truststore: store("truststore", "/of/the/job.jks") };
    expect(
      await ask({ port, tls }, { secure: { stores: { truststorePath: write(issued.authority) } } }),
    ).toEqual({});
  });

  it("is replaced by ca.crt next to a Java store", async () => {
    const issued = await issue();
    const { port } = await jobManager(issued);
    const folder = newFolder();
    write(issued.authority, "ca.crt", folder);
    const jks = write(Buffer.from("feedfeed00000002", "hex"), "truststore.jks", folder);
    expect(await ask({ port, tls: { truststore: store("truststore", jks) } })).toEqual({});
  });

  it("may be a JKS store, with its password or unverified", async () => {
    const [issued, other] = [await issue(), await issue()];
    const { port, seen } = await jobManager(issued);
    const path = jksOf([other.authority, issued.authority], "word");
    for (const password of ["word", undefined])
      await ask({ port, tls: { truststore: store("truststore", path, password) } });
    expect(seen).toHaveLength(2);
    const stranger = store("truststore", jksOf([other.authority], "word"), "word");
    await expect(ask({ port, tls: { truststore: stranger } })).rejects.toMatchObject({ status: 0 });
  });

  it.each([
    [undefined, /^security.ssl.rest.truststore: must be set, since the REST API speaks TLS/],
    ["/no/such/file", /^security.ssl.rest.truststore: cannot be read in the operator's container: ENOENT/],
    [
      write(Buffer.from("feedfeed00000002", "hex"), "a.jks"),
      /^security.ssl.rest.truststore: .*a.jks cannot be used: /,
    ],
    [write(Buffer.from("3082", "hex"), "a.p12"), /^security.ssl.rest.truststore: .*a.p12 cannot be used: /],
    [write("", "empty.p12"), /^security.ssl.rest.truststore: .*empty.p12 cannot be used: /],
    [jksOf([], "hidden-word"), /there is no certificate in .*truststore.jks$/],
    [
      jksOf([authority], "other"),
      /truststore.jks cannot be used: its password is another one, or it is damaged$/,
    ],
    [write("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"), /store.pem cannot be used/],
  ])("%s: the error names the problem", async (path, message) => {
    const asked = ask({ port: 1, tls: { truststore: store("truststore", path, "hidden-word") } });
    await expect(asked).rejects.toThrow(message);
    await expect(asked).rejects.not.toThrow(/hidden-word/);
  });

  it("is read again after a change, and connections are kept until then", async () => {
    const [issued, other] = [await issue(), await issue()];
    const { port, seen } = await jobManager(issued);
    const path = write(other.authority);
    const tls = { truststore: store("truststore", path) };
    let now = 0;
    const connections = createConnections({ perJobManager: 1, idle: 10 });
    const agents = createSecureAgents(connections.agent, {}, () => now);
    closing.push(() => agents.close());
    const get = async () => {
      const agent = await agents.agentFor(tls);
      const sent = request({ host, port, agent }).end();
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      response.resume();
      await once(response, "end");
    };
    await expect(get()).rejects.toThrow();
    writeFileSync(path, issued.authority);
    utimesSync(path, 1, 1);
    expect(agents.agentFor(tls)).toBe(agents.agentFor(tls));
    now = 60_000;
    await get();
    expect(seen).toHaveLength(1);
  });
});

describe("a user and password", () => {
  it("are sent only with TLS, and are read again", async () => {
    const issued = await issue();
    const { port, seen } = await jobManager(issued);
    const path = write("user:word\n", "auth");
    let now = 0;
    const authorization = basicAuthorization(path, () => now);
    const tls = { truststore: store("truststore", write(issued.authority)) };
    await ask({ port, tls }, { secure: { authorization } });
    writeFileSync(path, "user:other");
    now = 60_000;
    await ask({ port, tls }, { secure: { authorization } });
    expect(seen.map(({ authorization }) => authorization)).toEqual(
      ["user:word", "user:other"].map((text) => `Basic ${Buffer.from(text).toString("base64")}`),
    );
  });

  it("are not sent without a file", () => {
    expect(basicAuthorization(undefined)()).toBeUndefined();
    expect(basicAuthorization("/no/such/file")()).toBeUndefined();
  });
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const hasKeytool = spawnSync("keytool", ["-help"]).status === 0;

describe.skipIf(!hasOpenssl)("a PKCS12 truststore", () => {
  const openssl = (folder: string, ...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

  /** Certificates without a key. OpenSSL and Java encrypt them alike by default. */
  function pkcs12Of(authority: string, ...options: string[]): string {
    const folder = newFolder();
    write(authority, "ca.pem", folder);
    const args = [
      "-export",
      "-nokeys",
      "-in",
      "ca.pem",
      "-out",
      "t.p12",
      "-passout",
      "pass:word",
      ...options,
    ];
    openssl(folder, "pkcs12", ...args);
    return join(folder, "t.p12");
  }

  it.each([
    ["as it is encrypted today", []],
    ["as it was encrypted before Java 17", ["-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]],
    ["with its certificates in the open", ["-certpbe", "NONE"]],
  ])("is read %s", async (_, options) => {
    const issued = await issue();
    const { port, seen } = await jobManager(issued);
    const path = pkcs12Of(issued.authority, ...options);
    await ask({ port, tls: { truststore: store("truststore", path, "word") } });
    expect(seen).toHaveLength(1);
    const wrong = ask({ port, tls: { truststore: store("truststore", path, "other") } });
    await expect(wrong).rejects.toThrow(
      /^security.ssl.rest.truststore: .*its password is another one, or it is damaged$/,
    );
    const without = ask({ port, tls: { truststore: store("truststore", path) } });
    await expect(without).rejects.toThrow(/its password is another one, or it is damaged$/);
  });

  it("with RC2 encryption gives an error that says what to do", async () => {
    const truststore = store("truststore", pkcs12Of(authority, "-legacy"), "word");
    await expect(ask({ port: 1, tls: { truststore } })).rejects.toThrow(
      /^security.ssl.rest.truststore: .*t.p12 cannot be used: it is encrypted as old versions of Java did, .*keytool/,
    );
  });

  it("may have an authority with an RSA key", async () => {
    const folder = newFolder();
    const self = ["-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ca", "-days", "1"];
    openssl(folder, "req", ...self, "-keyout", "key.pem", "-out", "cert.pem");
    const [key, certificate] = ["key.pem", "cert.pem"].map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    const { port } = await jobManager({ key, certificate } as KeyedCertificate);
    const path = pkcs12Of(certificate ?? "");
    expect(await ask({ port, tls: { truststore: store("truststore", path, "word") } })).toEqual({});
  });
});

describe.skipIf(!hasOpenssl)("a client certificate", () => {
  /** A certificate for clients, as a company's own authority issues it. */
  function clientCertificate() {
    const folder = newFolder();
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      "key.pem",
      "-out",
      "cert.pem",
      "-subj",
      "/CN=operator",
      "-days",
      "1",
    );
    openssl(
      "pkcs12",
      "-export",
      "-in",
      "cert.pem",
      "-inkey",
      "key.pem",
      "-out",
      "k.p12",
      "-passout",
      "pass:word",
    );
    return { folder, certificate: execFileSync("cat", ["cert.pem"], { cwd: folder, encoding: "utf8" }) };
  }

  it("is sent if the JobManager requests one, from a PKCS12 keystore with its password", async () => {
    const issued = await issue();
    const { folder, certificate } = clientCertificate();
    const { port, seen } = await jobManager(issued, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: certificate,
    });
    const truststore = store("truststore", write(issued.authority));
    await ask({ port, tls: { truststore, keystore: store("keystore", join(folder, "k.p12"), "word") } });
    expect(seen.map(({ client }) => client)).toEqual(["operator"]);
    await expect(ask({ port, tls: { truststore } })).rejects.toMatchObject({ status: 0 });
    const wrong = ask({
      port,
      tls: { truststore, keystore: store("keystore", join(folder, "k.p12"), "other") },
    });
    await expect(wrong).rejects.toThrow(
      /^security.ssl.rest.keystore: .*its password is another one, or it is damaged$/,
    );
  });

  it.skipIf(!hasKeytool)("may be in a JKS keystore", async () => {
    const issued = await issue();
    const { folder, certificate } = clientCertificate();
    const stores = ["-srckeystore", "k.p12", "-destkeystore", "k.jks", "-deststoretype", "JKS"];
    const passwords = ["-srcstorepass", "word", "-deststorepass", "long-word", "-destkeypass", "long-word"];
    execFileSync("keytool", ["-importkeystore", "-noprompt", ...stores, ...passwords], {
      cwd: folder,
      stdio: "pipe",
    });
    const { port, seen } = await jobManager(issued, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: certificate,
    });
    const truststore = store("truststore", write(issued.authority));
    const keystore = (password: string) => store("keystore", join(folder, "k.jks"), password);
    await ask({ port, tls: { truststore, keystore: keystore("long-word") } });
    expect(seen.map(({ client }) => client)).toEqual(["operator"]);
    const wrong = ask({ port, tls: { truststore, keystore: keystore("other") } });
    await expect(wrong).rejects.toThrow(
      /^security.ssl.rest.keystore: .*its password is another one, or it is damaged$/,
    );
    const empty = store("keystore", jksOf([issued.authority], "word"), "word");
    const without = ask({ port, tls: { truststore, keystore: empty } });
    await expect(without).rejects.toThrow(/there is no certificate with a key in .*truststore.jks$/);
  });
});
