/** The dashboard's server as src/dashboard/contract.ts declares it, over a made-up fleet, for tests of the front end. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { load } from "js-yaml";
import {
  type ActionAnswer,
  type ActionRequest,
  type ApiError,
  CSRF_HEADER,
  type FleetEvent,
  type FleetRow,
  type PlanAnswer,
  type ResourcePage,
  type Series,
  type Session,
} from "../../../src/dashboard/contract.ts";
import { json, type Received, serve } from "../httpServer.ts";
import { logOf, resourcePage, seriesOf } from "./resourcePage.ts";

const root = join(import.meta.dirname, "../../..");

/** As strict as the real server's. */
const policy = [
  "default-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  "form-action 'self'",
].join("; ");

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const CSRF = "a-token-of-this-session";
/** Rows of one part of a listing. */
const PART = 500;
/** How long an action is at work. */
const WORK_MS = 400;

export interface FakeDashboard {
  readonly url: string;
  readonly received: readonly Received[];
  /** Rows by id. */
  readonly rows: Map<string, FleetRow>;
  /** Changes rows, and tells all who look. */
  change(...rows: FleetRow[]): void;
  remove(id: string): void;
  send(event: FleetEvent): void;
  /** As if the user had signed in before. "reader" may only look. */
  signIn(cluster: string, user: "admin" | "reader"): void;
  /** Ends a login, as an expired token does. */
  endLogin(cluster: string, message: string): void;
  /** Cuts all streams. */
  cut(): void;
  /** The next apply is refused, since somebody else was first. */
  conflict(): void;
  close(): Promise<void>;
}

interface Options {
  readonly rows: readonly FleetRow[];
  readonly clusters: readonly string[];
}

