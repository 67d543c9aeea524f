import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Agent, request } from "undici";
import { inject } from "vitest";
import type { ResourceType } from "../../src/api/kubernetes.ts";
import { createKubeClient, type KubeClient, type KubeClientOptions } from "../../src/kube/client.ts";
import { kubeconfigAccess } from "../../src/kube/kubeconfig.ts";
import { eventually } from "./eventually.ts";

/** A running etcd, kube-apiserver and kube-controller-manager: no node, so no pod ever runs. */
export interface ControlPlane {
  name: string;
  /** Path of a kubeconfig with all permissions. */
  kubeconfig: string;
}

declare module "vitest" {
  interface ProvidedContext {
    controlPlane: ControlPlane;
  }
}

const localkube = join(import.meta.dirname, "../../localkube/localkube");
const run = promisify(execFile);

/** Starts a control plane; the first time on a machine this builds it, which takes about ten minutes. */
export async function startControlPlane(name: string): Promise<ControlPlane> {
  const starting = run(localkube, ["up", "--control-plane", "--name", name, "-o", "json"]);
  // It reports its progress there.
  starting.child.stderr?.pipe(process.stderr);
  const { stdout } = await starting;
  return JSON.parse(stdout) as ControlPlane;
}

export async function stopControlPlane(name: string): Promise<void> {
  await run(localkube, ["down", "--name", name, "--purge"]);
}

/** The control plane that all integration tests of a run share; each test file creates its own namespaces. */
export const sharedControlPlane = (): ControlPlane => inject("controlPlane");

export const clientOf = ({ kubeconfig }: ControlPlane, options?: KubeClientOptions): KubeClient =>
  createKubeClient(kubeconfigAccess(kubeconfig), options);

/** kubectl with all permissions. */
export async function kubectlOn({ name }: ControlPlane, ...args: string[]): Promise<string> {
  const env = { ...process.env, LOCALKUBE_NAME: name };
  return (await run(localkube, ["kubectl", ...args], { env })).stdout.trim();
}

const namespaceType: ResourceType = { group: "", version: "v1", kind: "Namespace", plural: "namespaces" };

/** A new namespace whose name begins with the prefix. */
export async function createNamespace(client: KubeClient, prefix: string): Promise<string> {
  const name = `${prefix}-${Math.random().toString(36).slice(2, 8)}`;
  await client.create(namespaceType, { metadata: { name } });
  return name;
}

interface Component {
  name: string;
  phase: string;
  pid: number;
}

async function clusters(): Promise<{ name: string; components: Component[] }[]> {
  const { stdout } = await run(localkube, ["status", "-o", "json"]);
  return JSON.parse(stdout);
}

/** The names of all control planes on this machine. */
export const controlPlanes = async (): Promise<string[]> => (await clusters()).map(({ name }) => name);

async function component(plane: ControlPlane, name: string): Promise<Component> {
  const found = (await clusters())
    .find((each) => each.name === plane.name)
    ?.components.find((each) => each.name === name);
  if (found === undefined) throw new Error(`control plane ${plane.name} has no ${name}`);
  return found;
}

/** Kills the API server; resolves when its supervisor has restarted it and it serves requests. */
export async function restartApiServer(plane: ControlPlane): Promise<void> {
  const { pid } = await component(plane, "kube-apiserver");
  process.kill(pid, "SIGKILL");
  await eventually("the API server serves again", async () => {
    const current = await component(plane, "kube-apiserver");
    return current.pid !== pid && current.phase === "ready";
  });
}

/** Compacts etcd to its present revision, as it does by itself every few minutes. */
export async function compactEtcd(plane: ControlPlane): Promise<void> {
  const { pid } = await component(plane, "etcd");
  const commandLine = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  const socketPath = commandLine.map((each) => /^--client-socket=(.*)/.exec(each)?.[1]).find(Boolean) ?? "";
  const dispatcher = new Agent({ connect: { socketPath } });
  const post = async (path: string, body: unknown) => {
    const response = await request(`http://etcd${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      dispatcher,
    });
    return (await response.body.json()) as { header: { revision: string } };
  };
  const { header } = await post("/v3/kv/range", { key: "AA==" });
  await post("/v3/kv/compaction", { revision: header.revision, physical: true });
  await dispatcher.close();
}
