import { gunzipSync } from "node:zlib";
import { SQL_RUNNER, SQL_RUNNER_CLASS } from "../../../../src/config/jobProgram.ts";
import type { Configuration } from "./configuration.ts";

/** The keys under which a simulated JobManager keeps the script of its job, and why it does not run. */
const scriptKey = "sim.sql.script";
const problemKey = "sim.sql.problem";

export const scriptOf = (configuration: Configuration): string | undefined => configuration.get(scriptKey);

/** Why the runner refuses the script, as the trace of its exception. Undefined: the job runs. */
export const scriptProblem = (configuration: Configuration): string | undefined =>
  configuration.get(problemKey);

/** What the runner of SQL scripts makes of its arguments, and of the files that its pod has. Another job stays as it is. */
export function withScript(configuration: Configuration, files: ReadonlyMap<string, string>): Configuration {
  if (configuration.get("$internal.application.main") !== SQL_RUNNER_CLASS) return configuration;
  const args = (configuration.get("$internal.application.program-args") ?? "").split(";");
  const valuesOf = (option: string) => args.flatMap((arg, at) => (args[at - 1] === option ? [arg] : []));
  const script = [
    ...valuesOf("--script").map((path) => files.get(path) ?? ""),
    ...valuesOf("--script-base64").map(unpack),
  ].join("\n");
  const names = [
    ...valuesOf("--variables").flatMap((folder) => namesBelow(files, folder)),
    ...valuesOf("--variables-base64").flatMap((text) => Object.keys(JSON.parse(unpack(text)) as object)),
  ];
  const [missing] = valuesOf("--missing");
  const wrong = missing === undefined ? problemOf(script, names) : problemTrace(missing);
  const problem = hasRunner(configuration, files) ? wrong : noRunner;
  return new Map([
    ...configuration,
    [scriptKey, script],
    ...(problem === undefined ? [] : [[problemKey, problem] as const]),
  ]);
}

const unpack = (base64: string): string => gunzipSync(Buffer.from(base64, "base64")).toString();

const namesBelow = (files: ReadonlyMap<string, string>, folder: string): string[] =>
  [...files.keys()]
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1));

const noRunner = `java.lang.ClassNotFoundException: ${SQL_RUNNER_CLASS}`;

/** A session cluster has been sent the jar. */
const hasRunner = (configuration: Configuration, files: ReadonlyMap<string, string>): boolean =>
  configuration.get("pipeline.jars")?.startsWith("local:") === false ||
  [...files.keys()].some((path) => path.endsWith(`/${SQL_RUNNER}`));

/** The only statements of the simulation are INSERTs; a word that is none, and a variable without a value, are problems. */
function problemOf(script: string, names: readonly string[]): string | undefined {
  const misspelt = /INSRT/.exec(script);
  if (misspelt !== null)
    return sqlProblem(script, misspelt.index, "Non-query expression encountered in illegal context");
  for (const { index, 1: name = "" } of script.matchAll(/\$\{([^}]*)\}/g))
    if (!names.includes(name)) return sqlProblem(script, index, `Unknown variable '${name}'`);
  return undefined;
}

function sqlProblem(script: string, index: number, message: string): string {
  const before = script.slice(0, index).split("\n");
  const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  return problemTrace(`${where}: ${message}`);
}

const problemTrace = (problem: string): string =>
  "org.apache.flink.client.program.ProgramInvocationException: The main method caused an error\n\tat org.example.Main\n" +
  `Caused by: flink.operator.sql.SqlProblem: sql: ${problem}\n\tat flink.operator.sql.SqlJob.main`;
