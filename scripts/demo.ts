/**
 * From nothing to a Flink job that runs under the operator: node scripts/demo.ts [--down]
 *
 * Uses the cluster of KUBECONFIG where that is set and reachable, and starts the embedded one otherwise.
 */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import {
  definitionArguments,
  imageDigest,
  installArguments,
  release,
  releaseNamespace,
} from "./chart/install.ts";

const root = join(import.meta.dirname, "..");
const localkube = join(root, "localkube/localkube");
const namespace = "default";
const started = performance.now();

const say = (text: string) =>
  console.log(`demo ${String(Math.round((performance.now() - started) / 1000)).padStart(4)}s  ${text}`);

/** Runs a step whose progress the user sees; ends the demo where it fails. */
async function step(what: string, command: string, ...args: string[]): Promise<string> {
  if (what !== "") say(what);
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  const code = child.exitCode ?? (await new Promise((resolve) => child.once("close", resolve)));
  if (code === 0) return output.trim();
  console.log(output);
  console.error(`demo: "${[command, ...args].join(" ")}" failed`);
  process.exit(1);
}

const embedded = process.env.KUBECONFIG === undefined || process.env.KUBECONFIG === "";
const kubectlCommand = embedded ? [localkube, "kubectl"] : ["kubectl"];
const kubectl = (what: string, ...args: string[]) => {
  const [command = "", ...before] = kubectlCommand;
  return step(what, command, ...before, ...args);
};

/** Helm, on the same cluster as kubectl. */
async function helm(what: string, ...args: string[]): Promise<string> {
  const kubeconfig = embedded ? ["--kubeconfig", await step("", localkube, "kubeconfig")] : [];
  return step(what, join(root, "tools/run"), "helm", ...args, ...kubeconfig);
}

function ask(...args: string[]): string {
  const [command = "", ...before] = kubectlCommand;
  return spawnSync(command, [...before, ...args], { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
}

async function up(): Promise<void> {
  // Side by side: a build of Kubernetes takes processors, the images mostly packages from elsewhere.
  const [archives] = await Promise.all([
    bundleAndImages(),
    embedded ? step("starting the embedded Kubernetes", localkube, "up") : undefined,
    step("", join(root, "tools/run"), "--build", "helm"),
  ]);
  if (embedded) await step("loading the images into the cluster", localkube, "load", ...archives.split("\n"));
  const digest = embedded ? imageDigest(await step("", localkube, "images")) : undefined;
  if (embedded) await kubectl("", ...definitionArguments);
  await helm("installing the operator by its chart", ...installArguments(digest));
  await kubectl("", "-n", namespace, "apply", "-f", "deploy/job-rbac.yaml");
  await kubectl("applying examples/basic.yaml", "-n", namespace, "apply", "-f", "examples/basic.yaml");
  await running(Date.now() + 300_000);
}

/** Resolves to the paths of the images' archives, one a line. */
async function bundleAndImages(): Promise<string> {
  await step("bundling the operator", "npm", "run", "--silent", "bundle");
  const targets = ["operator", "flink-2.3"];
  return step("building the images", "npm", "run", "--silent", "images", "--", ...targets);
}

/** Says each new state of the job until it is RUNNING. */
async function running(deadline: number): Promise<void> {
  let last = "";
  while (Date.now() < deadline) {
    const columns = "jsonpath={.status.lifecycleState} {.status.jobStatus.state} {.status.error}";
    const state = ask("-n", namespace, "get", "flinkdeployment", "counter", "-o", columns);
    if (state !== last) say(`counter: ${state}`);
    last = state;
    if (state.startsWith("STABLE RUNNING")) return done();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  console.error(
    "demo: the job is not RUNNING after five minutes; see `kubectl describe flinkdeployment counter`",
  );
  process.exit(1);
}

function done(): void {
  const [command = ""] = kubectlCommand;
  const k = embedded ? `${command} kubectl` : "kubectl";
  console.log(`
A Flink job is RUNNING under the operator. Look at it:

  ${k} get flinkdeployment counter
  ${k} describe flinkdeployment counter
  ${k} logs deployment/counter -f                      # the JobManager
  ${k} port-forward service/counter-rest 8081          # Flink's dashboard on http://localhost:8081

Change it and see it go on where it was:

  ${k} patch flinkdeployment counter --type merge -p '{"spec":{"restartNonce":1}}'

make demo-down removes it.`);
}

async function down(): Promise<void> {
  if (embedded) {
    await step("removing the embedded Kubernetes", localkube, "down", "--purge");
    return;
  }
  await kubectl(
    "deleting the job",
    "-n",
    namespace,
    "delete",
    "--ignore-not-found",
    "-f",
    "examples/basic.yaml",
  );
  await helm(
    "uninstalling the operator",
    "uninstall",
    release,
    "--namespace",
    releaseNamespace,
    "--ignore-not-found",
  );
}

await (process.argv.includes("--down") ? down() : up());
