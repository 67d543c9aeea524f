import { readFileSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import { load } from "js-yaml";
import type { Authorization, ClusterAccess } from "./clusterAccess.ts";
import { tokenFile } from "./inCluster.ts";

interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
}

interface User {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  exec?: unknown;
  "auth-provider"?: unknown;
}

interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}

interface Kubeconfig {
  "current-context"?: string;
  clusters?: { name: string; cluster: Cluster }[];
  users?: { name: string; user: User }[];
  contexts?: { name: string; context: Context }[];
}

/** An entry, and the folder that its relative paths refer to. */
interface Found<T> {
  value: T;
  folder: string;
}

/**
 * Reads a kubeconfig: one file, or several as in $KUBECONFIG (the first definition wins). Exec and auth-provider plugins
 * are refused: they are for interactive logins, not for an operator.
 */
export function kubeconfigAccess(paths: string, contextName?: string): ClusterAccess {
  const files = paths
    .split(delimiter)
    .filter((path) => path !== "")
    .map((path) => ({ folder: dirname(resolve(path)), config: parse(path) }));

  function find<T>(
    kind: string,
    name: string | undefined,
    entries: (config: Kubeconfig) => T | undefined,
  ): Found<T> {
    for (const { folder, config } of files) {
      const value = entries(config);
      if (value !== undefined && value !== null) return { value, folder };
    }
    throw new Error(`kubeconfig ${paths}: there is no ${kind} named "${name ?? ""}"`);
  }

  const current = contextName ?? files.map((file) => file.config["current-context"]).find(Boolean);
  if (!current) throw new Error(`kubeconfig ${paths}: current-context is not set`);
  const context = find("context", current, (c) => c.contexts?.find((e) => e.name === current)?.context).value;
  const cluster = find(
    "cluster",
    context.cluster,
    (c) => c.clusters?.find((e) => e.name === context.cluster)?.cluster,
  );
  const user = find("user", context.user, (c) => c.users?.find((e) => e.name === context.user)?.user);
  if (!cluster.value.server) {
    throw new Error(`kubeconfig ${paths}: cluster "${context.cluster}" has no server`);
  }
  if (user.value.exec || user.value["auth-provider"]) {
    throw new Error(
      `kubeconfig ${paths}: user "${context.user}" logs in through a plugin; use a token or a client certificate`,
    );
  }
  return {
    server: cluster.value.server,
    namespace: context.namespace || "default",
    ca: pem(cluster, "certificate-authority-data", "certificate-authority"),
    skipTlsVerify: cluster.value["insecure-skip-tls-verify"],
    tlsServerName: cluster.value["tls-server-name"],
    clientCertificate: pem(user, "client-certificate-data", "client-certificate"),
    clientKey: pem(user, "client-key-data", "client-key"),
    authorization: authorizationOf(user),
  };
}

function parse(path: string): Kubeconfig {
  const value = load(readFileSync(path, "utf8"));
  if (value === null || typeof value !== "object") {
    throw new Error(`kubeconfig ${path}: not a YAML object`);
  }
  return value as Kubeconfig;
}

/** Embedded data takes precedence over a file, as in kubectl. */
function pem<T>(
  { value, folder }: Found<T>,
  data: keyof T & string,
  file: keyof T & string,
): string | undefined {
  const embedded = value[data] as string | undefined;
  if (embedded) return Buffer.from(embedded, "base64").toString("utf8");
  const path = value[file] as string | undefined;
  return path ? readFileSync(resolve(folder, path), "utf8") : undefined;
}

function authorizationOf({ value, folder }: Found<User>): Authorization | undefined {
  if (value.tokenFile) return tokenFile(resolve(folder, value.tokenFile));
  if (value.token) return fixed(`Bearer ${value.token}`);
  if (value.username === undefined) return undefined;
  return fixed(`Basic ${Buffer.from(`${value.username}:${value.password ?? ""}`).toString("base64")}`);
}

const fixed = (header: string): Authorization => ({ header: () => header, renew: () => false });
