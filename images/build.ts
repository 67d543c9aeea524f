/**
 * Builds the images without a Docker engine: node images/build.ts TARGET... [--bundle FOLDER]
 *
 * Progress goes to standard error. Standard output has one line per target: the path of its archive.
 */
import { parseArgs } from "node:util";
import { type Product, stablePath } from "./cache.ts";
import { flinkArchive, flinkPythonArchive } from "./flink.ts";
import { counterJar } from "./job.ts";
import { operatorArchive } from "./operator.ts";
import { logProgress } from "./progress.ts";
import { sqlRunnerJar } from "./sqlRunner.ts";
import { flinkImage, flinkReleases, operatorImage, pythonImage } from "./versions.ts";

const flinkTargets = flinkReleases.map(({ minor }) => `flink-${minor}`);
const pythonTargets = flinkReleases.map(({ minor }) => `flink-python-${minor}`);

const usage = `Usage: node images/build.ts TARGET... [--bundle FOLDER]

Targets:
  ${["operator", ...flinkTargets, ...pythonTargets].join(", ")}
             an image each, as an archive for localkube or "ctr images import"
  flink      every Flink image, but for those with Python
  job        the sample job's jar
  sql-runner the jar that runs SQL scripts

  --bundle   the operator's bundle: a folder with an operator.mjs (default: dist/operator)

An archive has a name with a hash of all it is made of; beside it, a link without the hash follows the newest.
Cache: FLINK_OPERATOR_CACHE, or flink-kubernetes-operator below XDG_CACHE_HOME or ~/.cache`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      bundle: { type: "string", default: "dist/operator" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const targets = positionals.flatMap((target) => (target === "flink" ? flinkTargets : [target]));
  const unknown = targets.find(
    (target) => !["operator", "job", "sql-runner", ...flinkTargets, ...pythonTargets].includes(target),
  );
  if (values.help || targets.length === 0 || unknown !== undefined) {
    if (unknown !== undefined) console.error(`Unknown target ${unknown}\n`);
    console.error(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  // Side by side: most of it waits for packages from elsewhere.
  for (const path of await Promise.all(targets.map((target) => build(target, values.bundle)))) {
    console.log(path);
  }
}

async function build(target: string, bundle: string): Promise<string> {
  if (target === "job") return counterJar();
  if (target === "sql-runner") return sqlRunnerJar();
  if (target === "operator") return announce(operatorImage, await operatorArchive(bundle));
  const release = flinkReleases.find(({ minor }) => target.endsWith(`-${minor}`));
  if (release === undefined) throw new Error(`no such target: ${target}`);
  const { minor } = release;
  return pythonTargets.includes(target)
    ? announce(pythonImage(minor), await flinkPythonArchive(release))
    : announce(flinkImage(minor), await flinkArchive(release));
}

function announce(ref: string, product: Product & { path: string }): string {
  logProgress(`${ref} is in ${stablePath(product)}`);
  return product.path;
}

try {
  await main();
} catch (error) {
  logProgress(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
