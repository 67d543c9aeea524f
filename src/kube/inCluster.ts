import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Authorization, ClusterAccess } from "./clusterAccess.ts";

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The service account that Kubernetes mounts into a pod. */
export function inClusterAccess(
  env: NodeJS.ProcessEnv = process.env,
  folder = serviceAccountFolder,
): ClusterAccess {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT ?? "443";
  if (!host) throw new Error("Not in a pod: KUBERNETES_SERVICE_HOST is not set.");
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: readFileSync(join(folder, "namespace"), "utf8").trim(),
    ca: readFileSync(join(folder, "ca.crt"), "utf8"),
    authorization: tokenFile(join(folder, "token")),
  };
}

/** The kubelet replaces a projected token well before it expires, so a token may be cached for a minute. */
const tokenMaxAgeMs = 60_000;

/** A bearer token from a file that is replaced from time to time. */
export function tokenFile(path: string, now: () => number = Date.now): Authorization {
  let token = "";
  let readAt = Number.NEGATIVE_INFINITY;
  const read = () => {
    token = readFileSync(path, "utf8").trim();
    readAt = now();
  };
  return {
    header() {
      if (now() - readAt >= tokenMaxAgeMs) read();
      return `Bearer ${token}`;
    },
    renew() {
      const before = token;
      read();
      return token !== before;
    },
  };
}
