import type { KubeObject } from "../../../src/api/kubernetes.ts";
import { configFileNames } from "../../../src/config/configFiles.ts";
import { kube, types } from "./cluster.ts";
import { kubectl } from "./commands.ts";
import { operatorDeployment, operatorNamespace } from "./operator.ts";

const CONFIG_MAP = "flink-operator-config";

/** Adds to the operator's own configuration; resolves to what puts it back. */
export async function configureOperator(
  added: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const found = await kube().get(types.configMap, operatorNamespace, CONFIG_MAP);
  const { data } = found as KubeObject & { data: Record<string, string> };
  const file = configFileNames.find((name) => data[name] !== undefined) ?? "";
  const text = data[file] ?? "";
  const lines = Object.entries(added).map(([key, value]) => `${key}: ${value}`);
  await useConfig({ [file]: [text.trimEnd(), ...lines, ""].join("\n") });
  return () => useConfig({ [file]: text });
}

/** By a restart: Kubernetes may take a minute to show a running pod a changed ConfigMap. */
async function useConfig(data: Record<string, string>): Promise<void> {
  await kube().mergePatch(types.configMap, operatorNamespace, CONFIG_MAP, { data });
  const operator = `deployment/${operatorDeployment}`;
  await kubectl("-n", operatorNamespace, "rollout", "restart", operator);
  await kubectl("-n", operatorNamespace, "rollout", "status", operator, "--timeout", "2m");
}
