import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { type HttpServer, json, refuse, serve } from "../../test/support/httpServer.ts";
import { resourceTypes } from "../api/kubernetes.ts";
import { createKubeClient, type KubeClient, type KubeClientOptions } from "./client.ts";
import type { KubeError } from "./errors.ts";
import { isAlreadyExists, isConflict, isTransient } from "./errors.ts";
import type { RequestRecord } from "./transport.ts";

const { configMap, flinkDeployment, pod } = resourceTypes;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function connect(
  answer: Parameters<typeof serve>[0],
  options: KubeClientOptions = {},
): Promise<{ server: HttpServer; client: KubeClient }> {
  const server = await serve(answer);
  const client = createKubeClient({ server: server.url, namespace: "default" }, options);
  open.push(client, server);
  return { server, client };
}

const failure = (promise: Promise<unknown>): Promise<KubeError> =>
  promise.then(
    () => expect.unreachable("it should have failed"),
    (error) => error as KubeError,
  );

test("accepts gzip and reads compressed responses", async () => {
  const { server, client } = await connect((_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    response.end(gzipSync(JSON.stringify({ metadata: { name: "grün" } })));
  });
  expect(await client.get(configMap, "ns", "a")).toEqual({ metadata: { name: "grün" } });
  expect(server.received[0]?.headers).toMatchObject({
    "accept-encoding": "gzip",
    accept: "application/json",
    "user-agent": "flink-kubernetes-operator",
  });
});

test("writes have the field manager; apply is forced; each has its content type", async () => {
  const { server, client } = await connect((_, response) => json(response, 200, { metadata: { name: "a" } }));
  const object = { metadata: { name: "a", namespace: "ns" } };
  await client.create(configMap, object, { dryRun: true });
  await client.apply(flinkDeployment, object);
  await client.replaceStatus(flinkDeployment, { ...object, status: { error: "x" } });
  await client.mergePatch(configMap, "ns", "a", { data: null });
  const operations = [{ op: "remove", path: "/data" }] as const;
  await client.jsonPatch(configMap, "ns", "a", operations);
  await client.delete(configMap, "ns", "a", { uid: "u", resourceVersion: "7", propagation: "Foreground" });

  const [create, apply, status, patch, jsonPatch, remove] = server.received;
  expect(create).toMatchObject({ method: "POST", path: "/api/v1/namespaces/ns/configmaps" });
  expect(create?.query.toString()).toBe("fieldManager=flink-kubernetes-operator&dryRun=All");
  expect(JSON.parse(create?.body ?? "")).toEqual({ ...object, apiVersion: "v1", kind: "ConfigMap" });
  expect(apply?.headers["content-type"]).toBe("application/apply-patch+yaml");
  expect(apply?.query.get("force")).toBe("true");
  expect(status).toMatchObject({
    method: "PUT",
    path: "/apis/flink.apache.org/v1beta1/namespaces/ns/flinkdeployments/a/status",
  });
  expect(patch?.headers["content-type"]).toBe("application/merge-patch+json");
  expect(jsonPatch?.headers["content-type"]).toBe("application/json-patch+json");
  expect(JSON.parse(jsonPatch?.body ?? "")).toEqual(operations);
  expect(JSON.parse(remove?.body ?? "")).toEqual({
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid: "u", resourceVersion: "7" },
    propagationPolicy: "Foreground",
  });
});

