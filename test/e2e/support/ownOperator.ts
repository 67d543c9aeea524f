import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { chartFolder } from "../../../scripts/chart/helm.ts";
import { imageDigest, installArguments, release, releaseNamespace } from "../../../scripts/chart/install.ts";
import { kube, types } from "./cluster.ts";
import { helm, loadedImages } from "./commands.ts";
import { createOwnedNamespace, OWN_OPERATOR_LABEL } from "./namespace.ts";

/** What the chart is installed with, besides its own values. */
interface Settings {
  readonly release: string;
  readonly namespace: string;
  /** Added to the operator's configuration. */
  readonly config: Readonly<Record<string, string>>;
  /** Absent: all. */
  readonly watchNamespaces?: readonly string[];
}

/** Installs the operator of all namespaces, but for what has one of its own. */
export const installSharedOperator = (): Promise<void> =>
  install({
    release,
    namespace: releaseNamespace,
    config: { "kubernetes.operator.label.selector": `!${OWN_OPERATOR_LABEL}` },
  });

/**
 * Installs an operator that manages these namespaces alone. Snapshots are no resources there: the operator of all
 * namespaces would see them too, whose label selector is for FlinkDeployments and FlinkSessionJobs.
 */
export async function installOwnOperator(
  namespace: string,
  watchNamespaces: readonly string[],
  config: Readonly<Record<string, string>>,
): Promise<void> {
  await createOwnedNamespace(namespace);
  await install({
    release: namespace,
    namespace,
    watchNamespaces,
    config: { ...config, "kubernetes.operator.snapshot.resource.enabled": "false" },
  });
}

export async function removeOwnOperator(namespace: string): Promise<void> {
  await helm("uninstall", namespace, "--namespace", namespace);
  await kube().delete(types.namespace, "", namespace);
}

async function install({ release, namespace, config, watchNamespaces = [] }: Settings): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "operator-values-"));
  try {
    const values = join(folder, "values.json");
    const lines = Object.entries(config).map(([key, value]) => `${key}: ${value}`);
    const text = [(await chartConfiguration()).trimEnd(), ...lines, ""].join("\n");
    await writeFile(
      values,
      JSON.stringify({ watchNamespaces, defaultConfiguration: { [CONFIGURATION]: text } }),
    );
    await helm(
      ...installArguments(imageDigest(await loadedImages()), { release, namespace, values: [values] }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

const CONFIGURATION = "flink-conf.yaml";

/** What the chart has as the operator's configuration where the user gives none. */
async function chartConfiguration(): Promise<string> {
  const values = load(await readFile(join(chartFolder, "values.yaml"), "utf8")) as {
    defaultConfiguration: Record<string, string>;
  };
  return values.defaultConfiguration[CONFIGURATION] ?? "";
}
