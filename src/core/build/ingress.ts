import type { KubeObject, ObjectMeta } from "../../api/kubernetes.ts";
import type { IngressSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { COMPONENT_LABEL, components, restServiceName } from "../../api/v1beta1/names.ts";
import { resourceOwner } from "./clusterMetadata.ts";

/** The Ingress to Flink's REST API, as the reference makes it (REFERENCE 1.20); `of`: the FlinkDeployment. */
export function ingressOf(of: ObjectMeta, ingress: IngressSpec, restPort: number): KubeObject {
  const { name, namespace = "default", uid } = of;
  const { host, path } = addressOf(ingress.template ?? "", name, namespace);
  const { className, tls = [], annotations, labels } = ingress;
  const service = { name: restServiceName(name), port: { number: restPort } };
  const route = {
    ...(path === "" ? {} : { path }),
    pathType: "ImplementationSpecific",
    backend: { service },
  };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace,
      labels: { ...labels, [COMPONENT_LABEL]: components.ingress },
      ...(annotations === undefined ? {} : { annotations }),
      ...(uid === undefined ? {} : { ownerReferences: [{ ...resourceOwner(name, uid), controller: true }] }),
    },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      ...(tls.length === 0 ? {} : { tls }),
      rules: [{ ...(host === "" ? {} : { host }), http: { paths: [route] } }],
    },
  };
}

/** The host and the path of a template such as "flink.example.com/{{namespace}}/{{name}}(/|$)(.*)", with or without a scheme. */
function addressOf(template: string, name: string, namespace: string): { host: string; path: string } {
  const url = template.replace(/\{\{name\}\}/gi, () => name).replace(/\{\{namespace\}\}/gi, () => namespace);
  const [, authority = "", path = ""] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)([^?#]*)/i.exec(url) ?? [];
  return { host: authority.replace(/^.*@/, "").replace(/:\d*$/, ""), path };
}
