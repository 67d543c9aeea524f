/** Measures the dashboard with many recorded resources: npm run capacity:dashboard -- 10000 (docs/dashboard.md) */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { nodeFlags } from "../../images/operator.ts";
import { buildCustomResourceDefinition } from "../../src/api/crd.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { flinkBlueGreenDeployment } from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { flinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { flinkSessionJob } from "../../src/api/v1beta1/flinksessionjob.ts";
import { createBrowser } from "../../src/dashboard/server/browser.fixture.ts";
import { createKubeClient, type KubeClient } from "../../src/kube/client.ts";
import { kubeconfigAccess } from "../../src/kube/kubeconfig.ts";
import { runningJob } from "../support/dashboard/runningJob.ts";
import { eventually } from "../support/eventually.ts";
import { residentMiB } from "../support/operatorProcess.ts";
import { customResourceDefinition } from "../support/widgets.ts";
import { kubectl, startControlPlane, stopControlPlane } from "./environment/controlPlane.ts";
import { inParallel } from "./inParallel.ts";
import { say } from "./progress.ts";

const root = join(import.meta.dirname, "../..");
const resources = Number(process.argv[2] ?? 10_000);
const namespaces = Array.from({ length: 50 }, (_, at) => `team-${at}`);
/** Browsers that look at the same time, at the end. */
const viewers = 20;
const restMs = 60_000;
const namespaceType: ResourceType = { group: "", version: "v1", kind: "Namespace", plural: "namespaces" };

const deadlineMs = 600_000;

async function create(client: KubeClient): Promise<void> {
  for (const kind of [flinkDeployment, flinkSessionJob, flinkBlueGreenDeployment]) {
    const definition = buildCustomResourceDefinition(kind) as unknown as KubeObject & {
      spec: { versions: { subresources?: unknown }[] };
    };
    // Without a status of its own, a resource is stored with one by a single write.
    for (const version of definition.spec.versions) delete version.subresources;
    await client.create(customResourceDefinition, definition);
    await eventually(`${kind.plural} are served`, async () => {
      await client.list(kind, { namespace: "default" });
      return true;
    });
  }
  await inParallel(namespaces, (name) => client.create(namespaceType, { metadata: { name } }));
  const all = Array.from({ length: resources }, (_, at) => at);
  await inParallel(all, (at) =>
    client.create(
      resourceTypes.flinkDeployment,
      runningJob(namespaces[at % namespaces.length] as string, `job-${at}`),
    ),
  );
}

/** Passes bytes on to a port of this machine, and counts those that come back. */
async function countingRelay(port: number): Promise<{ port: number; received(): number; close(): void }> {
  let bytes = 0;
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    upstream.on("data", (chunk) => {
      bytes += chunk.length;
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream])
      socket.on("error", () => [client, upstream].map((each) => each.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, received: () => bytes, close: () => server.close() };
}

interface Look {
  readonly firstRowMs: number;
  readonly allRowsMs: number;
  readonly bytes: () => number;
  close(): void;
}

/** Follows the fleet as a browser does, from the request to the last of the first rows, and on. */
async function look(url: string, cookies: ReadonlyMap<string, string>): Promise<Look> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const ending = new AbortController();
  const began = performance.now();
  const answer = await fetch(`${url}/api/fleet`, { headers: { cookie }, signal: ending.signal });
  if (answer.status !== 200) throw new Error(await answer.text());
  let bytes = 0;
  let firstRowMs = 0;
  const allRowsMs = await new Promise<number>((resolve, reject) => {
    const read = async () => {
      let tail = "";
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        const text = tail + Buffer.from(chunk).toString("latin1");
        if (firstRowMs === 0 && text.includes("event: rows")) firstRowMs = performance.now() - began;
        if (text.includes('"last":true')) resolve(performance.now() - began);
        tail = text.slice(-20);
      }
    };
    read().catch((error: unknown) => reject(error));
  });
  return { firstRowMs, allRowsMs, bytes: () => bytes, close: () => ending.abort() };
}

const mib = (value: number): string => `${Math.round(value)} MiB`;
const ms = (value: number): string => `${Math.round(value)} ms`;

async function measure(kubeconfig: string, token: string, folder: string): Promise<void> {
  const { server, ca = "" } = kubeconfigAccess(kubeconfig);
  const relay = await countingRelay(Number(new URL(server).port));
  const options = join(folder, "options.yaml");
  writeFileSync(join(folder, "ca.crt"), ca);
  writeFileSync(join(folder, "key"), "a-key-of-a-measurement-that-is-long-enough");
  writeFileSync(
    options,
    JSON.stringify({
      port: 18_090,
      plainHttp: true,
      sessionKeyFile: join(folder, "key"),
      clusters: [{ name: "one", server: `https://127.0.0.1:${relay.port}`, caFile: join(folder, "ca.crt") }],
    }),
  );
  const child = spawn(process.execPath, [...nodeFlags, "dist/operator/operator.mjs", "dashboard"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...{ PATH: process.env.PATH, NODE_ENV: "production" },
      ...{ DASHBOARD_CONFIG: options, DASHBOARD_FILES: join(root, "dist/dashboard") },
    },
  });
  try {
    const url = "http://127.0.0.1:18090";
    await eventually("the dashboard serves", async () => (await fetch(`${url}/healthz`)).ok);
    const memory = () => residentMiB(child.pid);
    say(`memory without anybody: ${mib(memory())}`);
    const browser = createBrowser(url);
    await browser.signIn("one", token);
    const first = await look(url, browser.cookies);
    say(`the first who looks: first row after ${ms(first.firstRowMs)}, all after ${ms(first.allRowsMs)}`);
    say(`bytes of all rows: ${(first.bytes() / 1_048_576).toFixed(1)} MiB; memory: ${mib(memory())}`);
    const second = await look(url, browser.cookies);
    say(`the second: first row after ${ms(second.firstRowMs)}, all after ${ms(second.allRowsMs)}`);
    second.close();
    const [toBrowser, fromServer] = [first.bytes(), relay.received()];
    await pause(restMs);
    say(
      `at rest, in a minute: ${first.bytes() - toBrowser} bytes to a browser, ${relay.received() - fromServer} from the API ` +
        `server; memory: ${mib(memory())}`,
    );
    const others = await inTurn(viewers - 1, () => look(url, browser.cookies));
    say(`memory with ${viewers} who look: ${mib(memory())}`);
    for (const each of [first, ...others]) each.close();
  } finally {
    child.kill();
    await once(child, "exit");
    relay.close();
  }
}

async function inTurn<Value>(count: number, make: () => Promise<Value>): Promise<Value[]> {
  const made: Value[] = [];
  for (let at = 0; at < count; at += 1) made.push(await make());
  return made;
}

const folder = mkdtempSync(join(tmpdir(), "dashboard-capacity-"));
setTimeout(() => process.exit(1), deadlineMs).unref();
const { kubeconfig } = await startControlPlane();
try {
  const client = createKubeClient(kubeconfigAccess(kubeconfig));
  await create(client);
  await client.close();
  say(`${resources} resources are stored`);
  await kubectl(["create", "serviceaccount", "viewer"]);
  await kubectl([
    ...["create", "clusterrolebinding", "viewer"],
    ...["--clusterrole=cluster-admin", "--serviceaccount=default:viewer"],
  ]);
  await measure(kubeconfig, (await kubectl(["create", "token", "viewer"])).trim(), folder);
} finally {
  rmSync(folder, { recursive: true });
  await stopControlPlane();
}
