import { inject } from "vitest";
import { type KubeObject, type ResourceType, resourceTypes } from "../../../src/api/kubernetes.ts";
import { createKubeClient, type KubeClient } from "../../../src/kube/client.ts";
import { kubeconfigAccess } from "../../../src/kube/kubeconfig.ts";

/** What the scenarios read and write beside the operator's own types. */
export const types = {
  ...resourceTypes,
  namespace: { group: "", version: "v1", kind: "Namespace", plural: "namespaces" },
  serviceAccount: { group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" },
  replicaSet: { group: "apps", version: "v1", kind: "ReplicaSet", plural: "replicasets" },
  role: { group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", plural: "roles" },
} as const satisfies Record<string, ResourceType>;

let client: KubeClient | undefined;

/** The API server with all rights: one client a test file. */
export function kube(): KubeClient {
  client ??= createKubeClient(kubeconfigAccess(inject("kubeconfig")), { userAgent: "flink-operator-e2e" });
  return client;
}

/** What the scenarios read of a pod. */
export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: {
    phase?: string;
    podIP?: string;
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: { name: string }[];
  tolerations?: { key?: string; operator?: string; effect?: string }[];
}

interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string }[];
  volumeMounts?: { name: string; mountPath: string }[];
}

interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  containerID?: string;
  state?: { running?: unknown; terminated?: { exitCode: number }; waiting?: { reason?: string } };
}

export interface KubeEvent extends KubeObject {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  count?: number;
  involvedObject: { kind: string; name: string };
}
