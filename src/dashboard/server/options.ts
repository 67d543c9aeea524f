import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { nearest } from "../../core/validate/nearest.ts";
import type { ClusterAccess } from "../../kube/clusterAccess.ts";
import { kubeconfigAccess } from "../../kube/kubeconfig.ts";
import { type AddressRange, parseRange } from "./addresses.ts";

/** What the dashboard is told by its file of options (docs/dashboard.md). */
export interface DashboardOptions {
  readonly port: number;
  /** The URL that browsers open; absent: the origin of a request must have the host that it was sent to. */
  readonly publicUrl?: string;
  readonly plainHttp: boolean;
  readonly sessionHours: number;
  readonly sessionKeys: readonly string[];
  readonly trustedProxies: readonly AddressRange[];
  readonly clusters: readonly ClusterOptions[];
}

export interface ClusterOptions {
  readonly name: string;
  /** Without credentials. */
  readonly access: ClusterAccess;
  readonly namespaces: readonly string[];
  /** The folder of the operator's configuration there. */
  readonly operatorConfigFolder?: string;
  /** The header in which trusted proxies send the token for this cluster, in lower case. */
  readonly loginHeader?: string;
  readonly oidc?: OidcOptions;
}

export interface OidcOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly scopes: string;
}

/** The options by name, with their default and their meaning: docs/dashboard.md has the same table. */
export const optionDocs = {
  port: ["8090", "Where it listens, in plain HTTP: TLS ends at the Ingress, or at a proxy."],
  publicUrl: [
    "none",
    "The URL that browsers open, such as `https://flink.example.com`. OIDC needs it. Without it, the `Origin` of a write must have the host of the request.",
  ],
  plainHttp: [
    "false",
    "Browsers reach it without TLS: its cookie is then sent without TLS, too. For a test on loopback.",
  ],
  sessionHours: ["12", "How long a login lasts at most. It ends earlier where its token does."],
  sessionKeyFile: [
    "none",
    "A file with the key that seals the sessions, of at least 32 characters. More lines are older keys, which still open.",
  ],
  trustedProxies: [
    "[]",
    "Addresses and networks of proxies that are believed: for `X-Forwarded-For`, and for the token in `loginHeader`.",
  ],
  clusters: ["none", "The clusters, at least one."],
  "clusters[].name": ["none", "Its name in the dashboard."],
  "clusters[].server": ["none", "The URL of its API server. Either this or `kubeconfig`."],
  "clusters[].caFile": ["none", "The authority of its API server, in PEM."],
  "clusters[].kubeconfig": [
    "none",
    "A kubeconfig, of which the server and its authority are taken, and no credential.",
  ],
  "clusters[].context": ["the current one", "The context in it."],
  "clusters[].namespaces": ["[]", "Namespaces that are looked into for those who may not list namespaces."],
  "clusters[].operatorConfigFolder": [
    "none",
    "The folder of the operator's configuration, for exact plans. The chart sets it for its own cluster.",
  ],
  "clusters[].loginHeader": [
    "none",
    "The header in which a trusted proxy sends the caller's token, such as `x-forwarded-access-token`; `authorization` is taken without `Bearer`.",
  ],
  "clusters[].oidc.issuer": [
    "none",
    "The URL of the identity provider that the API server accepts tokens of.",
  ],
  "clusters[].oidc.clientId": [
    "none",
    "The client at the identity provider. It is the audience that the API server expects.",
  ],
  "clusters[].oidc.clientSecretFile": [
    "none",
    "A file with the client's secret; without it the client is public.",
  ],
  "clusters[].oidc.scopes": ["openid", "The scopes to ask for, such as `openid email groups`."],
} as const satisfies Record<string, readonly [byDefault: string, doc: string]>;

type Fields = Readonly<Record<string, unknown>>;

/** Reads the file of options. Throws an Error that names the option, what is wrong and what would be right. */
export function readOptions(
  path: string,
  read: (path: string) => string = (file) => readFileSync(file, "utf8"),
): DashboardOptions {
  const fields = object(load(read(path)), "the file");
  refuseUnknown(fields, "", [
    "port",
    "publicUrl",
    "plainHttp",
    "sessionHours",
    "sessionKeyFile",
    "trustedProxies",
    "clusters",
  ]);
  const publicUrl = optional(fields, "publicUrl", url);
  const clusters = list(fields.clusters, "clusters").map((each, at) =>
    clusterOf(each, `clusters[${at}]`, read),
  );
  if (clusters.length === 0) throw new Error("clusters must name at least one cluster");
  const names = clusters.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`clusters: "${twice}" is there twice`);
  if (publicUrl === undefined && clusters.some(({ oidc }) => oidc !== undefined))
    throw new Error("publicUrl must be set for a login by OIDC: the identity provider redirects to it");
  const trustedProxies = list(fields.trustedProxies ?? [], "trustedProxies").map((each, at) => {
    try {
      return parseRange(text(each, `trustedProxies[${at}]`));
    } catch (error) {
      throw new Error(`trustedProxies[${at}]: ${(error as Error).message}`);
    }
  });
  const withHeader = clusters.find(({ loginHeader }) => loginHeader !== undefined);
  if (withHeader !== undefined && trustedProxies.length === 0)
    throw new Error(
      `trustedProxies must name the proxies that send the loginHeader of ${withHeader.name}: nobody else is believed`,
    );
  return {
    port: optional(fields, "port", (value, field) => wholeNumber(value, field, 1, 65_535)) ?? 8_090,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    plainHttp: optional(fields, "plainHttp", flag) ?? false,
    sessionHours: optional(fields, "sessionHours", (value, field) => wholeNumber(value, field, 1, 720)) ?? 12,
    sessionKeys: keysIn(read(text(fields.sessionKeyFile, "sessionKeyFile"))),
    trustedProxies,
    clusters,
  };
}

