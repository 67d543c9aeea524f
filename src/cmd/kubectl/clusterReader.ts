import type { KubeObject, ResourceType } from "../../api/kubernetes.ts";
import { resourceTypes } from "../../api/kubernetes.ts";
import { restServiceName } from "../../api/v1beta1/names.ts";
import { emptyConfig, type FlinkConfig } from "../../config/flinkConfig.ts";
import type { Reader } from "../../controllers/gatherOnce.ts";
import { FlinkRestError } from "../../flink/api.ts";
import { flinkRestOver } from "../../flink/client.ts";
import type { ListOptions } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { resourcePath } from "../../kube/paths.ts";
import { parseOperatorConfig } from "../operatorConfigFile.ts";
import { CommandError } from "./commandError.ts";
import type { Kubectl } from "./kubectl.ts";
import { KubectlError } from "./kubectlError.ts";

/** One GET by kubectl, with the answer as JSON. */
export async function getRaw(kubectl: Kubectl, path: string): Promise<unknown> {
  return JSON.parse(await kubectl.run(["get", "--raw", path])) as unknown;
}

/** All objects of a type. Rejects with a KubectlError. */
export async function listObjects(
  kubectl: Kubectl,
  type: ResourceType,
  { namespace, labelSelector, fieldSelector }: ListOptions,
): Promise<KubeObject[]> {
  const { items = [] } = (await getRaw(
    kubectl,
    resourcePath(type, { namespace }, { labelSelector, fieldSelector }),
  )) as { items?: KubeObject[] };
  return items;
}

/** The reads that plans and explanations need. `edited`: resources that are taken to be in the cluster, in place of those there. */
export const createReader = (
  kubectl: Kubectl,
  config: FlinkConfig,
  now: () => number,
  edited: readonly KubeObject[] = [],
): Reader => ({
  config,
  now,
  kube: {
    async list(type, options = {}) {
      try {
        const isOfList = ({ kind, metadata: { namespace } }: KubeObject) =>
          kind === type.kind && namespace === options.namespace;
        const items = withEdited(await listObjects(kubectl, type, options), edited.filter(isOfList));
        return { items, resourceVersion: "0" };
      } catch (error) {
        throw asKubeError(error);
      }
    },
  },
  flinkOf: (namespace, clusterId) =>
    flinkRestOver({
      async send(_, { path }) {
        const service = `${restServiceName(clusterId)}:rest`;
        try {
          return await getRaw(kubectl, `/api/v1/namespaces/${namespace}/services/${service}/proxy${path}`);
        } catch (error) {
          throw asFlinkError(error, path);
        }
      },
    }),
});

const withEdited = (found: readonly KubeObject[], edited: readonly KubeObject[]): KubeObject[] => [
  ...found.filter(({ metadata: { name } }) => !edited.some(({ metadata }) => metadata.name === name)),
  ...edited,
];

const statusOf: Readonly<Record<string, number>> = { Forbidden: 403, NotFound: 404 };

/** What concerns one type only. Everything else ends the command. */
function asKubeError(error: unknown): unknown {
  if (!(error instanceof KubectlError) || error.reason === undefined) return error;
  return new KubeError(statusOf[error.reason] ?? 500, error.reason, error.message);
}

/**
 * What the proxy or the JobManager answered. kubectl does not print Flink's words: of a job's checkpoints, 404 means that it
 * takes none.
 */
function asFlinkError(error: unknown, path: string): unknown {
  if (!(error instanceof KubectlError)) return error;
  const isWithout = error.reason === "NotFound" && path.endsWith("/checkpoints");
  const message = isWithout ? "Checkpointing has not been enabled" : error.message;
  const status = statusOf[error.reason ?? ""] ?? 503;
  return new FlinkRestError(status, "answered", message, { fromFlink: isWithout });
}

/** The operator's configuration, and a remark where it is not that of the operator of this cluster. */
export interface KnownConfig {
  readonly config: FlinkConfig;
  readonly remark?: string;
}

const CONFIG_MAP = "flink-operator-config";

/** Looks for the ConfigMap of the operator. Without it, or the right to read it, the defaults apply. */
export async function findOperatorConfig(kubectl: Kubectl): Promise<KnownConfig> {
  const fallback = (why: string): KnownConfig => ({
    config: emptyConfig,
    remark: `the operator's configuration is not known (${why}): its defaults are assumed; --operator-config FILE gives it`,
  });
  try {
    const found = await listObjects(kubectl, resourceTypes.configMap, {
      fieldSelector: `metadata.name=${CONFIG_MAP}`,
    });
    const [only, ...others] = found;
    if (only === undefined) return fallback(`there is no ConfigMap ${CONFIG_MAP}`);
    if (others.length > 0) return fallback(`there are ${found.length} ConfigMaps ${CONFIG_MAP}`);
    const data = (only.data ?? {}) as Record<string, string>;
    const name = ["config.yaml", "flink-conf.yaml"].find((each) => data[each] !== undefined);
    if (name === undefined) return fallback(`the ConfigMap ${CONFIG_MAP} has no config.yaml`);
    const config = parseOperatorConfig({ name, text: data[name] ?? "" });
    return typeof config === "string" ? fallback(config) : { config };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return fallback(error.message);
  }
}
