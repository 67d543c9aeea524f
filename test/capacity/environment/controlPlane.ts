import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const localkube = join(import.meta.dirname, "../../../localkube/localkube");
const run = promisify(execFile);
/** The bench's own, beside which any other cluster of this machine may run. */
const name = "capacity";
/** It refuses addresses of 127.0.0.0/8, and would try again and again. */
const controllers = "*,-endpoints-controller,-endpointslice-controller,-endpointslice-mirroring-controller";

/** etcd, kube-apiserver and kube-controller-manager, with a log of all requests of service accounts. */
export interface ControlPlane {
  /** Path of a kubeconfig with all permissions. */
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly apiServerPid: number;
}

/** From nothing. The first time on a machine this builds it, which takes about ten minutes. */
export async function startControlPlane(): Promise<ControlPlane> {
  await stopControlPlane();
  const starting = run(localkube, [
    ...["up", "--control-plane", "--name", name, "-o", "json"],
    ...["--audit", "--controllers", controllers],
  ]);
  // It reports its progress there.
  starting.child.stderr?.pipe(process.stderr);
  const { kubeconfig } = JSON.parse((await starting).stdout) as { kubeconfig: string };
  return {
    kubeconfig,
    auditLog: join(dirname(kubeconfig), "logs/audit.log"),
    apiServerPid: await pidOf("kube-apiserver"),
  };
}

export async function stopControlPlane(): Promise<void> {
  await run(localkube, ["down", "--name", name, "--purge"]);
}

interface Cluster {
  readonly name: string;
  readonly components?: readonly { readonly name: string; readonly pid: number }[];
}

async function pidOf(component: string): Promise<number> {
  const clusters = JSON.parse((await run(localkube, ["status", "-o", "json"])).stdout) as Cluster[];
  const found = clusters
    .find((cluster) => cluster.name === name)
    ?.components?.find((each) => each.name === component);
  if (found === undefined) throw new Error(`the control plane has no ${component}`);
  return found.pid;
}

/** Returns what kubectl prints. */
export async function kubectl(args: readonly string[], input = ""): Promise<string> {
  const running = run(localkube, ["kubectl", ...args], {
    env: { ...process.env, LOCALKUBE_NAME: name },
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
