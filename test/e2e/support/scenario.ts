import { test } from "vitest";
import { MAIN_CONTAINER } from "../../../src/api/v1beta1/names.ts";
import { type Application, application } from "./application.ts";
import { kube, types } from "./cluster.ts";
import { kubectl } from "./commands.ts";
import { aCounter, type SpecPatch } from "./counter.ts";
import { type History, recordHistory } from "./history.ts";
import { createNamespace, type ScenarioNamespace } from "./namespace.ts";
import { operatorDeployment, operatorNamespace } from "./operator.ts";
import { type Flink, versionsNow } from "./versions.ts";

/** What a scenario runs with. */
export interface Context {
  readonly flink: Flink;
  readonly namespace: ScenarioNamespace;
  readonly history: History;
  /** Prints what happens now. */
  step(what: string): void;
  /** Applies a FlinkDeployment of the sample job. */
  apply(change?: SpecPatch, name?: string): Promise<Application>;
}

/**
 * One scenario of a user, on the Flink version whose turn it is (`versions` names others). Scenarios of one file may run side
 * by side, each in a namespace of its own; what is needed to understand a failure is printed with it.
 */
export function scenario(
  title: string,
  prefix: string,
  steps: (context: Context) => Promise<void>,
  versions: readonly Flink[] = versionsNow(title),
): void {
  for (const flink of versions) {
    test.concurrent(`${title} (Flink ${flink.version})`, () => run(title, prefix, flink, steps));
  }
}

async function run(
  title: string,
  prefix: string,
  flink: Flink,
  steps: (context: Context) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const say = (what: string) => {
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${String(seconds).padStart(4)}s  Flink ${flink.version}  ${title}: ${what}`);
  };
  const namespace = await createNamespace(`${prefix}-${flink.flinkVersion.replace("_", "")}`);
  const history = recordHistory(namespace.name);
  const context: Context = {
    flink,
    namespace,
    history,
    step: say,
    async apply(change = {}, name = "counter") {
      await kube().create(types.flinkDeployment, {
        ...withNamespace(aCounter(flink, namespace.directory, { name, change }), namespace.name),
      });
      return application(namespace, name);
    },
  };
  try {
    await steps(context);
    say("passed");
    if (process.env.E2E_TIMELINE === "true") console.log(history.timeline());
  } catch (error) {
    // Of one that runs again, nobody else keeps what was wrong.
    say(`FAILED: ${error instanceof Error ? error.stack : String(error)}`);
    console.log(await circumstances(namespace.name, history));
    throw error;
  } finally {
    await history.stop();
    if (process.env.E2E_KEEP !== "true") await namespace.remove();
  }
}

const withNamespace = <T extends { metadata: { name: string } }>(object: T, namespace: string) => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});

/** What happened, and the ends of the logs that may say why. */
async function circumstances(namespace: string, history: History): Promise<string> {
  const ask = (...args: string[]) => kubectl(...args).catch((error: unknown) => String(error));
  const parts: [string, string][] = [
    [`history of ${namespace}`, history.timeline()],
    ["pods", await ask("-n", namespace, "get", "pods", "-o", "wide")],
    [
      "JobManagers",
      await ask("-n", namespace, "logs", "-l", "component=jobmanager", "-c", MAIN_CONTAINER, "--tail=100"),
    ],
    ["operator", await ask("-n", operatorNamespace, "logs", `deployment/${operatorDeployment}`, "--tail=40")],
  ];
  return parts.map(([title, text]) => `── ${title}\n${text}`).join("\n");
}
