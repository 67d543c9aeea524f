import { restServiceName } from "../../api/v1beta1/names.ts";
import type { FlinkProxy } from "../../views/topView.ts";
import { getRaw } from "./clusterReader.ts";
import type { Kubectl } from "./kubectl.ts";

/** Through the API server's proxy, with the caller's right to `get` on `services/proxy`. It rejects with a KubectlError. */
export const flinkProxyOf =
  (kubectl: Kubectl, namespace: string, clusterId: string): FlinkProxy =>
  (path) =>
    getRaw(
      kubectl,
      `/api/v1/namespaces/${namespace}/services/${restServiceName(clusterId)}:rest/proxy${path}`,
    );
