import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

export const root = join(import.meta.dirname, "../../..");
export const localkube = join(root, "localkube/localkube");
const run = promisify(execFile);

/** Runs a command of this repository whose progress the developer sees; resolves to its standard output. */
export async function step(what: string, command: string, ...args: string[]): Promise<string> {
  const started = performance.now();
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  const code = child.exitCode ?? (await new Promise((resolve) => child.once("close", resolve)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`e2e: ${what} (${seconds} s)`);
  if (code !== 0) throw new Error(`"${[command, ...args].join(" ")}" failed\n${output}`);
  return output.trim();
}

export const localkubeStep = (what: string, ...args: string[]): Promise<string> =>
  step(what, localkube, ...args);

/** kubectl, as the user would call it, on the embedded cluster. */
export async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run(localkube, ["kubectl", ...args], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Helm on the embedded cluster; rejects with what it says. */
export async function helm(...args: string[]): Promise<string> {
  const onCluster = ["--kubeconfig", await kubeconfigPath()];
  const { stdout } = await run(join(root, "tools/run"), ["helm", ...args, ...onCluster], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

interface ClusterState {
  name: string;
  running: boolean;
}

/** Whether the embedded cluster runs. */
export async function isUp(): Promise<boolean> {
  const { stdout } = await run(localkube, ["status", "-o", "json"]);
  const clusters = JSON.parse(stdout) as ClusterState[];
  return clusters.some(({ name, running }) => name === "localkube" && running);
}

export async function kubeconfigPath(): Promise<string> {
  return (await run(localkube, ["kubeconfig"])).stdout.trim();
}

/** One line an image that the cluster has: name and digest. */
export async function loadedImages(): Promise<string> {
  return (await run(localkube, ["images"])).stdout;
}
