import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../../images/command.ts";
import { flinkDistribution } from "../../../images/distribution.ts";
import { javaJar } from "../../../images/javaJar.ts";
import { sqlRunnerJar } from "../../../images/sqlRunner.ts";
import type { FlinkRelease } from "../../../images/versions.ts";

/** Runs many scripts by the SQL runner in one process, since starting one takes seconds. */

export interface Script {
  /** One text, or the texts of several files. */
  sql: string | string[];
  variables?: Record<string, string>;
  /** Without it, the script is only checked. */
  job?: boolean;
  options?: string[];
  /** The script of the running job, which it is compared with. `missing`: its files are gone. */
  running?: { sql: string; variables?: Record<string, string>; missing?: true };
}

export interface Problem {
  /** The whole sentence, with the place. */
  message: string;
  file?: string;
  line?: number;
  column?: number;
}

export interface Outcome {
  thrown?: string;
  caused?: boolean;
  printed: string;
  problem?: Problem;
  /** The comparison in the termination message. */
  compared?: {
    running?: { id: string; description: string }[];
    next?: { id: string; description: string }[];
    left?: number;
    unknown?: string;
  };
  /** The JSON between the markers. */
  checked: unknown;
  plan?: {
    flink: string;
    statements: { line: number; file?: string; kind: string; validated?: boolean }[];
    sinks: string[];
    operators: { id: string; name: string; stateful: boolean; description: string }[];
  };
}

const runners = join(import.meta.dirname, "..", "..", "..", "runners", "sql");

/** The id of each job, as the operator fixes it. */
export const jobId = "00000000000000000000000000005a1e";

/** Returns the outcome of each script, and all that the process printed. */
export async function runMany(
  release: FlinkRelease,
  scripts: Record<string, Script>,
): Promise<{ outcomes: Record<string, Outcome>; everything: string }> {
  const folder = await mkdtemp(join(tmpdir(), "sql-runner-"));
  const calls = await Promise.all(
    Object.values(scripts).map((script, index) => argumentsOf(script, join(folder, String(index)))),
  );
  const output = await runAll(await flinkDistribution(release), folder, calls);
  const results: (Omit<Outcome, "problem"> & { problem?: string })[] = JSON.parse(
    await readFile(join(folder, "outcomes"), "utf8"),
  );
  const names = Object.keys(scripts);
  const outcomes = results.map(({ problem, ...result }, index): [string, Outcome] => {
    const [, json] = result.printed.split("--- sql check ---\n");
    const checked = json === undefined ? {} : JSON.parse(json);
    const message = problem === undefined ? {} : JSON.parse(problem);
    const told = {
      ...(message.sql && { problem: message.sql }),
      ...(message.checked && { compared: message.checked }),
    };
    return [names[index] ?? "", { ...result, ...told, checked, ...(checked.plan && { plan: checked.plan }) }];
  });
  return { outcomes: Object.fromEntries(outcomes), everything: output + JSON.stringify(results) };
}

async function argumentsOf(script: Script, folder: string): Promise<string[]> {
  const args = await argumentsOfScript(script, folder);
  const { running } = script;
  if (running === undefined) return args;
  const own = join(folder, "running");
  const { missing, ...before } = running;
  const [, ...options] = await argumentsOfScript(before, own);
  if (missing) await rm(join(own, "a.sql"));
  // The same configuration.
  return [...args, "--running", dirname(folder), ...options];
}

async function argumentsOfScript(script: Script, folder: string): Promise<string[]> {
  const variables = join(folder, "variables");
  await mkdir(join(variables, "..data"), { recursive: true });
  await writeFile(join(variables, ".hidden"), "not a variable");
  for (const [name, value] of Object.entries(script.variables ?? {}))
    await writeFile(join(variables, name), value);
  const args = [...(script.job ? [] : ["--check"]), "--variables", variables, ...(script.options ?? [])];
  const texts = [script.sql].flat();
  for (const [index, text] of texts.entries()) {
    const file = join(folder, `${"abc"[index]}.sql`);
    await writeFile(file, text);
    args.push("--script", file);
  }
  return args;
}

/** The process ends when the job, which runs in it, has ended. */
async function runAll(flinkHome: string, folder: string, calls: string[][]): Promise<string> {
  const runner = await sqlRunnerJar();
  const tests = await javaJar({
    name: "flink-sql-runner-test",
    sources: join(runners, "test", "java"),
    mainClass: "flink.operator.sql.test.RunMany",
    javaRelease: "8",
    libraries: [runner],
  });
  await writeFile(join(folder, "calls"), JSON.stringify(calls));
  await writeFile(join(folder, "config.yaml"), `$internal.pipeline.job-id: ${jobId}\n`);
  await writeFile(
    join(folder, "log4j.properties"),
    `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %m%n
`,
  );
  const classPath = [join(flinkHome, "lib", "*"), runner, tests, join(runners, "test", "resources")].join(
    ":",
  );
  const opened = ["java.util", "java.lang"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);
  const options = [
    "-Xmx768m",
    "-XX:TieredStopAtLevel=1",
    `-Dlog4j.configurationFile=${join(folder, "log4j.properties")}`,
  ];
  const main = ["flink.operator.sql.test.RunMany", join(folder, "calls"), join(folder, "outcomes")];
  return run(
    "bash",
    ["-c", 'exec java "$@" 2>&1', "java", ...opened, ...options, "-cp", classPath, ...main],
    {
      env: { FLINK_CONF_DIR: folder, SQL_PROBLEM_FILE: join(folder, "problem") },
    },
  );
}
