import { load } from "js-yaml";
import { expect } from "vitest";
import type { Rendered } from "./support.ts";

const name = "flink-kubernetes-operator-dashboard";

/** As in valueCases.ts. */
interface ValueCase {
  readonly values: object;
  check(rendered: Rendered): void;
}

/** The dashboard's pod. */
// biome-ignore lint/suspicious/noExplicitAny: a pod as Kubernetes has it.
const podOf = (rendered: Rendered): any => rendered.one("Deployment", name).spec.template.spec;
// biome-ignore lint/suspicious/noExplicitAny: options as the file has them.
const optionsOf = (rendered: Rendered): any => load(rendered.one("ConfigMap", name).data["options.yaml"]);

const shown = (dashboard: object, check: (rendered: Rendered) => void, others: object = {}): ValueCase => ({
  values: { dashboard: { enabled: true, ...dashboard }, ...others },
  check,
});

const option = (dashboard: object, expected: object): ValueCase =>
  shown(dashboard, (rendered) => expect(optionsOf(rendered)).toMatchObject(expected));

const ofCluster = (dashboard: object, expected: object): ValueCase =>
  shown(dashboard, (rendered) => expect(optionsOf(rendered).clusters[0]).toMatchObject(expected));

const ofIngress = (ingress: object, expected: object): ValueCase =>
  shown({ ingress: { create: true, host: "flink.example.com", ...ingress } }, (rendered) =>
    expect(rendered.one("Ingress", name)).toMatchObject(expected),
  );

const ofRoute = (httpRoute: object, expected: object): ValueCase =>
  shown({ httpRoute: { create: true, parentRefs: [{ name: "gateway" }], ...httpRoute } }, (rendered) =>
    expect(rendered.one("HTTPRoute", name).spec).toMatchObject(expected),
  );

