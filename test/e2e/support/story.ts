import { test } from "vitest";
import { MAIN_CONTAINER } from "../../../src/api/v1beta1/names.ts";
import { type Application, application } from "./application.ts";
import { kube, types } from "./cluster.ts";
import { kubectl } from "./commands.ts";
import { aCounter, type SpecPatch } from "./counter.ts";
import { type History, recordHistory } from "./history.ts";
import { createNamespace, type StoryNamespace } from "./namespace.ts";
import { operatorDeployment, operatorNamespace } from "./operator.ts";
import { defaultVersions, type Flink } from "./versions.ts";

/** What a story is told with. */
export interface Told {
  readonly flink: Flink;
  readonly namespace: StoryNamespace;
  readonly history: History;
  /** Says what happens now. */
  step(what: string): void;
  /** Applies a FlinkDeployment of the sample job. */
  apply(change?: SpecPatch, name?: string): Promise<Application>;
}

/**
 * One story of a user, on each of the versions. Stories of one file may run side by side, each in a namespace of its
 * own; what is needed to understand a failure is printed with it.
 */
export function story(
  title: string,
  prefix: string,
  tell: (told: Told) => Promise<void>,
  versions: readonly Flink[] = defaultVersions,
): void {
  for (const flink of versions) {
    test.concurrent(`${title} (Flink ${flink.version})`, () => run(title, prefix, flink, tell));
  }
}

async function run(
  title: string,
  prefix: string,
  flink: Flink,
  tell: (told: Told) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const say = (what: string) => {
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${String(seconds).padStart(4)}s  Flink ${flink.version}  ${title}: ${what}`);
  };
  const namespace = await createNamespace(`${prefix}-${flink.flinkVersion.replace("_", "")}`);
  const history = recordHistory(namespace.name);
  const told: Told = {
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
    await tell(told);
    say("as it should be");
    if (process.env.E2E_TIMELINE === "true") console.log(history.timeline());
  } catch (error) {
    // Of one that is told again, nobody else keeps what was wrong.
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

/** What happened, and the ends of the logs that may tell why. */
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
