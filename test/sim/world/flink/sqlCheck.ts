import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import { SQL_RUNNER_CLASS } from "../../../../src/config/jobProgram.ts";
import { listAt } from "../json.ts";
import type { Exited, PodProcess } from "../kubernetes/podRun.ts";
import type { ApiServer } from "../kubernetes/server.ts";
import type { Configuration } from "./configuration.ts";
import { scriptOf, scriptProblem, withScript } from "./sqlScript.ts";

/** How long a JVM needs to plan two scripts. */
const checkMs = 3_000;

/** The process of a pod that checks an SQL script: it tells the outcome in its termination message. */
export function sqlCheckProcess(
  { clock }: Pick<ApiServer, "clock">,
  pod: KubeObject,
  files: ReadonlyMap<string, string>,
  exited: Exited,
): PodProcess {
  const cancel = clock.after(checkMs, () => {
    const { code, message } = outcomeOf(pod, files);
    exited(code, JSON.stringify(message));
  });
  return { ready: () => true, terminate: () => exited(143), kill: cancel };
}

interface Outcome {
  readonly code: number;
  readonly message: object;
}

function outcomeOf(pod: KubeObject, files: ReadonlyMap<string, string>): Outcome {
  const [container] = listAt(pod, "spec", "containers");
  return checkOutcome(((container?.args ?? []) as readonly string[]).map(String), files);
}

/** What the runner tells of a check. `jar`: that with which a session cluster has been sent the runner. */
export function checkOutcome(
  args: readonly string[],
  files: ReadonlyMap<string, string>,
  jar?: string,
): Outcome {
  const at = args.indexOf("--running");
  const next = run(at < 0 ? args : args.slice(0, at), files, jar);
  const problem = problemOf(next);
  if (problem !== undefined) return { code: 1, message: { sql: { message: problem } } };
  if (at < 0) return { code: 0, message: { checked: {} } };
  const running = run(args.slice(at + 2), files, jar);
  const unknown = problemOf(running);
  if (unknown !== undefined) return { code: 0, message: { checked: { unknown } } };
  const [before, after] = [operatorsOf(running), operatorsOf(next)];
  const without = (operators: Operator[], others: Operator[]) =>
    operators.filter((each) => !others.some((other) => JSON.stringify(each) === JSON.stringify(other)));
  return {
    code: 0,
    message: { checked: { running: without(before, after), next: without(after, before) } },
  };
}

const run = (args: readonly string[], files: ReadonlyMap<string, string>, jar?: string): Configuration =>
  withScript(
    new Map([
      ["$internal.application.main", SQL_RUNNER_CLASS],
      ["$internal.application.program-args", args.join(";")],
      ...(jar === undefined ? [] : [["pipeline.jars", jar] as const]),
    ]),
    files,
  );

const problemOf = (configuration: Configuration): string | undefined =>
  /SqlProblem: (.*)/.exec(scriptProblem(configuration) ?? "")?.[1];

interface Operator {
  readonly id: string;
  readonly description: string;
}

/** Each aggregate has state. Ids tell its place, as in Flink. */
const operatorsOf = (configuration: Configuration): Operator[] =>
  [...(scriptOf(configuration) ?? "").matchAll(/\b(?:SUM|MAX|COUNT)\(\w+\)/g)].map(([call], index) => ({
    id: String(index).padStart(32, "0"),
    description: `GroupAggregate(${call})`,
  }));