function keysIn(content: string): string[] {
  const keys = content
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (keys.length === 0 || keys.some((key) => key.length < 32))
    throw new Error("sessionKeyFile must hold a key of at least 32 characters in each line");
  return keys;
}

function clusterOf(value: unknown, path: string, read: (path: string) => string): ClusterOptions {
  const fields = object(value, path);
  const at = (name: string) => `${path}.${name}`;
  refuseUnknown(fields, `${path}.`, [
    "name",
    "server",
    "caFile",
    "kubeconfig",
    "context",
    "namespaces",
    "operatorConfigFolder",
    "loginHeader",
    "oidc",
  ]);
  const loginHeader = optional(fields, "loginHeader", text, at)?.toLowerCase();
  const operatorConfigFolder = optional(fields, "operatorConfigFolder", text, at);
  const oidc = optional(fields, "oidc", (each, field) => oidcOf(each, field, read), at);
  return {
    name: clusterName(fields.name, at("name")),
    access: accessOf(fields, path, read),
    namespaces: list(fields.namespaces ?? [], at("namespaces")).map((each, index) =>
      text(each, `${at("namespaces")}[${index}]`),
    ),
    ...(operatorConfigFolder === undefined ? {} : { operatorConfigFolder }),
    ...(loginHeader === undefined ? {} : { loginHeader }),
    ...(oidc === undefined ? {} : { oidc }),
  };
}

/** Where the API server is. Of a kubeconfig no credential is taken: callers bring their own. */
function accessOf(fields: Fields, path: string, read: (path: string) => string): ClusterAccess {
  const at = (name: string) => `${path}.${name}`;
  const server = optional(fields, "server", url, at);
  const kubeconfig = optional(fields, "kubeconfig", text, at);
  if ((server === undefined) === (kubeconfig === undefined))
    throw new Error(`${path} must have either server or kubeconfig`);
  if (server !== undefined) {
    const caFile = optional(fields, "caFile", text, at);
    return { server, namespace: "default", ...(caFile === undefined ? {} : { ca: read(caFile) }) };
  }
  const {
    clientCertificate: _,
    clientKey: __,
    authorization: ___,
    ...access
  } = kubeconfigAccess(kubeconfig ?? "", optional(fields, "context", text, at));
  return access;
}

function oidcOf(value: unknown, path: string, read: (path: string) => string): OidcOptions {
  const fields = object(value, path);
  const at = (name: string) => `${path}.${name}`;
  refuseUnknown(fields, `${path}.`, ["issuer", "clientId", "clientSecretFile", "scopes"]);
  const secretFile = optional(fields, "clientSecretFile", text, at);
  const scopes = optional(fields, "scopes", text, at) ?? "openid";
  if (!scopes.split(" ").includes("openid")) throw new Error(`${at("scopes")} must contain openid`);
  return {
    issuer: url(fields.issuer, at("issuer")),
    clientId: text(fields.clientId, at("clientId")),
    ...(secretFile === undefined ? {} : { clientSecret: read(secretFile).trim() }),
    scopes,
  };
}

function refuseUnknown(fields: Fields, prefix: string, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const similar = nearest(unknown, known);
  throw new Error(
    `there is no option ${prefix}${unknown}${similar === undefined ? "" : `; did you mean ${similar}?`}`,
  );
}

function optional<Value>(
  fields: Fields,
  name: string,
  read: (value: unknown, field: string) => Value,
  at: (name: string) => string = (each) => each,
): Value | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : read(value, at(name));
}

const refuse = (field: string, wanted: string): never => {
  throw new Error(`${field} must be ${wanted}`);
};
const object = (value: unknown, field: string): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : refuse(field, "a map");
const list = (value: unknown, field: string): readonly unknown[] =>
  Array.isArray(value) ? value : refuse(field, "a list");
const text = (value: unknown, field: string): string =>
  typeof value === "string" && value !== "" ? value : refuse(field, "a text");
const flag = (value: unknown, field: string): boolean =>
  typeof value === "boolean" ? value : refuse(field, "true or false");
const wholeNumber = (value: unknown, field: string, from: number, to: number): number =>
  typeof value === "number" && Number.isInteger(value) && value >= from && value <= to
    ? value
    : refuse(field, `a whole number, ${from} to ${to}`);
const url = (value: unknown, field: string): string =>
  typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value)
    ? value
    : refuse(field, "a URL with https:// or http://");
/** It is a segment of paths. */
const clusterName = (value: unknown, field: string): string =>
  typeof value === "string" && /^[A-Za-z0-9][-A-Za-z0-9._]{0,62}$/.test(value)
    ? value
    : refuse(field, "a name of letters, digits, dots and hyphens, at most 63");
