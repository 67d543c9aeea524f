import { parseArgs } from "node:util";

/** What is measured, in the order in which it runs. Only creation is necessary for those after it. */
export const phases = ["bare", "creation", "rest", "edits", "hung", "restart", "deletion"] as const;
export type Phase = (typeof phases)[number];

/** How the bench is called. */
export interface Options {
  /** Numbers of resources, each measured on a control plane of its own. */
  readonly sizes: readonly number[];
  readonly phases: ReadonlySet<Phase>;
  /** The page that is written from all results. Undefined: none. */
  readonly output: string | undefined;
  /** The folder of the results, one JSON file for each size. */
  readonly results: string;
  /** Seconds that the operator is watched at rest. */
  readonly restSeconds: number;
  /** All jobs are autoscaled. */
  readonly isAutoscaled: boolean;
  /** A shell command instead of the operator of this tree. */
  readonly operatorCommand: string | undefined;
  /** Answers 200 once that operator has read everything. */
  readonly healthUrl: string | undefined;
}

/** A mistake of the caller. */
export class UsageError extends Error {}

export const usage = `npm run capacity -- [options]
  --resources 100,1000        numbers of FlinkDeployments (100)
  --phases bare,creation,...  of ${phases.join(", ")} (all)
  --output docs/capacity.md   writes the page from all results
  --results FOLDER            where the results are (test/capacity/results)
  --rest-seconds 60           how long the operator is watched at rest
  --autoscaled                all jobs are autoscaled, and their load is measured often
  --operator-command COMMAND  measures another operator, with --health-url URL`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const command = values["operator-command"];
  const healthUrl = values["health-url"];
  if ((command === undefined) !== (healthUrl === undefined)) {
    throw new UsageError("--operator-command and --health-url belong together");
  }
  return {
    sizes: values.resources.split(",").map((text) => positive("--resources", text)),
    phases: readPhases(values.phases),
    output: values.output,
    results: values.results,
    restSeconds: positive("--rest-seconds", values["rest-seconds"]),
    isAutoscaled: values.autoscaled,
    operatorCommand: command,
    healthUrl,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        resources: { type: "string", default: "100" },
        phases: { type: "string", default: phases.join(",") },
        output: { type: "string" },
        results: { type: "string", default: "test/capacity/results" },
        "rest-seconds": { type: "string", default: "60" },
        autoscaled: { type: "boolean", default: false },
        "operator-command": { type: "string" },
        "health-url": { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function positive(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`${option}: "${text}" is no positive number`);
  return Number(text);
}

function readPhases(text: string): ReadonlySet<Phase> {
  const given = text.split(",");
  const unknown = given.find((name) => !phases.some((phase) => phase === name));
  if (unknown !== undefined) throw new UsageError(`--phases: there is no phase "${unknown}"`);
  return new Set(phases.filter((phase) => phase === "creation" || given.includes(phase)));
}
