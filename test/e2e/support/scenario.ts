import { test } from "vitest";
import { MAIN_CONTAINER } from "../../../src/api/v1beta1/names.ts";
import { type Application, application } from "./application.ts";
import { kube, types } from "./cluster.ts";
import { kubectl } from "./commands.ts";
import { aCounter, type SpecPatch } from "./counter.ts";
import { type History, recordHistory } from "./history.ts";
import { createNamespace, OWN_OPERATOR_LABEL, type ScenarioNamespace } from "./namespace.ts";
import { operatorNamespace, operatorPodLabels } from "./operator.ts";
import { installOwnOperator, removeOwnOperator } from "./ownOperator.ts";
import { type Flink, versionsNow } from "./versions.ts";

/** What a scenario runs with. */
export interface Context {
  readonly flink: Flink;
  readonly namespace: ScenarioNamespace;
  /** The second namespace, where the scenario has one. */
  readonly otherNamespace: ScenarioNamespace;
  /** The namespace of the operator that manages them. */
  readonly operatorNamespace: string;
  readonly history: History;
  /** Prints what happens now. */
  step(what: string): void;
  /** Applies a FlinkDeployment of the sample job. */
  apply(change?: SpecPatch, name?: string): Promise<Application>;
}

interface Options {
  /** Absent: the one whose turn it is. None: it is not its turn. */
  readonly versions?: readonly Flink[];
  /** Runs on one of so many commits. Absent: on each. */
  readonly turns?: number;
  /** Starts the name of a second namespace. */
  readonly otherPrefix?: string;
  /** The scenario has an operator of its own, with this added to its configuration. */
  readonly ownOperator?: () => Readonly<Record<string, string>>;
  /** The certificate of an authority that its own operator trusts, in PEM format. */
  readonly trusted?: string;
}

/**
 * One scenario of a user. Scenarios run side by side, each in a namespace of its own; what is needed to understand a failure
 * is printed with it.
 */
export function scenario(
  title: string,
  prefix: string,
  steps: (context: Context) => Promise<void>,
  options: Options = {},
): void {
  for (const flink of options.versions ?? versionsNow(title, options.turns)) {
    test.concurrent(`${title} (Flink ${flink.version})`, () => run(title, prefix, flink, steps, options));
  }
}

async function run(
  title: string,
  prefix: string,
  flink: Flink,
  steps: (context: Context) => Promise<void>,
  { otherPrefix, ownOperator, trusted }: Options,
): Promise<void> {
  const started = performance.now();
  const step = (what: string) => {
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${String(seconds).padStart(4)}s  Flink ${flink.version}  ${title}: ${what}`);
  };
  const labels = ownOperator === undefined ? {} : { [OWN_OPERATOR_LABEL]: "true" };
  const namespace = await createNamespace(`${prefix}-${flink.flinkVersion.replace("_", "")}`, labels);
  const other = otherPrefix === undefined ? undefined : await createNamespace(otherPrefix, labels);
  const namespaces = [namespace, ...(other === undefined ? [] : [other])];
  const operator = ownOperator === undefined ? operatorNamespace : `${namespace.name}-operator`;
  const history = recordHistory(namespace.name);
  const context: Context = {
    flink,
    namespace,
    get otherNamespace() {
      if (other === undefined) throw new Error("this scenario has one namespace");
      return other;
    },
    operatorNamespace: operator,
    history,
    step,
    async apply(change = {}, name = "counter") {
      const resource = aCounter(flink, namespace.directory, { name, change });
      await kube().create(types.flinkDeployment, {
        ...resource,
        metadata: { ...resource.metadata, namespace: namespace.name, labels: namespace.labels },
      });
      return application(namespace, name);
    },
  };
  try {
    if (ownOperator !== undefined) {
      await installOwnOperator(
        operator,
        namespaces.map(({ name }) => name),
        ownOperator(),
        trusted,
      );
    }
    await steps(context);
    step("passed");
    if (process.env.E2E_TIMELINE === "true") console.log(history.timeline());
  } catch (error) {
    // Of one that runs again, nobody else keeps what was wrong.
    step(`FAILED: ${error instanceof Error ? error.stack : String(error)}`);
    console.log(await circumstances(namespace.name, operator, history));
    throw error;
  } finally {
    await history.stop();
    if (process.env.E2E_KEEP !== "true") {
      for (const each of namespaces) await each.remove();
      if (ownOperator !== undefined) await removeOwnOperator(operator);
    }
  }
}

/** What happened, and the ends of the logs that may say why. */
async function circumstances(namespace: string, operator: string, history: History): Promise<string> {
  const ask = (...args: string[]) => kubectl(...args).catch((error: unknown) => String(error));
  const parts: [string, string][] = [
    [`history of ${namespace}`, history.timeline()],
    ["pods", await ask("-n", namespace, "get", "pods", "-o", "wide")],
    [
      "JobManagers",
      await ask("-n", namespace, "logs", "-l", "component=jobmanager", "-c", MAIN_CONTAINER, "--tail=100"),
    ],
    ["operator", await ask("-n", operator, "logs", "-l", operatorPodLabels, "--tail=40")],
  ];
  return parts.map(([title, text]) => `── ${title}\n${text}`).join("\n");
}
