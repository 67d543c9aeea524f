import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load, loadAll } from "js-yaml";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { readConfigFiles } from "../../../src/config/configFiles.ts";
import { type FlinkConfig, flinkConfig } from "../../../src/config/flinkConfig.ts";
import type { KubeApi } from "../../../src/kube/api.ts";
import { until } from "../deadline.ts";
import { kubectl } from "./controlPlane.ts";
import { flinkDeployment, namespaces } from "./resource.ts";

const root = join(import.meta.dirname, "../../..");
const definitions = join(root, "charts/flink-kubernetes-operator/crds");
const account = "flink-operator";

/** The user of the operator, as the API server knows it. */
export const operatorUser = `system:serviceaccount:${namespaces.operator}:${account}`;

/** What the plain manifests, which are made from the chart, have. */
const manifests = (): KubeObject[] =>
  loadAll(readFileSync(join(root, "deploy/operator.yaml"), "utf8")) as KubeObject[];

/** The files of the chart's configuration by name. */
function configurationFiles(): Readonly<Record<string, string>> {
  const map = manifests().find(({ kind }) => kind === "ConfigMap");
  return (map?.data ?? {}) as Record<string, string>;
}

/** The operator's configuration with the defaults of the chart. */
export const chartConfiguration = (): FlinkConfig =>
  flinkConfig(readConfigFiles([new Map(Object.entries(configurationFiles()))]) ?? new Map());

/** What an operator process needs besides its program. */
export interface Installation {
  readonly kubeconfig: string;
  readonly confDir: string;
}

/**
 * Installs all that the chart does but for the operator's pod: definitions, rights, accounts; and the accounts of the jobs.
 * `folder`: for the files of the operator. `allRights`: for an operator whose own rights nobody knows here. `configuration`: added
 * to the operator's.
 */
export async function install(
  folder: string,
  adminKubeconfig: string,
  { allRights, configuration }: { allRights: boolean; configuration: Readonly<Record<string, string>> },
): Promise<Installation> {
  await kubectl(["create", "-f", definitions]);
  const objects = [
    ...manifests().filter(({ kind }) => kind !== "Deployment"),
    ...[namespaces.jobs, namespaces.bare].flatMap(jobNamespace),
    ...(allRights ? [adminBinding] : []),
  ];
  await kubectl(["apply", "-f", "-"], objects.map((object) => dump(object)).join("---\n"));
  await kubectl(["wait", "--for=condition=Established", "--timeout=60s", "-f", definitions]);
  const token = (
    await kubectl(["create", "token", account, "-n", namespaces.operator, "--duration=24h"])
  ).trim();
  const kubeconfig = join(folder, "operator.kubeconfig");
  writeFileSync(kubeconfig, dump(withToken(readFileSync(adminKubeconfig, "utf8"), token)), { mode: 0o600 });
  const added = Object.entries(configuration).map(([key, value]) => `${key}: ${value}`);
  for (const [name, text] of Object.entries(configurationFiles())) {
    const isFlinks = name === "flink-conf.yaml";
    writeFileSync(join(folder, name), isFlinks ? [text.trimEnd(), ...added, ""].join("\n") : text);
  }
  return { kubeconfig, confDir: folder };
}

/**
 * Resolves when the garbage collector knows the definitions, which it looks for every half a minute: until then nothing that is
 * deleted in the foreground goes.
 */
export async function awaitGarbageCollector(kube: KubeApi, signal: AbortSignal): Promise<void> {
  const [type, namespace, name] = [resourceTypes.flinkDeployment, namespaces.bare, "probe"];
  await kube.create(type, flinkDeployment(namespace, name));
  await kube.delete(type, namespace, name, { propagation: "Foreground" });
  const isGone = async () => (await kube.list(type, { namespace })).items.length === 0;
  await until("the garbage collector knows FlinkDeployments", isGone, 120_000, signal);
}

function jobNamespace(name: string): KubeObject[] {
  const rights = loadAll(readFileSync(join(root, "deploy/job-rbac.yaml"), "utf8")) as KubeObject[];
  const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  return [
    namespace,
    ...rights.map((object) => ({ ...object, metadata: { ...object.metadata, namespace: name } })),
  ];
}

const adminBinding: KubeObject = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "flink-operator-admin" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ kind: "ServiceAccount", name: account, namespace: namespaces.operator }],
};

/** The kubeconfig with another user. */
function withToken(kubeconfig: string, token: string): object {
  const config = load(kubeconfig) as { contexts: { context: { user: string } }[] };
  return {
    ...config,
    users: [{ name: account, user: { token } }],
    contexts: config.contexts.map((each) => ({ ...each, context: { ...each.context, user: account } })),
  };
}
