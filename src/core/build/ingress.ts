import { createHash } from "node:crypto";
import { apiVersionOf, type KubeObject, type ObjectMeta, resourceTypes } from "../../api/kubernetes.ts";
import type { IngressSpec } from "../../api/v1beta1/flinkdeployment.ts";
import {
  COMPONENT_LABEL,
  components,
  ROUTE_HASH_ANNOTATION,
  restServiceName,
} from "../../api/v1beta1/names.ts";
import { resourceOwner } from "./clusterMetadata.ts";

/** The kinds of objects that expose Flink's REST API outside the cluster. */
export const routeKinds = ["Ingress", "HTTPRoute"] as const;
export type RouteKind = (typeof routeKinds)[number];

export const routeTypes = { Ingress: resourceTypes.ingress, HTTPRoute: resourceTypes.httpRoute } as const;

export interface Route {
  readonly kind: RouteKind;
  readonly object: KubeObject;
}

/** The kind of the resource that a route belongs to, and the cluster whose REST Service it leads to. */
export interface RouteOwner {
  readonly kind: string;
  readonly clusterId: string;
}

/**
 * The route for spec.ingress: an HTTPRoute if it names Gateways, else an Ingress. `of`: the resource, a FlinkDeployment unless
 * `owner` says otherwise.
 */
export function routeOf(of: ObjectMeta, ingress: IngressSpec, restPort: number, owner?: RouteOwner): Route {
  const { name, namespace = "default" } = of;
  const { host, path } = templateOf(withNames(ingress.template ?? "", name, namespace));
  const kind = routeKindOf(ingress);
  const build = kind === "Ingress" ? ingressSpecOf : httpRouteSpecOf;
  const spec = build(ingress, host, path, {
    name: restServiceName(owner?.clusterId ?? name),
    port: restPort,
  });
  const hash = hashOf([spec, ingress.labels, ingress.annotations]);
  const type = routeTypes[kind];
  return {
    kind,
    object: {
      apiVersion: apiVersionOf(type),
      kind,
      metadata: metadataOf(of, ingress, hash, owner?.kind),
      spec,
    },
  };
}

export const routeKindOf = (ingress: IngressSpec): RouteKind =>
  ingress.parentRefs === undefined ? "Ingress" : "HTTPRoute";

function metadataOf(
  { name, namespace = "default", uid }: ObjectMeta,
  ingress: IngressSpec,
  hash: string,
  kind: string | undefined,
) {
  return {
    name,
    namespace,
    labels: { ...ingress.labels, [COMPONENT_LABEL]: components.ingress },
    annotations: { ...ingress.annotations, [ROUTE_HASH_ANNOTATION]: hash },
    ...(uid === undefined
      ? {}
      : { ownerReferences: [{ ...resourceOwner(name, uid, kind), controller: true }] }),
  };
}

interface Backend {
  readonly name: string;
  readonly port: number;
}

/** As the reference creates it (REFERENCE 1.20). */
function ingressSpecOf({ className, tls = [] }: IngressSpec, host: string, path: string, backend: Backend) {
  const route = {
    ...(path === "" ? {} : { path }),
    pathType: "ImplementationSpecific",
    backend: { service: { name: backend.name, port: { number: backend.port } } },
  };
  return {
    ...(className === undefined ? {} : { ingressClassName: className }),
    ...(tls.length === 0 ? {} : { tls }),
    rules: [{ ...(host === "" ? {} : { host }), http: { paths: [route] } }],
  };
}

/** Flink serves at the root, so the prefix is removed. For an Ingress, annotations of its controller do that. */
function httpRouteSpecOf({ parentRefs }: IngressSpec, host: string, path: string, backend: Backend) {
  const prefix = pathPrefixOf(path);
  const toRoot = { type: "ReplacePrefixMatch", replacePrefixMatch: "/" };
  return {
    parentRefs,
    ...(host === "" ? {} : { hostnames: [host] }),
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: prefix } }],
        ...(prefix === "/" ? {} : { filters: [{ type: "URLRewrite", urlRewrite: { path: toRoot } }] }),
        backendRefs: [backend],
      },
    ],
  };
}

const withNames = (template: string, name: string, namespace: string): string =>
  template.replace(/\{\{name\}\}/gi, () => name).replace(/\{\{namespace\}\}/gi, () => namespace);

/** The host and the path of a template such as "flink.example.com/{{namespace}}/{{name}}(/|$)(.*)", with or without a scheme. */
export function templateOf(template: string): { host: string; path: string } {
  const [, authority = "", path = ""] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)([^?#]*)/i.exec(template) ?? [];
  return { host: authority.replace(/^.*@/, "").replace(/:\d*$/, ""), path };
}

/** The prefix in a path, also in the regular expression syntax of the nginx Ingress controller. */
export const pathPrefixOf = (path: string): string =>
  path.replace(/\(\/\|\$\)\(\.\*\)$/, "").replace(/\/$/, "") || "/";

/** The hash of the input of an Ingress or HTTPRoute, from its annotations. */
export const routeHashOf = (annotations: ObjectMeta["annotations"]): string | undefined =>
  annotations?.[ROUTE_HASH_ANNOTATION];

const hashOf = (of: unknown): string =>
  createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 16);
