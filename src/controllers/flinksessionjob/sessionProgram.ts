import { gzipSync } from "node:zlib";
import type { Submission } from "../../api/flinkFacts.ts";
import type { JobSpec } from "../../api/v1beta1/flinkdeployment.ts";
import type { TextSource, VariablesSource } from "../../api/v1beta1/program.ts";
import { type JobProgram, jobProgram, SQL_RUNNER } from "../../config/jobProgram.ts";

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

/** Reads the data of a ConfigMap. Undefined: there is none. */
export type ReadConfigMap = (name: string) => Promise<Readonly<Record<string, string>> | undefined>;

/**
 * The same arguments with the texts that they refer to, as they are now. Where the running script refers to what is gone, the runner
 * compares nothing.
 *
 * @throws Error that names the field, if a ConfigMap or a key of it is missing; what `read` throws.
 */
export async function resolveReferences(args: readonly string[], read: ReadConfigMap): Promise<string[]> {
  const resolved: string[] = [];
  const seen = { [FROM.script]: 0, [FROM.variables]: 0 };
  let isRunning = false;
  const missing = (field: string, what: string) => {
    if (!isRunning) throw new Error(`${field}: ${what}`);
    resolved.push("--missing", `the running script cannot be read: ${what}`);
  };
  for (let at = 0; at < args.length; at += 1) {
    const [option = "", value = ""] = [args[at], args[at + 1]];
    isRunning ||= option === "--running";
    if (option === FROM.script) {
      const source = JSON.parse(value) as TextSource;
      const { name = "", key = "" } = source.configMapKeyRef ?? {};
      const field = `spec.job.sql.scriptFrom[${seen[option]++}].configMapKeyRef`;
      const data = await read(name);
      const text = data?.[key];
      if (data === undefined) missing(field, `there is no ConfigMap ${name}`);
      else if (text === undefined) missing(field, `the ConfigMap ${name} has no key ${key}`);
      else resolved.push("--script-name", key, "--script-base64", packed(text));
    } else if (option === FROM.variables) {
      const { name = "" } = (JSON.parse(value) as VariablesSource).configMapRef ?? {};
      const field = `spec.job.sql.variablesFrom[${seen[option]++}].configMapRef`;
      const data = await read(name);
      if (data === undefined) missing(field, `there is no ConfigMap ${name}`);
      else resolved.push("--variables-base64", packed(JSON.stringify(data)));
    } else {
      resolved.push(option);
      continue;
    }
    at += 1;
  }
  return resolved;
}

const packed = (text: string): string => gzipSync(text).toString("base64");
