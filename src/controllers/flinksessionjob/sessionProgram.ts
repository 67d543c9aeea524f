import { gzipSync } from "node:zlib";
import type { Submission } from "../../api/flinkFacts.ts";
import type { JobSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { type JobProgram, jobProgram, SQL_RUNNER } from "../../config/jobProgram.ts";

/**
 * The program of a session job. A script travels in the arguments, with the jar that runs it: the cluster's pods mount nothing of
 * a job. A Python program comes with an empty jar, since Flink finds its own classes.
 */
export function sessionProgram(
  job: JobSpec,
  sqlRunner: string | undefined,
): JobProgram & Pick<Submission, "ownJar"> {
  const program = jobProgram(job, "native");
  if (job.sql === undefined) return program;
  const { script = "", variables = {} } = job.sql;
  const hasVariables = Object.keys(variables).length > 0;
  return {
    entryClass: program.entryClass,
    args: [
      "--script-base64",
      packed(script),
      ...(hasVariables ? ["--variables-base64", packed(JSON.stringify(variables))] : []),
    ],
    ...(sqlRunner === undefined ? {} : { ownJar: { name: SQL_RUNNER, base64: sqlRunner } }),
  };
}

const packed = (text: string): string => gzipSync(text).toString("base64");
