/** The command `sql check`: parses, validates and plans an SQL script by the runner in a local JVM. It starts no job. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { VariablesSource } from "../api/v1beta1/program.ts";
import { SQL_RUNNER_CLASS, sqlCheckJvm } from "../config/jobProgram.ts";
import { fitsLegacyConfigFile, formatLegacyConfigFile } from "../config/values/configFile.ts";
import { flattenConfiguration } from "../config/values/configTree.ts";
import { ValueError } from "../config/values/valueError.ts";
import { readManifest } from "../views/manifest.ts";
import type { TextFile } from "./inputFiles.ts";

export interface SqlCheckOptions {
  /** A Flink distribution: the folder with lib. */
  readonly flinkHome: string;
  /** Jars of connectors and functions. */
  readonly jar?: readonly string[];
  /** Folders whose files are variables. */
  readonly variables?: readonly string[];
}

export interface SqlChecked {
  /** The plan as JSON. Empty if there is an error. */
  readonly output: string;
  /** What is wrong, in one line. */
  readonly error?: string;
}

export interface SqlScript {
  name: string;
  text: string;
  variables: Record<string, unknown>;
  /** Flink's configuration, which the ids of operators depend on. */
  configuration: Record<string, unknown>;
  /** Sources in the cluster, and the image of the job: only of a manifest. */
  variablesFrom?: readonly VariablesSource[];
  image?: string;
}

const marker = "--- sql check ---";

/** Throws an error if the check cannot run: no script in the file, no Flink, no Java. */
export async function sqlCheck(
  file: TextFile,
  runner: string,
  { flinkHome, jar = [], variables = [] }: SqlCheckOptions,
): Promise<SqlChecked> {
  const script = sqlScript(file);
  await requireDistribution(flinkHome);
  const folder = await mkdtemp(join(tmpdir(), "sql-check-"));
  try {
    const own = join(folder, "variables");
    await mkdir(own);
    for (const [name, value] of Object.entries(script.variables)) {
      await writeFile(join(own, basename(name)), String(value));
    }
    const path = join(folder, basename(script.name));
    await writeFile(path, script.text);
    for (const [name, text] of Object.entries(configurationFiles(script)))
      await writeFile(join(folder, name), text);
    const folders = [...variables, own].flatMap((each) => ["--variables", each]);
    const classPath = [join(flinkHome, "lib", "*"), runner, ...jar].join(":");
    const main = [SQL_RUNNER_CLASS, "--check", "--script", path, ...folders];
    const options = [...sqlCheckJvm.quiet, "-cp", classPath, ...main];
    const { stdout, stderr } = await java(options, { FLINK_CONF_DIR: folder });
    return printedCheck(stdout, file.name, stderr);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By name: since Flink 2.0 the one, before 1.19 the other. Those between read the latter where both exist. */
export const configurationFiles = ({ configuration }: SqlScript): Readonly<Record<string, string>> => ({
  "config.yaml": JSON.stringify(configuration),
  "flink-conf.yaml": formatLegacyConfigFile(
    [...flattenConfiguration(configuration)].filter((entry) => fitsLegacyConfigFile(...entry)),
  ),
});

/** The result in what the runner has printed. Throws an error, with the end of `diagnostics`, if it has not come so far. */
export function printedCheck(printed: string, name: string, diagnostics = printed): SqlChecked {
  const [, json] = printed.split(`${marker}\n`);
  if (json === undefined) throw new Error(`the check did not run: ${diagnostics.trim().slice(-2_000)}`);
  return outcome(JSON.parse(json), name);
}

/** The script of a .sql file, or of the FlinkDeployment or FlinkSessionJob in a manifest. Throws an error without one. */
export function sqlScript({ name, text }: TextFile): SqlScript {
  if (name.endsWith(".sql")) return { name, text, variables: {}, configuration: {} };
  try {
    const { spec } = readManifest(text, ["FlinkDeployment", "FlinkSessionJob"]) as ManifestWithJob;
    const sql = spec?.job?.sql;
    if (typeof sql?.script !== "string") {
      const hint =
        sql?.scriptFrom === undefined
          ? ""
          : ", since scriptFrom is in the cluster: check its text as a .sql file";
      throw new ValueError(`spec.job.sql.script is missing${hint}`);
    }
    const parallelism = spec?.job?.parallelism;
    const configuration = {
      ...spec?.flinkConfiguration,
      ...(parallelism && { "parallelism.default": parallelism }),
    };
    return {
      name: "script",
      text: sql.script,
      variables: sql.variables ?? {},
      configuration,
      ...(sql.variablesFrom && { variablesFrom: sql.variablesFrom }),
      ...(spec?.image && { image: spec.image }),
    };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new Error(`${name}: ${error.message}`);
  }
}

interface ManifestWithJob {
  spec?: {
    image?: string;
    flinkConfiguration?: Record<string, unknown>;
    job?: {
      parallelism?: number;
      sql?: {
        script?: unknown;
        scriptFrom?: unknown;
        variables?: Record<string, unknown>;
        variablesFrom?: readonly VariablesSource[];
      };
    };
  };
}

interface Outcome {
  plan?: unknown;
  sql?: { message: string };
}

function outcome({ plan, sql }: Outcome, name: string): SqlChecked {
  if (sql === undefined) return { output: `${JSON.stringify(plan, undefined, 2)}\n` };
  return { output: "", error: `${name}: ${sql.message}` };
}

async function requireDistribution(flinkHome: string): Promise<void> {
  const names = await readdir(join(flinkHome, "lib")).catch(() => []);
  if (names.some((name) => /^flink-dist.*\.jar$/.test(name))) return;
  throw new Error(`--flink-home ${flinkHome}: holds no lib/flink-dist-*.jar`);
}

async function java(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ stdout: string; stderr: string }> {
  const { JAVA_HOME, JDK_JAVA_OPTIONS = "" } = process.env;
  const program = JAVA_HOME === undefined ? "java" : join(JAVA_HOME, "bin", "java");
  const options = [sqlCheckJvm.addOpens, JDK_JAVA_OPTIONS].join(" ");
  const child = spawn(program, args, {
    env: { ...process.env, ...env, JDK_JAVA_OPTIONS: options },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`cannot run ${program}: ${error.message}`)));
    child.once("close", resolve);
  });
  return { stdout, stderr };
}
