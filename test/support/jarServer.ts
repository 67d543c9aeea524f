import { execFile } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";

export interface JarServerOptions {
  /** Files by the names that they are served under. */
  readonly jars: Readonly<Record<string, string>>;
  /** The address of this machine that clients reach it by: 127.0.0.1, or the node's for pods. */
  readonly address?: string;
  /** What a client has to send; without it the answer is 401. */
  readonly header?: { readonly name: string; readonly value: string };
  /** https with a certificate for the address from an authority of its own; otherwise http. */
  readonly tls?: boolean;
}

export interface JarServer {
  /** `https://address:port`. */
  readonly url: string;
  /** The authority's certificate in PEM form; "" for http. */
  readonly ca: string;
  /** Path and status of each answer. */
  readonly answers: readonly { readonly path: string; readonly status: number }[];
  close(): Promise<void>;
}

/** A private server of jars, as a company has one. */
export async function startJarServer(options: JarServerOptions): Promise<JarServer> {
  const { jars, header, address = "127.0.0.1", tls = false } = options;
  const answers: { path: string; status: number }[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://server").pathname;
    const jar = jars[basename(path)];
    const known = header === undefined || request.headers[header.name.toLowerCase()] === header.value;
    const status = !known ? 401 : jar === undefined ? 404 : 200;
    answers.push({ path, status });
    if (status !== 200 || jar === undefined) return void response.writeHead(status).end();
    response.writeHead(200, { "content-length": (await stat(jar)).size });
    createReadStream(jar).pipe(response);
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  const pki = tls ? await certificateFor(address) : undefined;
  const server = pki === undefined ? createHttpServer(listener) : createHttpsServer(pki, listener);
  server.listen(0, address);
  await once(server, "listening");
  return {
    url: `${tls ? "https" : "http"}://${address}:${(server.address() as AddressInfo).port}`,
    ca: pki?.ca ?? "",
    answers,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const run = promisify(execFile);

/** A new authority, and a certificate from it for one address. */
async function certificateFor(address: string): Promise<{ key: string; cert: string; ca: string }> {
  const folder = await mkdtemp(join(tmpdir(), "jar-server-"));
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const request = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    await openssl(
      ...request,
      "-x509",
      "-days",
      "2",
      "-subj",
      "/CN=jars CA",
      "-keyout",
      "ca.key",
      "-out",
      "ca.crt",
    );
    await openssl(...request, "-subj", `/CN=${address}`, "-keyout", "server.key", "-out", "server.csr");
    await writeFile(join(folder, "san"), `subjectAltName=IP:${address}\n`);
    const sign = [
      "x509",
      "-req",
      "-in",
      "server.csr",
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
    ];
    await openssl(...sign, "-days", "2", "-extfile", "san", "-out", "server.crt");
    const [key = "", cert = "", ca = ""] = await Promise.all(
      ["server.key", "server.crt", "ca.crt"].map((name) => readFile(join(folder, name), "utf8")),
    );
    return { key, cert, ca };
  } finally {
    await rm(folder, { recursive: true });
  }
}
