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
  /** The name of a ConfigMap with a certificate that the operator trusts, in the key `ca.crt`. */
  readonly authority?: string;
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
 *
 * @param trusted The certificate of an authority that the operator trusts, in PEM format.
 */
export async function installOwnOperator(
  namespace: string,
  watchNamespaces: readonly string[],
  config: Readonly<Record<string, string>>,
  trusted?: string,
): Promise<void> {
  await createOwnedNamespace(namespace);
  const authority = "authority";
  if (trusted !== undefined)
    await kube().create(types.configMap, {
      metadata: { name: authority, namespace },
      data: { "ca.crt": trusted },
    });
  await install({
    release: namespace,
    namespace,
    watchNamespaces,
    ...(trusted === undefined ? {} : { authority }),
    config: { ...config, "kubernetes.operator.snapshot.resource.enabled": "false" },
  });
}

export async function removeOwnOperator(namespace: string): Promise<void> {
  await helm("uninstall", namespace, "--namespace", namespace);
  await kube().delete(types.namespace, "", namespace);
}

/** The values with which an operator trusts the authority whose certificate a ConfigMap has (docs/artifacts.md). */
const trusting = (name: string) => ({
  operatorPod: { env: [{ name: "NODE_EXTRA_CA_CERTS", value: `/${name}/ca.crt` }] },
  operatorVolumes: { create: true, data: [{ name, configMap: { name } }] },
  operatorVolumeMounts: { create: true, data: [{ name, mountPath: `/${name}` }] },
});

async function install(settings: Settings): Promise<void> {
  const { release, namespace, config, authority, watchNamespaces = [] } = settings;
  const folder = await mkdtemp(join(tmpdir(), "operator-values-"));
  try {
    const values = join(folder, "values.json");
    const lines = Object.entries(config).map(([key, value]) => `${key}: ${value}`);
    const text = [(await chartConfiguration()).trimEnd(), ...lines, ""].join("\n");
    await writeFile(
      values,
      JSON.stringify({
        watchNamespaces,
        defaultConfiguration: { [CONFIGURATION]: text },
        ...(authority === undefined ? {} : trusting(authority)),
      }),
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
