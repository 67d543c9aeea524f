import { expect } from "vitest";
import { chartFolder, helm, withValues } from "../../scripts/chart/helm.ts";
import { dashboardCases } from "./dashboardCases.ts";
import type { Rendered } from "./support.ts";

/** A test of one value: values to set, and a check of the rendered chart. */
export interface ValueCase {
  readonly values: object;
  check(rendered: Rendered): void;
}

const toleration = { key: "a", operator: "Exists" };
const digest = `sha256:${"0".repeat(64)}`;
const resources = { limits: { memory: "1Gi" } };
const env = [{ name: "A", value: "b" }];
const envFrom = [{ secretRef: { name: "a" } }];
const extra = { name: "extra", image: "busybox" };
const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
const secretCertified = { webhook: { certificates: "secret", caBundle: "Zm9v" } };
const webhookOf = (rendered: Rendered, kind = "ValidatingWebhookConfiguration") =>
  rendered.one(kind).webhooks[0];
const labelled = ({ all }: Rendered, label: string) =>
  all.find(({ metadata }) => metadata.labels?.[label] !== undefined);
const names = (manifests: { metadata: { name: string } }[]) => manifests.map(({ metadata }) => metadata.name);
const named = (items: { name: string }[], name: string) => items.find((item) => item.name === name);

/** A field of the pod with the name of the value. */
const podField = (field: string, value: unknown): ValueCase => ({
  values: { operatorPod: { [field]: value } },
  check: ({ pod }) => expect(pod[field]).toEqual(value),
});

/** The object is not created where its `create` is false. */
const notCreated = (values: object, kind: string, name: string): ValueCase => ({
  values,
  check: (rendered) => expect(names(rendered.of(kind))).not.toContain(name),
});

const isNamed = (values: object, kind: string, name: string): ValueCase => ({
  values,
  check: (rendered) => expect(names(rendered.of(kind))).toContain(name),
});

/** The value is accepted and ignored, and the notes name it. */
const ignored = (path: string, values: object): ValueCase => ({
  values,
  check() {
    const notes = withValues(values, (file) =>
      helm("install", "flink-operator", chartFolder, "--dry-run=client", "--values", file),
    );
    expect(notes.slice(notes.indexOf("NOTES:"))).toContain(`${path}: `);
  },
});

const logFile = (name: string, before: string | undefined): ValueCase => ({
  values: { defaultConfiguration: { [name]: "a = b" } },
  check(rendered) {
    expect(rendered.file(name)).toMatch(/a = b\n$/);
    if (before !== undefined) expect(rendered.file(name)).toContain(before);
  },
});

const probe = (name: string, path: string): ValueCase => ({
  values: { operatorHealth: { [name]: { periodSeconds: 77 } } },
  check: (rendered) =>
    expect(rendered.container()[name]).toMatchObject({
      periodSeconds: 77,
      httpGet: { path, port: "health-port" },
    }),
});

