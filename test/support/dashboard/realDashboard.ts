/** The dashboard's own server with the built front end, before an API server of the test and a Flink of the test. */
import { join } from "node:path";
import type { KubeObject } from "../../../src/api/kubernetes.ts";
import { aJobId } from "../../../src/core/job/situation.fixture.ts";
import {
  admin,
  type FakeApiServer,
  fakeApiServer,
  ofNamespaces,
} from "../../../src/dashboard/server/fakeApiServer.fixture.ts";
import { createDashboardServer } from "../../../src/dashboard/server/server.ts";
import { createStaticFiles } from "../../../src/dashboard/server/staticFiles.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { fakeFlink } from "./fakeFlink.ts";
import { runningJob } from "./runningJob.ts";

export interface RealDashboard {
  readonly url: string;
  readonly api: FakeApiServer;
  /** All that the server logged. */
  log(): string;
  /** Changes a stored resource, as the operator or another person does. */
  change(name: string, change: (object: KubeObject) => Partial<KubeObject>): void;
  close(): Promise<void>;
}

export const tokens = { admin: "admin-token", teamA: "team-a-token" };

const pages = join(import.meta.dirname, "../../../dist/dashboard");

/** What belongs to the Flink cluster of a job: a JobManager with its pod, whose log holds markup. */
function putCluster(api: FakeApiServer, namespace: string, name: string): void {
  const labels = { app: name, component: "jobmanager", type: "flink-native-kubernetes" };
  const owner = (kind: string, of: string, uid: string) => [{ apiVersion: "v1", kind, name: of, uid }];
  api.put("deployments", {
    metadata: {
      ...{ namespace, name, labels, uid: `${name}-deployment` },
      ownerReferences: owner("FlinkDeployment", name, `uid-flinkdeployments/${namespace}/${name}`),
    },
    spec: { replicas: 1 },
    status: { readyReplicas: 1, availableReplicas: 1 },
  });
  api.put("pods", {
    metadata: {
      ...{ namespace, name: `${name}-5d-x`, labels },
      ownerReferences: owner("ReplicaSet", `${name}-5d`, `${name}-replicas`),
    },
    status: {
      phase: "Running",
      podIP: "10.0.0.1",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        { name: "flink-main-container", ready: true, restartCount: 2, state: { running: {} } },
      ],
    },
  });
}

export async function realDashboard(): Promise<RealDashboard> {
  const api = await fakeApiServer();
  api.users.set(tokens.admin, admin);
  api.users.set(tokens.teamA, ofNamespaces("ann", "team-a"));
  for (const namespace of ["team-a", "team-b"]) api.put("namespaces", { metadata: { name: namespace } });
  for (const [namespace, name] of [
    ["team-a", "orders"],
    ["team-b", "payments"],
  ] as const) {
    api.put("flinkdeployments", runningJob(namespace, name));
    putCluster(api, namespace, name);
  }
  api.log = (response) =>
    void response.end("INFO started\nERROR <img src=x onerror=alert(1)> failed\nINFO goes on\n");
  fakeFlink(api, aJobId);
  const lines: string[] = [];
  const server = createDashboardServer({
    options: {
      port: 0,
      plainHttp: true,
      sessionHours: 1,
      sessionKeys: ["a-key-of-a-test-that-is-long-enough"],
      trustedProxies: [],
      clusters: [{ name: "one", access: { server: api.url, namespace: "default" }, namespaces: [] }],
    },
    files: await createStaticFiles(pages),
    operatorConfigOf: () => undefined,
    clock: systemClock,
    log: createLogger({
      level: "debug",
      format: "json",
      destination: { write: (line) => void lines.push(line) },
    }),
  });
  const port = await server.listen(0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}`,
    api,
    log: () => lines.join(""),
    change(name, change) {
      const namespace = name === "orders" ? "team-a" : "team-b";
      const found = api.get("flinkdeployments", namespace, name);
      if (found === undefined) throw new Error(`there is no ${name}`);
      api.put("flinkdeployments", { ...found, ...change(found) });
    },
    async close() {
      await server.close();
      await api.close();
    },
  };
}
