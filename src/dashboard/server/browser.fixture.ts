/** A client of the dashboard for tests: keeps cookies as a browser does, and reads server-sent events. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DestinationStream } from "pino";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { createLogger } from "../../telemetry/log.ts";
import { CSRF_HEADER, type Session } from "../contract.ts";
import type { DashboardOptions } from "./options.ts";
import { createDashboardServer } from "./server.ts";
import { createStaticFiles } from "./staticFiles.ts";

export interface StartedDashboard {
  readonly url: string;
  /** All that was logged. */
  log(): string;
  browser(): Browser;
  close(): Promise<void>;
}

export interface ServerEvent {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the data of any event.
  readonly data: any;
}

export interface Browser {
  csrf: string;
  readonly cookies: Map<string, string>;
  request(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Response>;
  signIn(cluster: string, token: string): Promise<Session>;
  /** Resolves as soon as an event is found. Rejects after some seconds. */
  events(path: string): Promise<{
    until(found: (event: ServerEvent) => boolean, ms?: number): Promise<ServerEvent[]>;
    /** The server has ended it. */
    readonly ended: Promise<void>;
    close(): void;
  }>;
}

export async function startDashboard(
  servers: Readonly<Record<string, string>>,
  options: Partial<DashboardOptions> & { loginHeader?: string; clock?: Clock } = {},
): Promise<StartedDashboard> {
  const folder = await mkdtemp(join(tmpdir(), "dashboard-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>Flink</title>");
  await writeFile(join(folder, "assets", "main-abc.js"), "export {};");
  const lines: string[] = [];
  const destination: DestinationStream = { write: (line) => void lines.push(line) };
  const { loginHeader, clock = systemClock, ...others } = options;
  const server = createDashboardServer({
    options: {
      port: 0,
      plainHttp: true,
      sessionHours: 1,
      sessionKeys: ["a-key-of-a-test-that-is-long-enough"],
      trustedProxies: [],
      clusters: Object.entries(servers).map(([name, url]) => ({
        name,
        access: { server: url, namespace: "default" },
        namespaces: ["team-a", "team-b"],
        ...(loginHeader === undefined ? {} : { loginHeader }),
      })),
      ...others,
    },
    files: await createStaticFiles(folder),
    operatorConfigOf: () => undefined,
    clock,
    log: createLogger({ level: "debug", format: "json", destination }),
  });
  const port = await server.listen(0, "127.0.0.1");
  const url = `http://127.0.0.1:${port}`;
  return { url, log: () => lines.join(""), browser: () => createBrowser(url), close: () => server.close() };
}

export function createBrowser(url: string): Browser {
  const cookies = new Map<string, string>();
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const keep = (response: Response): Response => {
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0|Expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const browser: Browser = {
    csrf: "",
    cookies,
    async request(method, path, { body, headers = {} } = {}) {
      const isWrite = method !== "GET" && method !== "HEAD";
      return keep(
        await fetch(`${url}${path}`, {
          method,
          redirect: "manual",
          headers: {
            cookie: cookie(),
            ...(isWrite
              ? { origin: url, [CSRF_HEADER]: browser.csrf, "content-type": "application/json" }
              : {}),
            ...headers,
          },
          ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        }),
      );
    },
    async signIn(cluster, token) {
      browser.csrf = ((await (await browser.request("GET", "/api/session")).json()) as Session).csrf;
      const answer = await browser.request("POST", "/api/login", { body: { cluster, token } });
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
      const session = (await answer.json()) as Session;
      browser.csrf = session.csrf;
      return session;
    },
    async events(path) {
      const ending = new AbortController();
      const answer = await fetch(`${url}${path}`, { headers: { cookie: cookie() }, signal: ending.signal });
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
      const seen: ServerEvent[] = [];
      let wake: () => void = () => {};
      const read = async () => {
        let text = "";
        const decoder = new TextDecoder();
        for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
          text += decoder.decode(chunk, { stream: true });
          const parts = text.split("\n\n");
          text = parts.pop() ?? "";
          for (const part of parts) {
            const [, name, data] = /^event: (\S+)\ndata: (.*)$/s.exec(part) ?? [];
            if (name !== undefined) seen.push({ name, data: JSON.parse(data ?? "null") });
          }
          wake();
        }
      };
      const ended = read().catch(() => {});
      return {
        ended,
        async until(found, ms = 15_000) {
          const deadline = Date.now() + ms;
          for (;;) {
            const at = seen.findIndex(found);
            if (at >= 0) return seen.splice(0, at + 1);
            if (Date.now() > deadline)
              throw new Error(`no such event among ${JSON.stringify(seen).slice(0, 2_000)}`);
            await new Promise<void>((resolve) => {
              wake = resolve;
              setTimeout(resolve, 500);
            });
          }
        },
        close: () => ending.abort(),
      };
    },
  };
  return browser;
}
