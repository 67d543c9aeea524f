/** Why a Python program failed: it is in no exception of Flink's, only in the JobManager's log. */
import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import type { Facts, LogSource } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { isFailedMain, jobOf } from "./observeJob.ts";

/** The beginning of each of these messages. */
export const PYTHON = "python: ";

const isReported = ({ error }: FlinkResourceStatus): boolean => error?.includes(`"${PYTHON}`) === true;

/** Flink's driver has run the program, which failed. */
export const isPythonExit = (stackTrace: string): boolean =>
  /Python process exits with code/.test(stackTrace);

/** The log of the JobManager that ran the program; undefined for any other job, and once it is reported. */
export function failedPythonLog(status: FlinkResourceStatus, facts: Facts): LogSource | undefined {
  const { jobId } = status.jobStatus ?? {};
  const { flink } = facts;
  const failure = flink?.jobResult?.jobId === jobId ? flink?.jobResult?.result?.failure : undefined;
  if (isReported(status) || failure === undefined || !isPythonExit(failure.stackTrace)) return undefined;
  if (facts.session !== undefined || !isFailedMain(jobOf(facts, jobId))) return undefined;
  const pod = facts.jobManagerPods.find(({ ready, deleting }) => ready && !deleting);
  return pod && { pod: pod.name, container: MAIN_CONTAINER, restartCount: undefined };
}

/** What to report of a program that failed; undefined if it is reported, or its log is not read yet. */
export function pythonProblem(status: FlinkResourceStatus, facts: Facts): string | undefined {
  const requested = failedPythonLog(status, facts);
  const log = facts.podLog;
  if (requested === undefined || log?.pod !== requested.pod || log.restartCount !== undefined)
    return undefined;
  return `${PYTHON}${tracebackIn(log.text) ?? "the program failed, and its log does not say why"}`;
}

/** Flink's driver logs each line of the output of the program, beside the line itself. */
const driverLine = /\bINFO\b.*PythonDriver\s.*? - (.*)$/;
const traceback = "Traceback (most recent call last):";
const frame = /^\s+File "([^"]+)", line (\d+)/;

/** The exception of the last traceback and where it comes from, on one line: "job.py, line 2: ValueError: no topic". */
export function tracebackIn(log: string): string | undefined {
  const lines = log.split("\n").flatMap((line) => driverLine.exec(line)?.[1] ?? []);
  const start = lines.lastIndexOf(traceback);
  if (start < 0) return lines.map(hintOf).find((hint) => hint !== undefined);
  const rest = lines.slice(start + 1);
  // The lines of a traceback are indented, up to the exception.
  const end = rest.findIndex((line) => /^\S/.test(line));
  if (end < 0) return undefined;
  const [exception = ""] = rest.slice(end);
  const frames = rest.slice(0, end).flatMap((line) => {
    const [, file, number] = frame.exec(line) ?? [];
    return file === undefined ? [] : [{ file, number }];
  });
  const own =
    frames.findLast(({ file }) => !/\/(site|dist)-packages\/|\/lib\/python/.test(file)) ?? frames.at(-1);
  const where = own === undefined ? "" : `${own.file.replace(/^.*\//, "")}, line ${own.number}: `;
  const hint = hintOf(exception);
  return `${where}${exception.slice(0, 1_000)}${hint === undefined ? "" : ` (${hint})`}`;
}

/** What would be right, for the mistakes in images that a message does not explain. */
export function hintOf(text: string): string | undefined {
  if (/No module named '?pyflink\b/.test(text))
    return "the interpreter has no PyFlink: the image needs the package apache-flink of Flink's own version, for JobManager and TaskManagers";
  if (/Cannot run program "[^"]*python|python[\d.]*: (command )?not found/.test(text))
    return "the image has no such interpreter: use one with Python and PyFlink, and name the interpreter in spec.job.python.executable";
  return undefined;
}
