import { restServiceName } from "../../api/v1beta1/names.ts";
import { getRaw } from "./clusterReader.ts";
import type { Kubectl } from "./kubectl.ts";

/** GETs a path of a JobManager's REST API, such as "/jobs/overview". Rejects with a KubectlError. */
export type FlinkProxy = (path: string) => Promise<unknown>;

/** Through the API server's proxy, with the caller's right to `get` on `services/proxy`. */
export const flinkProxyOf =
  (kubectl: Kubectl, namespace: string, clusterId: string): FlinkProxy =>
  (path) =>
    getRaw(
      kubectl,
      `/api/v1/namespaces/${namespace}/services/${restServiceName(clusterId)}:rest/proxy${path}`,
    );
