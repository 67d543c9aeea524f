import type { KubeObject } from "../../api/kubernetes.ts";
import { type NamespaceView, readNamespace } from "../../controllers/gatherOnce.ts";
import { type OperatorView, viewOf } from "../../views/operatorView.ts";
import { readTextFile } from "../inputFiles.ts";
import { parseOperatorConfig } from "../operatorConfigFile.ts";
import { createReader, findOperatorConfig, type KnownConfig } from "./clusterReader.ts";
import { CommandError } from "./commandError.ts";
import type { Environment } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";

export const viewAsOperator = (
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
  operatorConfig: string | undefined,
  edited: readonly KubeObject[] = [],
): Promise<OperatorView> => createOperatorViews(environment, kubectl, operatorConfig, edited)(resource);

/** Views of several resources. The operator's configuration and each namespace are read once. `edited`: as of createReader. */
export function createOperatorViews(
  environment: Environment,
  kubectl: Kubectl,
  operatorConfig: string | undefined,
  edited: readonly KubeObject[] = [],
): (resource: KubeObject) => Promise<OperatorView> {
  const namespaces = new Map<string, Promise<NamespaceView>>();
  let known: Promise<KnownConfig> | undefined;
  return async (resource) => {
    const { namespace = "default" } = resource.metadata;
    known ??= configOf(kubectl, operatorConfig);
    const { config, remark } = await known;
    const reader = createReader(kubectl, config, environment.now, edited);
    const view = namespaces.get(namespace) ?? readNamespace(reader, namespace);
    namespaces.set(namespace, view);
    return viewOf(reader, await view, resource, remark);
  };
}

export async function configOf(kubectl: Kubectl, file: string | undefined): Promise<KnownConfig> {
  if (file === undefined) return findOperatorConfig(kubectl);
  const config = parseOperatorConfig(readTextFile(file));
  if (typeof config === "string") throw new CommandError(config);
  return { config };
}
