/** An API server for tests of the dashboard: objects in memory, tokens with names and rights, watches, dry runs, a service proxy. */
import type { ServerResponse } from "node:http";
import { type HttpServer, json, type Received, refuse, serve } from "../../../test/support/httpServer.ts";
import type { KubeObject } from "../../api/kubernetes.ts";

export interface FakeUser {
  readonly name: string;
  /** Whether they may do this. Absent namespace: in all. */
  may(verb: string, plural: string, namespace: string | undefined): boolean;
}

export interface FakeApiServer {
  readonly url: string;
  readonly received: Received[];
  /** By token. A token that is taken out is not accepted any more. */
  readonly users: Map<string, FakeUser>;
  /** The answer of the service proxy by the path below it. */
  readonly flink: Map<string, (response: ServerResponse) => void>;
  log: (response: ServerResponse) => void;
  /** No answer is given before it resolves. */
  held: Promise<void> | undefined;
  put(plural: string, object: KubeObject): void;
  remove(plural: string, namespace: string, name: string): void;
  get(plural: string, namespace: string, name: string): KubeObject | undefined;
  /** How many watches are open. */
  readonly watches: number;
  close(): Promise<void>;
}

export const admin: FakeUser = { name: "admin", may: () => true };

/** Everything in some namespaces, and not even the list of them. */
export const ofNamespaces = (name: string, ...namespaces: string[]): FakeUser => ({
  name,
  may: (_, plural, namespace) =>
    plural !== "namespaces" && namespace !== undefined && namespaces.includes(namespace),
});

const plain = /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/(log))?$/;
const proxied = /^\/api\/v1\/namespaces\/[^/]+\/services\/([^/]+)\/proxy(\/.*)$/;