export async function fakeDashboard(options: Options): Promise<FakeDashboard> {
  const rows = new Map(options.rows.map((row) => [row.id, row]));
  const versions = new Map<string, number>();
  const users = new Map<string, string>();
  const ended = new Map<string, string>();
  const fleetStreams = new Set<ServerResponse>();
  const pageStreams = new Map<ServerResponse, string>();
  /** Snapshots that were asked for. */
  const taken = new Map<string, ResourcePage["snapshots"]>();
  let conflicts = 0;
  let logReads = 0;

  const session = (): Session => ({
    csrf: CSRF,
    clusters: options.clusters.map((name, at) => ({
      name,
      methods: at === 0 ? ["token", "oidc"] : ["token"],
      ...(users.has(name) ? { user: users.get(name) as string } : {}),
      ...(ended.has(name) ? { ended: ended.get(name) as string } : {}),
    })),
  });
  const versionOf = (id: string): number => versions.get(id) ?? 100;
  const pageOf = (row: FleetRow): ResourcePage => {
    const page = resourcePage(row, users.get(row.cluster) !== "reader", versionOf(row.id), Date.now());
    return { ...page, snapshots: [...(taken.get(row.id) ?? []), ...page.snapshots] };
  };
  const write = (response: ServerResponse, name: string, data: unknown): void => {
    response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const send = (event: FleetEvent): void => {
    for (const stream of fleetStreams) write(stream, event.type, event);
  };
  const showPages = (id: string): void => {
    const row = rows.get(id);
    for (const [stream, shown] of pageStreams) if (shown === id && row) write(stream, "page", pageOf(row));
  };
  const change = (...changed: FleetRow[]): void => {
    for (const row of changed) {
      rows.set(row.id, row);
      versions.set(row.id, versionOf(row.id) + 1);
    }
    send({ type: "changes", upserts: changed, deletes: [] });
    for (const { id } of changed) showPages(id);
  };
  /** Works for a while, then reaches what was asked for. */
  const work = (row: FleetRow, message: string, then: Partial<FleetRow>): void => {
    change({ ...row, health: "InProgress", message });
    setTimeout(() => change({ ...row, health: "Ready", message: "", ...then }), WORK_MS);
  };

  function startStream(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.flushHeaders();
  }

  function streamFleet(response: ServerResponse): unknown {
    if (users.size === 0) return fail(response, 401, { message: "Sign in first." });
    startStream(response);
    fleetStreams.add(response);
    response.on("close", () => fleetStreams.delete(response));
    for (const cluster of users.keys()) {
      const all = [...rows.values()].filter((row) => row.cluster === cluster);
      for (let at = 0; at === 0 || at < all.length; at += PART)
        write(response, "rows", {
          ...{ type: "rows", cluster, rows: all.slice(at, at + PART) },
          ...{ first: at === 0, last: at + PART >= all.length },
        } satisfies FleetEvent);
    }
    return undefined;
  }

  function act(row: FleetRow, request: ActionRequest): ActionAnswer | ApiError {
    const { action, dryRun, parallelism } = request;
    const page = pageOf(row);
    const why = page.unavailable[action];
    if (why !== undefined) return { message: why, field: "action" };
    const effects: Readonly<Record<ActionRequest["action"], ActionAnswer>> = {
      suspend: {
        message: "The job is stopped with a savepoint, and stays down until it is resumed.",
        effect: "stop",
      },
      resume: { message: "The job starts again from its newest savepoint.", effect: "start" },
      restart: restart("The job is stopped with a savepoint and started again from it."),
      savepoint: { message: "A savepoint is taken. The job runs on.", effect: "in place" },
      checkpoint: { message: "A checkpoint is taken. The job runs on.", effect: "in place" },
      rescale: { message: `The job runs on with a parallelism of ${parallelism}.`, effect: "in place" },
      rollback: restart("The job goes back to the last stable spec, from a savepoint."),
      approve: restart("The change that waits is made now."),
      promote: { message: "The green side takes over.", effect: "in place" },
    };
    if (dryRun === true) return effects[action];
    const version = String(versionOf(row.id));
    perform(row, request);
    return action === "savepoint" || action === "checkpoint"
      ? { ...effects[action], snapshot: `${row.name}-${action}-${version}` }
      : { ...effects[action], resourceVersion: String(versionOf(row.id)) };
  }

  function perform(row: FleetRow, { action, parallelism = 1 }: ActionRequest): void {
    if (action === "savepoint" || action === "checkpoint") {
      const location = `s3://flink/${row.name}/${action}s/asked-for-${versionOf(row.id)}`;
      const snapshot = {
        name: `${row.name}-${action}-${versionOf(row.id)}`,
        kind: action,
        location,
        at: new Date().toISOString(),
        wouldRestore: true,
        why: "The newest.",
      };
      setTimeout(() => {
        taken.set(row.id, [snapshot, ...(taken.get(row.id) ?? [])]);
        change(row);
      }, WORK_MS);
      return;
    }
    const suspended = {
      health: "Suspended" as const,
      message: "Suspended as the spec asks, with a savepoint.",
    };
    const then = action === "suspend" ? suspended : action === "rescale" ? { parallelism } : {};
    work(row, "The job is being stopped with a savepoint.", then);
  }

  function plan(manifest: string): PlanAnswer {
    const match = /parallelism: (\S+)/.exec(manifest)?.[1] ?? "";
    const isWrong = !(Number(match) > 0) || Number(match) > 1000;
    return {
      ...{ effect: isWrong ? "refused" : "restart", restarts: !isWrong, downtimeMs: 14_200 },
      restoresFrom: "the savepoint that it is stopped with",
      summary: "The job is stopped with a savepoint and started again with the new spec.",
      text: `Changes:\n  spec.job.parallelism: 4 -> ${match} (restart)\n\nSteps:\n  1. have the API server check the new objects\n  2. stop the job with a savepoint\n  3. create the cluster again\n\nIt could fail if:\n  no node has room: then the new cluster does not start`,
      errors: isWrong
        ? [
            {
              field: "spec.job.parallelism",
              message: `spec.job.parallelism is ${match}, and may be at most 1000.`,
            },
          ]
        : [],
    };
  }

  async function answerResource(request: Received, response: ServerResponse): Promise<unknown> {
    const [, , , cluster = "", , namespace = "", plural = "", name = "", part] = request.path
      .split("/")
      .map(decodeURIComponent);
    if (!users.has(cluster)) return fail(response, 401, { message: ended.get(cluster) ?? "Sign in first." });
    const row = rows.get([cluster, plural, namespace, name].join("/"));
    if (row === undefined)
      return fail(response, 404, { message: `There is no ${plural} ${namespace}/${name} any more.` });
    switch (part) {
      case undefined:
        return json(response, 200, pageOf(row));
      case "events":
        startStream(response);
        pageStreams.set(response, row.id);
        response.on("close", () => pageStreams.delete(response));
        return write(response, "page", pageOf(row));
      case "logs": {
        logReads += 1;
        const { query } = request;
        const tail = Number(query.get("tail"));
        response.setHeader("content-type", "text/plain; charset=utf-8");
        return response.end(
          logOf(query.get("pod") ?? "", query.get("previous") === "true", tail, logReads, Date.now()),
        );
      }
      case "series":
        return json(
          response,
          200,
          seriesOf(request.query.get("metric") as Series["metric"], row, Date.now()),
        );
      case "plan":
        return json(response, 200, plan(JSON.parse(request.body).manifest));
      case "spec":
        if (conflicts > 0) {
          conflicts -= 1;
          return fail(response, 409, { message: "Somebody has changed the resource since you opened it." });
        }
        work(row, "The job is being stopped with a savepoint.", {});
        return json(response, 200, {
          message: "The edit is accepted.",
          resourceVersion: String(versionOf(row.id)),
        } satisfies ActionAnswer);
      case "actions": {
        const result = act(row, JSON.parse(request.body));
        return json(response, "field" in result ? 422 : 200, result);
      }
      default:
        return fail(response, 404, { message: "There is no such route." });
    }
  }

  function logIn({ body }: Received, response: ServerResponse): unknown {
    const { cluster, token } = JSON.parse(body) as { cluster: string; token: string };
    if (token !== "admin" && token !== "reader")
      return fail(response, 401, {
        message: "The API server does not accept this token. Is it of this cluster?",
      });
    users.set(cluster, token);
    ended.delete(cluster);
    return json(response, 200, session());
  }

  const server = await serve(async (request, response) => {
    response.setHeader("content-security-policy", policy);
    response.setHeader("x-content-type-options", "nosniff");
    const { method, path } = request;
    if (method !== "GET" && request.headers[CSRF_HEADER] !== CSRF)
      return fail(response, 403, { message: "The CSRF token is missing." });
    if (path === "/api/session") return json(response, 200, session());
    if (path === "/api/login") return logIn(request, response);
    if (path === "/api/logout") {
      const { cluster } = JSON.parse(request.body) as { cluster?: string };
      for (const name of cluster === undefined ? [...users.keys()] : [cluster]) users.delete(name);
      return json(response, 200, session());
    }
    if (path === "/api/fleet") return streamFleet(response);
    if (/^\/api\/clusters\/[^/]+\/schemas\//.test(path))
      return json(response, 200, await schemaOf(path.split("/").at(-1) ?? ""));
    if (path.startsWith("/api/clusters/")) return answerResource(request, response);
    return file(path, request.headers, response);
  });

  return {
    url: server.url,
    received: server.received,
    ...{ rows, change, send },
    remove(id) {
      rows.delete(id);
      send({ type: "changes", upserts: [], deletes: [id] });
    },
    signIn(cluster, user) {
      users.set(cluster, user);
    },
    endLogin(cluster, message) {
      users.delete(cluster);
      ended.set(cluster, message);
      send({ type: "ended", cluster, message });
    },
    cut() {
      for (const stream of [...fleetStreams, ...pageStreams.keys()]) stream.destroy();
    },
    conflict() {
      conflicts += 1;
    },
    close: () => server.close(),
  };
}

const restart = (message: string): ActionAnswer => ({
  ...{ message, effect: "restart", restarts: true, downtimeMs: 14_200 },
});

function fail(response: ServerResponse, status: number, error: ApiError): void {
  json(response, status, error);
}

/** From the chart, as the API server has it. */
async function schemaOf(plural: string): Promise<unknown> {
  const path = join(root, `charts/flink-kubernetes-operator/crds/${plural}.flink.apache.org-v1.yaml`);
  const { spec } = load(await readFile(path, "utf8")) as {
    spec: { versions: { schema: { openAPIV3Schema: unknown } }[] };
  };
  return spec.versions[0]?.schema.openAPIV3Schema;
}

/** The front end that `npm run web` builds. */
async function file(
  path: string,
  headers: IncomingMessage["headers"],
  response: ServerResponse,
): Promise<void> {
  const name = path === "/" ? "index.html" : path.slice(1);
  try {
    const content = await readFile(join(root, "dist/dashboard", name));
    const isGzipped = String(headers["accept-encoding"]).includes("gzip");
    response.writeHead(200, {
      "content-type": types[extname(name)] ?? "application/octet-stream",
      ...(isGzipped ? { "content-encoding": "gzip" } : {}),
    });
    response.end(isGzipped ? gzipSync(content) : content);
  } catch {
    fail(response, 404, { message: "There is no such file." });
  }
}
