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
  /** The paths of the files, by the names under which they are served. */
  readonly jars: Readonly<Record<string, string>>;
  /** The address to listen on: 127.0.0.1, or the node's address for pods. */
  readonly address?: string;
  /** The header that a client must send; without it the response is 401. */
  readonly header?: { readonly name: string; readonly value: string };
  /** HTTPS with this certificate, or with one for the address from its own authority; otherwise HTTP. */
  readonly tls?: boolean | Certificate;
}

export interface JarServer {
  /** `https://address:port`. */
  readonly url: string;
  /** The authority's certificate in PEM format; "" for HTTP. */
  readonly ca: string;
  /** The path and status of each response. */
  readonly responses: readonly { readonly path: string; readonly status: number }[];
  close(): Promise<void>;
}

/** PEM texts: of a server, and of the authority that signed its certificate. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** A private HTTP server for jars. */
export async function startJarServer(options: JarServerOptions): Promise<JarServer> {
  const { jars, header, address = "127.0.0.1", tls = false } = options;
  const responses: { path: string; status: number }[] = [];
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://server").pathname;
    const jar = jars[basename(path)];
    const isAuthorized = header === undefined || request.headers[header.name.toLowerCase()] === header.value;
    const status = !isAuthorized ? 401 : jar === undefined ? 404 : 200;
    responses.push({ path, status });
    if (status !== 200 || jar === undefined) return void response.writeHead(status).end();
    response.writeHead(200, { "content-length": (await stat(jar)).size });
    createReadStream(jar).pipe(response);
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void respond(request, response);
  const pki = tls === true ? await certificateFor(address) : tls || undefined;
  const server = pki === undefined ? createHttpServer(listener) : createHttpsServer(pki, listener);
  server.listen(0, address);
  await once(server, "listening");
  return {
    url: `${pki ? "https" : "http"}://${address}:${(server.address() as AddressInfo).port}`,
    ca: pki?.ca ?? "",
    responses,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const run = promisify(execFile);

/** Creates an authority, and a certificate from it for one address. */
export async function certificateFor(address: string): Promise<Certificate> {
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