/** One case for each value of scripts/chart/values.ts. */
export const valueCases: Readonly<Record<string, ValueCase>> = {
  watchNamespaces: {
    values: { watchNamespaces: ["a", "b"], webhook: { create: false } },
    check(rendered) {
      expect(rendered.of("ClusterRole")).toEqual([]);
      expect(rendered.of("ClusterRoleBinding")).toEqual([]);
      const roles = rendered.of("Role").filter(({ metadata }) => metadata.name === "flink-operator");
      expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(["a", "b"]);
      expect(rendered.file()).toContain("kubernetes.operator.watched.namespaces: a,b");
    },
  },
  "image.repository": {
    values: { image: { repository: "example.org/a" } },
    check: (rendered) => expect(rendered.container().image).toMatch(/^example\.org\/a:\d/),
  },
  "image.pullPolicy": {
    values: { image: { pullPolicy: "Always" } },
    check: (rendered) => expect(rendered.container().imagePullPolicy).toBe("Always"),
  },
  "image.tag": {
    values: { image: { tag: "a" } },
    check: (rendered) => expect(rendered.container().image).toBe("flink-kubernetes-operator:a"),
  },
  "image.digest": {
    values: { image: { tag: "a", digest } },
    check: (rendered) => expect(rendered.container().image).toBe(`flink-kubernetes-operator@${digest}`),
  },
  imagePullSecrets: {
    values: { imagePullSecrets: [{ name: "a" }] },
    check(rendered) {
      expect(rendered.pod.imagePullSecrets).toEqual([{ name: "a" }]);
      expect(rendered.one("Job").spec.template.spec.imagePullSecrets).toEqual([{ name: "a" }]);
    },
  },
  replicas: {
    values: { replicas: 2 },
    check(rendered) {
      expect(rendered.deployment.spec.replicas).toBe(2);
      expect(rendered.file()).toContain("kubernetes.operator.leader-election.enabled: true");
      expect(rendered.one("Role", "flink-operator-own").rules).toContainEqual({
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        verbs: ["get", "create", "patch"],
      });
    },
  },
  shards: {
    values: { shards: 3 },
    check(rendered) {
      const { replicas, template } = rendered.deployment.spec;
      expect(replicas).toBe(4);
      expect(rendered.file()).toContain("kubernetes.operator.shards: 3");
      expect(rendered.file()).toContain("kubernetes.operator.leader-election.enabled: true");
      // The number is read at the start: the annotation replaces the pods.
      expect(template.metadata.annotations).toMatchObject({ "flink-operator/shards": "3" });
      expect(rendered.one("Role", "flink-operator-own").rules).toContainEqual({
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        verbs: ["get", "create", "patch"],
      });
    },
  },
  "strategy.type": {
    values: { strategy: { type: "RollingUpdate" } },
    check(rendered) {
      expect(rendered.deployment.spec.strategy).toEqual({ type: "RollingUpdate" });
      expect(rendered.file()).toContain("kubernetes.operator.leader-election.enabled: true");
    },
  },
  "strategy.rollingUpdate": {
    values: { strategy: { type: "RollingUpdate", rollingUpdate } },
    check: ({ deployment }) => expect(deployment.spec.strategy.rollingUpdate).toEqual(rollingUpdate),
  },
  "leaderElection.enabled": {
    values: { leaderElection: { enabled: true } },
    check({ deployment, file }) {
      expect(file()).toContain("kubernetes.operator.leader-election.enabled: true");
      // The annotation replaces pods without leader election.
      expect(deployment.spec.template.metadata.annotations).toHaveProperty([
        "flink-operator/leader-election",
      ]);
    },
  },
  "leaderElection.leaseName": {
    values: { replicas: 2, leaderElection: { leaseName: "a" } },
    check: ({ file }) => expect(file()).toContain("kubernetes.operator.leader-election.lease-name: a"),
  },
  "rbac.create": {
    values: { rbac: { create: false }, crds: { upgrade: false } },
    check: ({ all }) => expect(all.filter(({ kind }) => /Role/.test(kind))).toEqual([]),
  },
  "rbac.nodesRule.create": isNamed(
    { rbac: { nodesRule: { create: true } } },
    "ClusterRole",
    "flink-operator-flink-operator-nodes",
  ),
  "rbac.operatorRole.create": notCreated(
    { rbac: { operatorRole: { create: false } } },
    "ClusterRole",
    "flink-operator",
  ),
  "rbac.operatorRole.name": isNamed({ rbac: { operatorRole: { name: "a" } } }, "ClusterRole", "a"),
  "rbac.operatorRoleBinding.create": notCreated(
    { rbac: { operatorRoleBinding: { create: false } } },
    "ClusterRoleBinding",
    "flink-operator-role-binding",
  ),
  "rbac.operatorRoleBinding.name": isNamed(
    { rbac: { operatorRoleBinding: { name: "a" } } },
    "ClusterRoleBinding",
    "a",
  ),
  "rbac.jobRole.create": notCreated({ rbac: { jobRole: { create: false } } }, "Role", "flink"),
  "rbac.jobRole.name": {
    values: { rbac: { jobRole: { name: "a" } } },
    check(rendered) {
      expect(rendered.one("Role", "a").metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
      expect(rendered.one("RoleBinding", "flink-role-binding").roleRef.name).toBe("a");
    },
  },
  "rbac.jobRoleBinding.create": notCreated(
    { rbac: { jobRoleBinding: { create: false } } },
    "RoleBinding",
    "flink-role-binding",
  ),
  "rbac.jobRoleBinding.name": isNamed({ rbac: { jobRoleBinding: { name: "a" } } }, "RoleBinding", "a"),
  "operatorPod.priorityClassName": podField("priorityClassName", "system-cluster-critical"),
  "operatorPod.annotations": {
    values: { operatorPod: { annotations: { a: "b" } } },
    check: ({ deployment }) =>
      expect(deployment.spec.template.metadata.annotations).toMatchObject({ a: "b" }),
  },
  "operatorPod.labels": {
    values: { operatorPod: { labels: { a: "b" } } },
    check({ deployment }) {
      expect(deployment.metadata.labels).toMatchObject({ a: "b" });
      expect(deployment.spec.template.metadata.labels).toMatchObject({ a: "b" });
      // The selector is immutable.
      expect(deployment.spec.selector.matchLabels).not.toHaveProperty("a");
    },
  },
  "operatorPod.env": {
    values: { operatorPod: { env } },
    check: (rendered) => expect(rendered.container().env).toEqual(expect.arrayContaining(env)),
  },
  "operatorPod.envFrom": {
    values: { operatorPod: { envFrom } },
    check: (rendered) => expect(rendered.container().envFrom).toEqual(envFrom),
  },
  "operatorPod.dnsPolicy": podField("dnsPolicy", "Default"),
  "operatorPod.dnsConfig": podField("dnsConfig", { searches: ["a"] }),
  "operatorPod.nodeSelector": podField("nodeSelector", { a: "b" }),
  "operatorPod.affinity": podField("affinity", { nodeAffinity: {} }),
  "operatorPod.tolerations": podField("tolerations", [toleration]),
  "operatorPod.topologySpreadConstraints": podField("topologySpreadConstraints", [{ maxSkew: 1 }]),
  "operatorPod.resources": {
    values: { operatorPod: { resources } },
    check: (rendered) => expect(rendered.container().resources).toEqual(resources),
  },
  "operatorPod.webhook.resources": {
    values: { operatorPod: { webhook: { resources } } },
    check: (rendered) => expect(rendered.container("flink-webhook").resources).toEqual(resources),
  },
  "operatorPod.webhook.container.env": {
    values: { operatorPod: { webhook: { container: { env } } } },
    check: (rendered) => expect(rendered.container("flink-webhook").env).toEqual(expect.arrayContaining(env)),
  },
  "operatorPod.initContainers": podField("initContainers", [extra]),
  "operatorPod.sidecarContainers": {
    values: { operatorPod: { sidecarContainers: [extra] } },
    check: (rendered) => expect(rendered.container("extra")).toEqual(extra),
  },
  "operatorServiceAccount.create": notCreated(
    { operatorServiceAccount: { create: false } },
    "ServiceAccount",
    "flink-operator",
  ),
  "operatorServiceAccount.annotations": {
    values: { operatorServiceAccount: { annotations: { a: "b" } } },
    check: (rendered) =>
      expect(rendered.one("ServiceAccount", "flink-operator").metadata.annotations).toEqual({ a: "b" }),
  },
  "operatorServiceAccount.name": {
    values: { operatorServiceAccount: { name: "a" } },
    check(rendered) {
      expect(rendered.pod.serviceAccountName).toBe("a");
      expect(rendered.one("ClusterRoleBinding", "flink-operator-role-binding").subjects[0].name).toBe("a");
    },
  },
  "jobServiceAccount.create": notCreated({ jobServiceAccount: { create: false } }, "ServiceAccount", "flink"),
  "jobServiceAccount.annotations": {
    values: { jobServiceAccount: { annotations: { a: "b" } } },
    check: (rendered) =>
      expect(rendered.one("ServiceAccount", "flink").metadata.annotations).toEqual({
        "helm.sh/resource-policy": "keep",
        a: "b",
      }),
  },
  "jobServiceAccount.name": {
    values: { jobServiceAccount: { name: "a" } },
    check: (rendered) =>
      expect(rendered.one("RoleBinding", "flink-role-binding").subjects[0]).toMatchObject({ name: "a" }),
  },
  "operatorVolumeMounts.create": {
    values: { operatorVolumeMounts: { create: true }, operatorVolumes: { create: true } },
    check(rendered) {
      const mount = { name: "flink-artifacts", mountPath: "/opt/flink/artifacts" };
      expect(rendered.container().volumeMounts).toContainEqual(mount);
      expect(named(rendered.pod.volumes, "flink-artifacts-volume")).toBeUndefined();
    },
  },
  "operatorVolumeMounts.data": {
    values: { operatorVolumeMounts: { create: true, data: [{ name: "a", mountPath: "/a" }] } },
    check: (rendered) =>
      expect(rendered.container().volumeMounts).toContainEqual({ name: "a", mountPath: "/a" }),
  },
  "operatorVolumes.create": {
    values: { operatorVolumes: { create: true } },
    check: ({ pod }) => expect(named(pod.volumes, "flink-artifacts")).toHaveProperty("hostPath"),
  },
  "operatorVolumes.data": {
    values: { operatorVolumes: { create: true, data: [{ name: "a", emptyDir: {} }] } },
    check: ({ pod }) => expect(pod.volumes).toContainEqual({ name: "a", emptyDir: {} }),
  },
  podSecurityContext: {
    values: { podSecurityContext: { fsGroup: 1, runAsNonRoot: false } },
    check: ({ pod }) =>
      expect(pod.securityContext).toEqual({
        fsGroup: 1,
        runAsNonRoot: false,
        runAsUser: 9999,
        runAsGroup: 9999,
        seccompProfile: { type: "RuntimeDefault" },
      }),
  },
  operatorSecurityContext: {
    values: { operatorSecurityContext: { readOnlyRootFilesystem: false } },
    check: (rendered) =>
      expect(rendered.container().securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: false,
      }),
  },
  webhookSecurityContext: {
    values: { webhookSecurityContext: { runAsUser: 1 } },
    check: (rendered) =>
      expect(rendered.container("flink-webhook").securityContext).toMatchObject({
        runAsUser: 1,
        readOnlyRootFilesystem: true,
      }),
  },
  "webhook.create": {
    values: { webhook: { create: false } },
    check(rendered) {
      expect(rendered.container("flink-webhook")).toBeUndefined();
      expect(rendered.of("Service")).toEqual([]);
      expect(rendered.all.filter(({ kind }) => kind.endsWith("WebhookConfiguration"))).toEqual([]);
      expect(rendered.of("ClusterRole").map(({ metadata }) => metadata.name)).not.toContain(
        "flink-operator-flink-operator-cluster",
      );
    },
  },
  "webhook.validator.create": {
    values: { webhook: { validator: { create: false } } },
    check(rendered) {
      expect(rendered.of("ValidatingWebhookConfiguration")).toEqual([]);
      rendered.one("MutatingWebhookConfiguration");
    },
  },
  "webhook.mutator.create": {
    values: { webhook: { mutator: { create: false } } },
    check(rendered) {
      expect(rendered.of("MutatingWebhookConfiguration")).toEqual([]);
      rendered.one("ValidatingWebhookConfiguration");
    },
  },
  "webhook.keystore.useDefaultPassword": ignored("webhook.keystore.useDefaultPassword", {
    webhook: { keystore: { useDefaultPassword: false } },
  }),
  "webhook.keystore.passwordSecretRef": ignored("webhook.keystore.passwordSecretRef", {
    webhook: { keystore: { passwordSecretRef: { name: "a", key: "b" } } },
  }),
  "webhook.keystore.pkcs12Profile": ignored("webhook.keystore.pkcs12Profile", {
    webhook: { keystore: { pkcs12Profile: "Modern2023" } },
  }),
  "webhook.serviceLabels": {
    values: { webhook: { serviceLabels: { a: "b" } } },
    check: (rendered) => expect(rendered.one("Service").metadata.labels).toMatchObject({ a: "b" }),
  },
  "webhook.certificates": {
    values: { webhook: { certificates: "cert-manager" } },
    check(rendered) {
      rendered.one("Issuer", "flink-operator-selfsigned-issuer");
      expect(rendered.one("Certificate", "flink-operator-serving-cert").spec).toMatchObject({
        secretName: "webhook-server-cert",
        dnsNames: expect.arrayContaining(["flink-operator-webhook-service.flink-operator.svc"]),
      });
      for (const kind of ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]) {
        expect(rendered.one(kind).metadata.annotations).toEqual({
          "cert-manager.io/inject-ca-from": "flink-operator/flink-operator-serving-cert",
        });
      }
      expect(named(rendered.pod.volumes, "keystore")).toHaveProperty("secret");
    },
  },
  "webhook.certificateSecret": {
    values: { webhook: { ...secretCertified.webhook, certificateSecret: "a" } },
    check: ({ pod }) => expect(named(pod.volumes, "keystore")).toMatchObject({ secret: { secretName: "a" } }),
  },
  "webhook.caBundle": {
    values: secretCertified,
    check: (rendered) => expect(webhookOf(rendered).clientConfig.caBundle).toBe("Zm9v"),
  },
  "webhook.failurePolicy": {
    values: { webhook: { failurePolicy: "Ignore" } },
    check: (rendered) => expect(webhookOf(rendered).failurePolicy).toBe("Ignore"),
  },
  "webhook.timeoutSeconds": {
    values: { webhook: { timeoutSeconds: 3 } },
    check: (rendered) => expect(webhookOf(rendered).timeoutSeconds).toBe(3),
  },
  "webhook.namespaceSelector": {
    values: { watchNamespaces: ["a"], webhook: { namespaceSelector: { matchLabels: { b: "c" } } } },
    check: (rendered) =>
      expect(webhookOf(rendered, "MutatingWebhookConfiguration").namespaceSelector).toEqual({
        matchLabels: { b: "c" },
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["a"] }],
      }),
  },
  "defaultConfiguration.create": {
    values: { defaultConfiguration: { create: false } },
    check: (rendered) => expect(rendered.of("ConfigMap")).toEqual([]),
  },
  "defaultConfiguration.append": {
    values: { defaultConfiguration: { append: false } },
    check(rendered) {
      expect(rendered.file()).not.toContain("taskmanager.numberOfTaskSlots");
      expect(rendered.file()).toContain("kubernetes.operator.reconcile.interval: 15 s");
    },
  },
  "defaultConfiguration.config\\.yaml": {
    values: { defaultConfiguration: { "config.yaml": "a:\n  b: c\n" } },
    check(rendered) {
      expect(Object.keys(rendered.one("ConfigMap").data)).not.toContain("flink-conf.yaml");
      expect(rendered.file("config.yaml")).toContain("a:\n  b: c\n");
      expect(rendered.file("config.yaml")).toContain("taskmanager.numberOfTaskSlots: 1");
    },
  },
  "defaultConfiguration.flink-conf\\.yaml": {
    values: { defaultConfiguration: { "flink-conf.yaml": "parallelism.default: 7\n" } },
    check: (rendered) => expect(rendered.file("flink-conf.yaml")).toContain("parallelism.default: 7"),
  },
  "defaultConfiguration.log4j-operator\\.properties": logFile(
    "log4j-operator.properties",
    "rootLogger.level = INFO",
  ),
  "defaultConfiguration.log4j-console\\.properties": logFile("log4j-console.properties", "appender.console"),
  "defaultConfiguration.logback-operator\\.xml": ignored("defaultConfiguration.logback-operator\\.xml", {
    defaultConfiguration: { "logback-operator.xml": "<a/>" },
  }),
  "defaultConfiguration.logback-console\\.xml": logFile("logback-console.xml", undefined),
  "logging.format": {
    values: { logging: { format: "json" } },
    check: (rendered) =>
      expect(rendered.container().env).toContainEqual({ name: "LOG_FORMAT", value: "json" }),
  },
  "logging.framework": ignored("logging.framework", { logging: { framework: "logback" } }),
  "metrics.port": {
    values: { metrics: { port: 9998 } },
    check(rendered) {
      expect(rendered.container().ports).toContainEqual({ name: "metrics", containerPort: 9998 });
      expect(rendered.container().env).toContainEqual({ name: "METRICS_PORT", value: "9998" });
    },
  },
  "metrics.dashboard.create": {
    values: { metrics: { dashboard: { create: true } } },
    check: (rendered) => expect(labelled(rendered, "grafana_dashboard")).toMatchObject({ kind: "ConfigMap" }),
  },
  "metrics.dashboard.labels": {
    values: { metrics: { dashboard: { create: true, labels: { a: "b" } } } },
    check: (rendered) => expect(labelled(rendered, "a")).toMatchObject({ kind: "ConfigMap" }),
  },
  "metrics.rules.create": {
    values: { metrics: { rules: { create: true } } },
    check: (rendered) => expect(rendered.one("PrometheusRule").spec.groups.length).toBeGreaterThan(0),
  },
  "metrics.rules.labels": {
    values: { metrics: { rules: { create: true, labels: { a: "b" } } } },
    check: (rendered) => expect(labelled(rendered, "a")).toMatchObject({ kind: "PrometheusRule" }),
  },
  nameOverride: {
    values: { nameOverride: "a" },
    check({ deployment }) {
      expect(deployment.metadata.name).toBe("a");
      expect(deployment.spec.selector.matchLabels).toEqual({ "app.kubernetes.io/name": "a" });
    },
  },
  fullnameOverride: {
    values: { fullnameOverride: "a", operatorServiceAccount: { name: null } },
    check: ({ pod }) => expect(pod.serviceAccountName).toBe("a"),
  },
  "jvmArgs.webhook": ignored("jvmArgs.webhook", { jvmArgs: { webhook: "-Xmx1g" } }),
  "jvmArgs.operator": ignored("jvmArgs.operator", { jvmArgs: { operator: "-Xmx1g" } }),
  "operatorHealth.port": {
    values: { operatorHealth: { port: 8086 } },
    check(rendered) {
      expect(rendered.container().ports).toContainEqual({ name: "health-port", containerPort: 8086 });
      expect(rendered.file()).toContain("kubernetes.operator.health.probe.port: 8086");
    },
  },
  "operatorHealth.livenessProbe": probe("livenessProbe", "/live"),
  "operatorHealth.startupProbe": probe("startupProbe", "/started"),
  "operatorHealth.readinessProbe": probe("readinessProbe", "/ready"),
  postStart: {
    values: { postStart: { httpGet: { path: "/", port: 1 } } },
    check: (rendered) =>
      expect(rendered.container().lifecycle).toEqual({ postStart: { httpGet: { path: "/", port: 1 } } }),
  },
  "tls.create": {
    values: { tls: { create: true } },
    check(rendered) {
      expect(named(rendered.container().volumeMounts, "flink-operator-cert-secret")).toBeDefined();
      expect(named(rendered.container().env, "OPERATOR_KEYSTORE_PATH")).toBeDefined();
    },
  },
  "tls.secretName": {
    values: { tls: { create: true, secretName: "a" } },
    check: ({ pod }) =>
      expect(named(pod.volumes, "flink-operator-cert-secret")).toMatchObject({ secret: { secretName: "a" } }),
  },
  "tls.secretKeyRef.name": passwordOf({ name: "a" }),
  "tls.secretKeyRef.key": passwordOf({ key: "a" }),
  "crds.upgrade": {
    values: { watchNamespaces: ["a"], crds: { upgrade: true } },
    check(rendered) {
      expect(rendered.one("Job").metadata.annotations).toMatchObject({
        "helm.sh/hook": "pre-install,pre-upgrade",
      });
      rendered.one("ClusterRole", "flink-operator-flink-operator-crds");
    },
  },
  ...dashboardCases,
  "podDisruptionBudget.create": {
    values: { podDisruptionBudget: { create: true } },
    check: (rendered) =>
      expect(rendered.one("PodDisruptionBudget").spec).toEqual({
        maxUnavailable: 1,
        selector: { matchLabels: { "app.kubernetes.io/name": "flink-kubernetes-operator" } },
      }),
  },
  "podDisruptionBudget.minAvailable": {
    values: { podDisruptionBudget: { create: true, minAvailable: 0 } },
    check(rendered) {
      expect(rendered.one("PodDisruptionBudget").spec).toMatchObject({ minAvailable: 0 });
      expect(rendered.one("PodDisruptionBudget").spec).not.toHaveProperty("maxUnavailable");
    },
  },
  "podDisruptionBudget.maxUnavailable": {
    values: { podDisruptionBudget: { create: true, maxUnavailable: "50%" } },
    check: (rendered) =>
      expect(rendered.one("PodDisruptionBudget").spec).toMatchObject({ maxUnavailable: "50%" }),
  },
  "networkPolicy.create": policy({}, ({ spec }) => {
    expect(spec.policyTypes).toEqual(["Ingress"]);
    expect(spec.ingress).toEqual([{ ports: [{ port: 8085 }] }, { ports: [{ port: 9443 }] }]);
  }),
  "networkPolicy.metricsFrom": {
    values: { metrics: { port: 9999 }, networkPolicy: { create: true, metricsFrom: [{ podSelector: {} }] } },
    check: (rendered) =>
      expect(rendered.one("NetworkPolicy").spec.ingress).toContainEqual({
        ports: [{ port: 9999 }],
        from: [{ podSelector: {} }],
      }),
  },
  "networkPolicy.restrictEgress": policy({ restrictEgress: true }, ({ spec }) => {
    expect(spec.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(spec.egress).toHaveLength(3);
  }),
  "networkPolicy.apiServerPorts": policy({ restrictEgress: true, apiServerPorts: [1] }, ({ spec }) =>
    expect(spec.egress).toContainEqual({ ports: [{ port: 1 }] }),
  ),
  "networkPolicy.flinkPorts": policy({ restrictEgress: true, flinkPorts: [1] }, ({ spec }) =>
    expect(spec.egress).toContainEqual({ to: [{ namespaceSelector: {} }], ports: [{ port: 1 }] }),
  ),
  "networkPolicy.egress": policy({ restrictEgress: true, egress: [{ ports: [{ port: 9 }] }] }, ({ spec }) =>
    expect(spec.egress).toContainEqual({ ports: [{ port: 9 }] }),
  ),
};

function policy(values: object, checkPolicy: (policy: ReturnType<Rendered["one"]>) => void): ValueCase {
  return {
    values: { networkPolicy: { create: true, ...values } },
    check: (rendered) => checkPolicy(rendered.one("NetworkPolicy")),
  };
}

function passwordOf(reference: { name?: string; key?: string }): ValueCase {
  return {
    values: { tls: { create: true, secretKeyRef: reference } },
    check: (rendered) =>
      expect(named(rendered.container().env, "OPERATOR_KEYSTORE_PASSWORD")).toMatchObject({
        valueFrom: { secretKeyRef: reference },
      }),
  };
}