export async function fakeApiServer(): Promise<FakeApiServer> {
  const objects = new Map<string, KubeObject>();
  const users = new Map<string, FakeUser>();
  const flink: FakeApiServer["flink"] = new Map();
  const watchers = new Set<{
    readonly plural: string;
    readonly namespace: string | undefined;
    readonly response: ServerResponse;
  }>();
  let version = 100;
  const fake: Pick<FakeApiServer, "log" | "held"> = {
    log: (response) => void response.end(""),
    held: undefined,
  };

  const keyOf = (plural: string, namespace: string, name: string) => `${plural}/${namespace}/${name}`;
  const listOf = (plural: string, namespace: string | undefined) =>
    [...objects]
      .filter(([key]) => key.startsWith(`${plural}/${namespace === undefined ? "" : `${namespace}/`}`))
      .map(([, each]) => each);

  function tell(type: string, plural: string, object: KubeObject): void {
    for (const each of watchers)
      if (
        each.plural === plural &&
        (each.namespace === undefined || each.namespace === object.metadata.namespace)
      )
        each.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  function put(plural: string, object: KubeObject): KubeObject {
    version += 1;
    const { namespace = "", name } = object.metadata;
    const key = keyOf(plural, namespace, name);
    const isNew = !objects.has(key);
    const stored = {
      ...object,
      metadata: {
        uid: `uid-${key}`,
        creationTimestamp: "2026-01-01T00:00:00Z",
        ...object.metadata,
        resourceVersion: String(version),
      },
    };
    objects.set(key, stored);
    tell(isNew ? "ADDED" : "MODIFIED", plural, stored);
    return stored;
  }

  function answer(request: Received, response: ServerResponse): unknown {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const user = users.get(token);
    if (user === undefined) return refuse(response, 401, "Unauthorized");
    const through = proxied.exec(request.path);
    if (through !== null) {
      const found = flink.get(through[2] ?? "");
      return found === undefined ? refuse(response, 404, "NotFound", `no ${request.path}`) : found(response);
    }
    const [, namespace, plural = "", name, subresource] = plain.exec(request.path) ?? [];
    const body = request.body === "" ? undefined : JSON.parse(request.body);
    if (plural === "selfsubjectreviews")
      return json(response, 201, { metadata: {}, status: { userInfo: { username: user.name } } });
    if (plural === "selfsubjectaccessreviews") {
      const { verb, resource, namespace: where } = body.spec.resourceAttributes;
      return json(response, 201, { metadata: {}, status: { allowed: user.may(verb, resource, where) } });
    }
    const watch = request.query.get("watch") !== null;
    const verb = watch
      ? "watch"
      : name === undefined
        ? request.method === "POST"
          ? "create"
          : "list"
        : request.method === "PATCH"
          ? "patch"
          : "get";
    if (!user.may(verb, plural, namespace))
      return refuse(response, 403, "Forbidden", `${user.name} may not ${verb} ${plural}`);
    if (watch) return openWatch(request, response, plural, namespace);
    if (verb === "create") {
      const created = {
        ...body,
        metadata: { ...body.metadata, name: body.metadata.name ?? `${body.metadata.generateName}x` },
      };
      return json(response, 201, request.query.get("dryRun") === null ? put(plural, created) : created);
    }
    if (name === undefined) {
      const items = listOf(plural, namespace).filter(({ metadata }) =>
        (request.query.get("labelSelector") ?? "").split(",").every((each) => {
          const [label, value] = each.split("=");
          return !/^[\w.-]+=[\w.-]+$/.test(each) || metadata.labels?.[label ?? ""] === value;
        }),
      );
      return json(response, 200, { metadata: { resourceVersion: String(version) }, items });
    }
    const found = objects.get(keyOf(plural, namespace ?? "", name));
    if (found === undefined) return refuse(response, 404, "NotFound", `${plural} "${name}" not found`);
    if (subresource === "log") return fake.log(response);
    if (verb === "get") return json(response, 200, found);
    if (
      body.metadata?.resourceVersion !== undefined &&
      body.metadata.resourceVersion !== found.metadata.resourceVersion
    )
      return refuse(response, 409, "Conflict", "the object has been modified");
    const patched = merged(found, body) as KubeObject;
    if (JSON.stringify(patched.spec) !== JSON.stringify(found.spec))
      patched.metadata = { ...patched.metadata, generation: (found.metadata.generation ?? 1) + 1 };
    return json(response, 200, request.query.get("dryRun") === null ? put(plural, patched) : patched);
  }

  function openWatch(
    request: Received,
    response: ServerResponse,
    plural: string,
    namespace: string | undefined,
  ): void {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (request.query.get("sendInitialEvents") !== null) {
      for (const object of listOf(plural, namespace))
        response.write(`${JSON.stringify({ type: "ADDED", object })}\n`);
      const metadata = {
        resourceVersion: String(version),
        annotations: { "k8s.io/initial-events-end": "true" },
      };
      response.write(`${JSON.stringify({ type: "BOOKMARK", object: { metadata } })}\n`);
    }
    const since = Number(request.query.get("resourceVersion") ?? version);
    for (const object of listOf(plural, namespace))
      if (Number(object.metadata.resourceVersion) > since)
        response.write(`${JSON.stringify({ type: "MODIFIED", object })}\n`);
    const watcher = { plural, namespace, response };
    watchers.add(watcher);
    response.on("close", () => watchers.delete(watcher));
  }

  const server: HttpServer = await serve(async (request, response) => {
    await fake.held;
    return answer(request, response);
  });
  const rest = {
    url: server.url,
    received: server.received,
    users,
    flink,
    put: (plural: string, object: KubeObject) => void put(plural, object),
    remove(plural: string, namespace: string, name: string) {
      const key = keyOf(plural, namespace, name);
      const found = objects.get(key);
      objects.delete(key);
      version += 1;
      if (found !== undefined)
        tell("DELETED", plural, {
          ...found,
          metadata: { ...found.metadata, resourceVersion: String(version) },
        });
    },
    get: (plural: string, namespace: string, name: string) => objects.get(keyOf(plural, namespace, name)),
    get watches() {
      return watchers.size;
    },
    close: () => server.close(),
  };
  // With its getter.
  return Object.defineProperties(fake, Object.getOwnPropertyDescriptors(rest)) as FakeApiServer;
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as Record<string, unknown> | undefined) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}
