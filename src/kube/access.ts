import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ClusterAccess } from "./clusterAccess.ts";
import { inClusterAccess } from "./inCluster.ts";
import { kubeconfigAccess } from "./kubeconfig.ts";

/** Finds the access to a cluster in kubectl's order: an explicit file, $KUBECONFIG, the pod's service account, ~/.kube/config. */
export function loadAccess(explicit?: string, env: NodeJS.ProcessEnv = process.env): ClusterAccess {
  const paths = explicit ?? env.KUBECONFIG;
  if (paths) return kubeconfigAccess(paths);
  if (env.KUBERNETES_SERVICE_HOST) return inClusterAccess(env);
  const home = join(homedir(), ".kube", "config");
  if (existsSync(home)) return kubeconfigAccess(home);
  throw new Error(
    "No way to a Kubernetes API server: outside a cluster, set KUBECONFIG to a kubeconfig file; in a pod, mount the service account token.",
  );
}