/** One case for each value of the dashboard. */
export const dashboardCases: Readonly<Record<string, ValueCase>> = {
  "dashboard.enabled": shown({}, (rendered) => {
    const pod = podOf(rendered);
    expect(pod).toMatchObject({
      serviceAccountName: name,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true },
    });
    expect(pod.containers).toHaveLength(1);
    expect(pod.containers[0]).toMatchObject({
      args: ["dashboard"],
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      readinessProbe: { httpGet: { path: "/healthz" } },
    });
    // Nothing binds its account to a role, and no selector of the operator finds its pods.
    const subjects = [...rendered.of("RoleBinding"), ...rendered.of("ClusterRoleBinding")].flatMap(
      (each) => each.subjects,
    );
    expect(subjects.map((subject) => subject.name)).not.toContain(name);
    const labels = rendered.one("Deployment", name).spec.template.metadata.labels;
    expect(labels["app.kubernetes.io/name"]).toBe(name);
    expect(rendered.one("Service", name).spec.selector).toEqual({ "app.kubernetes.io/name": name });
    expect(rendered.one("Secret").metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
    expect(Buffer.from(rendered.one("Secret").data.key, "base64").length).toBeGreaterThanOrEqual(32);
    expect(optionsOf(rendered)).toMatchObject({
      port: 8090,
      plainHttp: false,
      clusters: [{ name: "local" }],
    });
  }),
  "dashboard.replicas": shown({ replicas: 2 }, (rendered) => {
    expect(rendered.one("Deployment", name).spec.replicas).toBe(2);
    expect(rendered.one("Service", name).spec.sessionAffinity).toBe("ClientIP");
  }),
  "dashboard.publicUrl": option({ publicUrl: "https://a" }, { publicUrl: "https://a" }),
  "dashboard.plainHttp": option({ plainHttp: true }, { plainHttp: true }),
  "dashboard.sessionHours": option({ sessionHours: 3 }, { sessionHours: 3 }),
  "dashboard.sessionKeySecret": shown({ sessionKeySecret: "mine" }, (rendered) => {
    expect(rendered.of("Secret")).toEqual([]);
    expect(podOf(rendered).volumes).toContainEqual({
      name: "session",
      secret: { secretName: "mine", items: [{ key: "key", path: "key" }] },
    });
  }),
  "dashboard.trustedProxies": option({ trustedProxies: ["10.0.0.0/8"] }, { trustedProxies: ["10.0.0.0/8"] }),
  "dashboard.clusterName": ofCluster({ clusterName: "prod" }, { name: "prod" }),
  "dashboard.namespaces": ofCluster({ namespaces: ["a"] }, { namespaces: ["a"] }),
  "dashboard.loginHeader": ofCluster({ loginHeader: "x-token" }, { loginHeader: "x-token" }),
  "dashboard.oidc": ofCluster(
    { oidc: { issuer: "https://i", clientId: "c" } },
    { oidc: { issuer: "https://i", clientId: "c" } },
  ),
  "dashboard.otherClusters": shown({ otherClusters: [{ name: "two", server: "https://two" }] }, (rendered) =>
    expect(optionsOf(rendered).clusters[1]).toEqual({ name: "two", server: "https://two" }),
  ),
  "dashboard.env": shown({ env: [{ name: "A", value: "b" }] }, (rendered) =>
    expect(podOf(rendered).containers[0].env).toContainEqual({ name: "A", value: "b" }),
  ),
  "dashboard.volumes": shown({ volumes: [{ name: "extra", emptyDir: {} }] }, (rendered) =>
    expect(podOf(rendered).volumes).toContainEqual({ name: "extra", emptyDir: {} }),
  ),
  "dashboard.volumeMounts": shown({ volumeMounts: [{ name: "extra", mountPath: "/x" }] }, (rendered) =>
    expect(podOf(rendered).containers[0].volumeMounts).toContainEqual({ name: "extra", mountPath: "/x" }),
  ),
  "dashboard.resources": shown({ resources: { limits: { memory: "1Gi" } } }, (rendered) =>
    expect(podOf(rendered).containers[0].resources.limits).toEqual({ memory: "1Gi" }),
  ),
  "dashboard.service.type": shown({ service: { type: "NodePort" } }, (rendered) =>
    expect(rendered.one("Service", name).spec.type).toBe("NodePort"),
  ),
  "dashboard.service.port": shown({ service: { port: 81 } }, (rendered) =>
    expect(rendered.one("Service", name).spec.ports).toEqual([
      { name: "http", port: 81, targetPort: "http" },
    ]),
  ),
  "dashboard.service.annotations": shown({ service: { annotations: { a: "b" } } }, (rendered) =>
    expect(rendered.one("Service", name).metadata.annotations).toEqual({ a: "b" }),
  ),
  "dashboard.ingress.create": ofIngress({}, { spec: { rules: [{ host: "flink.example.com" }] } }),
  "dashboard.ingress.className": ofIngress({ className: "nginx" }, { spec: { ingressClassName: "nginx" } }),
  "dashboard.ingress.host": ofIngress(
    { host: "other.example.com" },
    { spec: { rules: [{ host: "other.example.com" }] } },
  ),
  "dashboard.ingress.annotations": ofIngress(
    { annotations: { a: "b" } },
    { metadata: { annotations: { a: "b" } } },
  ),
  "dashboard.ingress.tlsSecret": ofIngress(
    { tlsSecret: "cert" },
    { spec: { tls: [{ hosts: ["flink.example.com"], secretName: "cert" }] } },
  ),
  "dashboard.httpRoute.create": ofRoute({}, { rules: [{ backendRefs: [{ name, port: 80 }] }] }),
  "dashboard.httpRoute.parentRefs": ofRoute(
    { parentRefs: [{ name: "other" }] },
    { parentRefs: [{ name: "other" }] },
  ),
  "dashboard.httpRoute.hostnames": ofRoute(
    { hostnames: ["a.example.com"] },
    { hostnames: ["a.example.com"] },
  ),
};