test("the error of an Invalid response has every cause once", async () => {
  const { client } = await connect((_, response) =>
    refuse(response, 422, "Invalid", 'FlinkDeployment "a" is invalid: spec.image: Required value', {
      causes: [
        { field: "spec.image", message: "Required value" },
        { field: "spec.job", message: "must have a jarURI" },
      ],
    }),
  );
  const error = await failure(client.apply(flinkDeployment, { metadata: { name: "a", namespace: "ns" } }));
  expect(error).toMatchObject({ name: "KubeError", status: 422, reason: "Invalid" });
  expect(error.message).toMatch(
    /is invalid: spec\.image: Required value; spec\.job: must have a jarURI \(PATCH \//,
  );
});

test("distinguishes the two reasons of 409, and keeps Retry-After", async () => {
  const reasons = ["AlreadyExists", "Conflict"];
  const { client } = await connect((_, response) => {
    const reason = reasons.shift();
    if (reason !== undefined) return refuse(response, 409, reason);
    response.writeHead(429, { "retry-after": "3" }).end("Too many requests, please try again later.");
  });
  const object = { metadata: { name: "a", namespace: "ns" } };
  expect(isAlreadyExists(await failure(client.create(configMap, object)))).toBe(true);
  expect(isConflict(await failure(client.create(configMap, object)))).toBe(true);
  const busy = await failure(client.create(configMap, object));
  expect(busy).toMatchObject({ status: 429, reason: "TooManyRequests", retryAfterSeconds: 3 });
  expect(isTransient(busy)).toBe(true);
});

test("the deletion of a missing object succeeds", async () => {
  const { client } = await connect((_, response) => refuse(response, 404, "NotFound"));
  await client.delete(pod, "ns", "a");
  expect(await failure(client.get(pod, "ns", "a"))).toMatchObject({ status: 404, reason: "NotFound" });
});

test("large numbers keep every digit, from a response into the next request", async () => {
  const text = '{"metadata":{"name":"a"},"spec":{"restartNonce":1732300000123456789}}';
  const { server, client } = await connect((_, response) => void response.end(text));
  const object = await client.get(flinkDeployment, "ns", "a");
  expect(object.spec).toEqual({ restartNonce: 1732300000123456789n });
  await client.replaceStatus(flinkDeployment, object);
  expect(server.received[1]?.body).toContain('"restartNonce":1732300000123456789');
});

test("a server that times out, breaks the connection, or is absent: status 0 with a reason", async () => {
  const { server, client } = await connect(
    (request, response) => {
      if (request.path.endsWith("/slow")) return;
      response.writeHead(200, { "content-length": "100" }).write("{");
      setImmediate(() => response.destroy());
    },
    { requestTimeoutMs: 200 },
  );
  expect(await failure(client.get(pod, "ns", "slow"))).toMatchObject({ status: 0, reason: "Timeout" });
  expect(await failure(client.get(pod, "ns", "cut"))).toMatchObject({ status: 0, reason: "Broken" });
  await server.close();
  open.pop();
  expect(await failure(client.get(pod, "ns", "a"))).toMatchObject({ status: 0, reason: "Refused" });
});

test("a response that is not JSON is an error", async () => {
  const { client } = await connect((_, response) => response.end("<html>a proxy's greeting</html>"));
  expect(await failure(client.get(pod, "ns", "a"))).toMatchObject({ status: 0, reason: "Malformed" });
});

test("reports each request, with its status or 0", async () => {
  const records: RequestRecord[] = [];
  const { server, client } = await connect((_, response) => refuse(response, 403, "Forbidden"), {
    onRequest: (record) => records.push(record),
  });
  await failure(client.get(pod, "ns", "a"));
  await server.close();
  open.pop();
  await failure(client.list(pod));
  expect(records).toMatchObject([
    { method: "GET", type: pod, watch: false, status: 403 },
    { method: "GET", type: pod, watch: false, status: 0 },
  ]);
});

test("reads a replaced token after a 401 and retries once; the token is in no message", async () => {
  let token = "old-token";
  const server = await serve((request, response) =>
    request.headers.authorization === "Bearer new-token"
      ? json(response, 200, { metadata: { name: "a" } })
      : refuse(response, 401, "Unauthorized"),
  );
  let renewals = 0;
  const authorization = {
    header: () => `Bearer ${token}`,
    renew() {
      renewals += 1;
      const changed = token !== "new-token" && renewals > 1;
      if (changed) token = "new-token";
      return changed;
    },
  };
  const client = createKubeClient({ server: server.url, namespace: "default", authorization });
  open.push(client, server);
  const refused = await failure(client.get(pod, "ns", "a"));
  expect(refused).toMatchObject({ status: 401 });
  expect(JSON.stringify([refused.message, refused.stack])).not.toContain("old-token");
  expect(await client.get(pod, "ns", "a")).toMatchObject({ metadata: { name: "a" } });
  expect(server.received).toHaveLength(3);
});
