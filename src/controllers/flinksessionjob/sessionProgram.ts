import { gzipSync } from "node:zlib";
import type { Submission } from "../../api/flinkFacts.ts";
import type { JobSpec } from "../../api/v1beta1/flinkdeployment.ts";
import type { TextSource, VariablesSource } from "../../api/v1beta1/program.ts";
import { type JobProgram, jobProgram, SQL_RUNNER } from "../../config/jobProgram.ts";
import { deriveTextsHash } from "../../core/ids.ts";

/** Arguments that stand for the text of a ConfigMap until the request is sent: `resolveReferences` replaces them. */
const FROM = { script: "--script-from", variables: "--variables-from" } as const;

/**
 * The program of a session job. A script travels in the arguments, with the jar that runs it: the cluster's pods mount nothing of
 * a job. What it refers to is read when the request is sent, so that no decision and no status has it. A Python program comes with an empty jar, since Flink finds its own classes.
 */
export function sessionProgram(
  job: JobSpec,
  sqlRunner: string | undefined,
): JobProgram & Pick<Submission, "ownJar"> {
  const program = jobProgram(job, "native");
  if (job.sql === undefined) return program;
  const { script, scriptFrom = [], variables = {}, variablesFrom = [] } = job.sql;
  const hasVariables = Object.keys(variables).length > 0;
  return {
    entryClass: program.entryClass,
    args: [
      ...(script === undefined ? [] : ["--script-base64", packed(script)]),
      ...scriptFrom.flatMap((source) => [FROM.script, JSON.stringify(source)]),
      ...variablesFrom.flatMap((source) => [FROM.variables, JSON.stringify(source)]),
      ...(hasVariables ? ["--variables-base64", packed(JSON.stringify(variables))] : []),
    ],
    ...(sqlRunner === undefined ? {} : { ownJar: { name: SQL_RUNNER, base64: sqlRunner } }),
  };
}

/** Reads the texts of a ConfigMap. Undefined: there is none. A string: why it is not read. */
export type ReadConfigMap = (name: string) => Promise<Readonly<Record<string, string>> | string | undefined>;

export interface Resolved {
  readonly args: readonly string[];
  /** A hash of the texts that the script refers to. Undefined: it refers to none. */
  readonly texts: string | undefined;
}

/**
 * The same arguments with the texts that they refer to, as they are now. The running script of a check is compared only if its texts
 * are those that it was submitted with: `runningTexts`, if they are known.
 *
 * @throws Error that names the field, if a ConfigMap or a key of it is missing or is not read; what `read` throws.
 */
export async function resolveReferences(
  args: readonly string[],
  read: ReadConfigMap,
  runningTexts?: string,
): Promise<Resolved> {
  const known = new Map<string, ReturnType<ReadConfigMap>>();
  const readOnce: ReadConfigMap = (name) => {
    const data = known.get(name) ?? read(name);
    known.set(name, data);
    return data;
  };
  const at = args.indexOf("--running");
  if (at < 0) return resolveScript(args, readOnce);
  const { args: next, texts } = await resolveScript(args.slice(0, at), readOnce);
  return { args: [...next, ...(await resolveRunning(args.slice(at), readOnce, runningTexts))], texts };
}

async function resolveRunning(
  given: readonly string[],
  read: ReadConfigMap,
  runningTexts: string | undefined,
): Promise<readonly string[]> {
  const missing = (what: string) => [
    ...["--running", "", "--missing"],
    `the running script cannot be read: ${what}`,
  ];
  try {
    const { args, texts } = await resolveScript(given, read);
    if (texts === undefined || texts === runningTexts) return args;
    return missing(
      runningTexts === undefined
        ? "it is not known with which texts of its ConfigMaps it was submitted"
        : "its ConfigMaps were changed since it was submitted",
    );
  } catch (error) {
    if (error instanceof UnreadableText) return missing(error.what);
    throw error;
  }
}

class UnreadableText extends Error {
  readonly what: string;

  constructor(field: string, what: string) {
    super(`${field}: ${what}`);
    this.what = what;
  }
}

async function resolveScript(args: readonly string[], read: ReadConfigMap): Promise<Resolved> {
  const resolved: string[] = [];
  const texts: string[] = [];
  const seen = { [FROM.script]: 0, [FROM.variables]: 0 };
  const dataOf = async (field: string, name = "") => {
    const data = await read(name);
    if (data === undefined) throw new UnreadableText(field, `there is no ConfigMap ${name}`);
    if (typeof data === "string") throw new UnreadableText(field, data);
    return data;
  };
  for (let at = 0; at < args.length; at += 1) {
    const [option = "", value = ""] = [args[at], args[at + 1]];
    if (option === FROM.script) {
      const { name, key = "" } = (JSON.parse(value) as TextSource).configMapKeyRef ?? {};
      const field = `spec.job.sql.scriptFrom[${seen[option]++}].configMapKeyRef`;
      const text = (await dataOf(field, name))[key];
      if (text === undefined) throw new UnreadableText(field, `the ConfigMap ${name} has no key ${key}`);
      texts.push(text);
      resolved.push("--script-name", key, "--script-base64", packed(text));
    } else if (option === FROM.variables) {
      const { name } = (JSON.parse(value) as VariablesSource).configMapRef ?? {};
      const field = `spec.job.sql.variablesFrom[${seen[option]++}].configMapRef`;
      const text = JSON.stringify(await dataOf(field, name));
      texts.push(text);
      resolved.push("--variables-base64", packed(text));
    } else {
      resolved.push(option);
      continue;
    }
    at += 1;
  }
  return { args: resolved, texts: texts.length === 0 ? undefined : deriveTextsHash(texts) };
}

const packed = (text: string): string => gzipSync(text).toString("base64");
