import {
  flag,
  group,
  ignored,
  listOf,
  named,
  objectName,
  oneOf,
  orNull,
  own,
  port,
  reference,
  structure,
  text,
  textMap,
  type ValueTree,
  wholeNumber,
} from "./declaration.ts";

const replicas = wholeNumber({ minimum: 0 });
const countOrPercent = orNull({ type: ["integer", "string"] });
const keepPolicy = { "helm.sh/resource-policy": "keep" };

const account = (name: string, annotations: Record<string, string>, doc: string) =>
  group(doc, {
    create: reference(true, flag, "Create it."),
    annotations: reference(annotations, textMap, "Its annotations."),
    name: reference(name, objectName, "Its name."),
  });

const role = (name: string, doc: string) =>
  group(doc, {
    create: reference(true, flag, "Create it."),
    name: reference(name, objectName, "Its name."),
  });

/** All values of the chart. values.yaml, values.schema.json and docs/reference/helm-values.md are generated from this. */
export const chartValues: ValueTree = {
  watchNamespaces: reference(
    [],
    listOf({ type: "string", pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" }),
    "Namespaces that the operator looks after; empty: all. Where some are named, it gets a Role in each of them and no " +
      "right beyond (see docs/install.md).",
  ),
  image: group("The operator's image.", {
    repository: own(
      "flink-kubernetes-operator",
      { type: "string", minLength: 1 },
      "Its name. A released chart names the image that was released with it.",
    ),
    pullPolicy: reference("IfNotPresent", oneOf("Always", "IfNotPresent", "Never"), "When nodes pull it."),
    tag: own("", text, "Its tag; empty: the chart's appVersion."),
    digest: reference("", { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" }, "Goes before the tag."),
  }),
  imagePullSecrets: reference([], listOf(named), "Secrets for a registry that asks for credentials."),
  replicas: reference(
    1,
    replicas,
    "Pods of the operator. With more than one, one of them acts and the others stand by (leaderElection), or one for each " +
      "of the shards.",
  ),
  shards: own(
    1,
    wholeNumber({ minimum: 1, maximum: 16 }),
    "Among how many pods the namespaces are divided; each acts for its own. Above 1 there are at least as many replicas, " +
      "and one that stands by; leader election is on (see docs/install.md).",
  ),
  strategy: group("How the pods are replaced.", {
    type: reference("Recreate", oneOf("Recreate", "RollingUpdate"), "RollingUpdate needs leader election."),
    rollingUpdate: own(null, orNull(structure), "For RollingUpdate: maxSurge and maxUnavailable."),
  }),
  leaderElection: group("How several pods agree on the one that acts.", {
    enabled: own(
      null,
      orNull(flag),
      "Absent: where there is more than one replica or shard, or the strategy is RollingUpdate. Options of the operator's " +
        "configuration (kubernetes.operator.leader-election.*) go before it.",
    ),
    leaseName: own("flink-operator-lease", objectName, "The Lease that they contend for."),
  }),
  rbac: group("Rights.", {
    create: reference(true, flag, "Create roles and bindings."),
    nodesRule: group("Listing nodes.", {
      create: reference(
        false,
        flag,
        "Let the operator list nodes and all pods: kubernetes.operator.cluster.resource-view.refresh-interval needs it.",
      ),
    }),
    operatorRole: role("flink-operator", "The operator's role."),
    operatorRoleBinding: role("flink-operator-role-binding", "Its binding."),
    jobRole: role("flink", "The role of jobs: what a JobManager may do in its namespace."),
    jobRoleBinding: role("flink-role-binding", "Its binding."),
  }),
  operatorPod: group("The operator's pod.", {
    priorityClassName: reference(null, orNull(text), "Its priority class."),
    annotations: reference({}, textMap, "Its annotations."),
    labels: reference({}, textMap, "Labels beside the chart's own."),
    env: reference(null, orNull(listOf(named)), "Environment of the operator's container."),
    envFrom: reference(null, orNull(listOf(structure)), "Environment from ConfigMaps and Secrets."),
    dnsPolicy: reference("", text, "Its DNS policy."),
    dnsConfig: reference({}, structure, "Its DNS configuration."),
    nodeSelector: reference({}, textMap, "Nodes it may run on."),
    affinity: reference({}, structure, "Its affinity."),
    tolerations: reference([], listOf(structure), "Taints it tolerates."),
    topologySpreadConstraints: reference([], listOf(structure), "How replicas are spread."),
    resources: reference(
      {},
      structure,
      "Resources of the operator's container; docs/capacity.md has what so many jobs need.",
    ),
    webhook: group("The webhook's container.", {
      resources: reference({}, structure, "Its resources."),
      container: group("Its container.", {
        env: reference(null, orNull(listOf(named)), "Its environment."),
      }),
    }),
    initContainers: reference([], listOf(named), "Containers to run before."),
    sidecarContainers: reference([], listOf(named), "Containers to run beside."),
  }),
  operatorServiceAccount: account("flink-operator", {}, "The operator's service account."),
  jobServiceAccount: account(
    "flink",
    keepPolicy,
    "The service account of jobs, in each watched namespace, or in the release's where all are watched. What jobs " +
      "need stays after an uninstall, since they run on.",
  ),
  operatorVolumeMounts: group("Volumes in the operator's container.", {
    create: reference(false, flag, "Mount them."),
    data: reference(
      [{ name: "flink-artifacts", mountPath: "/opt/flink/artifacts" }],
      listOf(named),
      "The mounts.",
    ),
  }),
  operatorVolumes: group("Volumes of the operator's pod.", {
    create: reference(false, flag, "Add them."),
    data: reference(
      [{ name: "flink-artifacts", hostPath: { path: "/tmp/flink/artifacts", type: "DirectoryOrCreate" } }],
      listOf(named),
      "The volumes.",
    ),
  }),
  podSecurityContext: reference(
    { runAsUser: 9999, runAsGroup: 9999 },
    structure,
    "Of the pod, over the chart's own: non-root, seccomp RuntimeDefault.",
  ),
  operatorSecurityContext: reference(
    {},
    structure,
    "Of the operator's container, over the chart's own: a read-only root, no privileges, no escalation, no capabilities.",
  ),
  webhookSecurityContext: reference({}, structure, "Of the webhook's container, likewise."),
  webhook: group(
    "Admission: mistakes are told by `kubectl apply`. The operator makes the same checks itself.",
    {
      create: reference(true, flag, "Run the webhook."),
      validator: group("The validating webhook.", {
        create: reference(null, orNull(flag), "Absent: as webhook.create."),
      }),
      mutator: group("The mutating webhook.", {
        create: reference(null, orNull(flag), "Absent: as webhook.create."),
      }),
      keystore: group("Java's key store.", {
        useDefaultPassword: ignored(true, flag, "Certificates are PEM files here."),
        passwordSecretRef: ignored(null, orNull(structure), "Certificates are PEM files here."),
        pkcs12Profile: ignored("", text, "Certificates are PEM files here."),
      }),
      serviceLabels: reference({}, textMap, "Labels of the webhook's Service."),
      certificates: own(
        "self-managed",
        oneOf("self-managed", "cert-manager", "secret"),
        "self-managed: the operator is its own authority and rotates in time. cert-manager: by its Issuer and Certificate. " +
          "secret: certificateSecret is yours, and caBundle names its authority.",
      ),
      certificateSecret: own("webhook-server-cert", objectName, "The Secret with tls.crt and tls.key."),
      caBundle: own("", text, "For certificates: secret: the PEM of the authority, in base64."),
      failurePolicy: own("Fail", oneOf("Fail", "Ignore"), "What happens while no webhook answers."),
      timeoutSeconds: own(10, wholeNumber({ minimum: 1, maximum: 30 }), "How long the API server waits."),
      namespaceSelector: own(
        {},
        structure,
        "Namespaces whose resources are judged, beside the limit of watchNamespaces.",
      ),
    },
  ),
  defaultConfiguration: group("The ConfigMap flink-operator-config.", {
    create: reference(true, flag, "Create it. Where off, it must be there."),
    append: reference(true, flag, "Put the chart's own configuration (conf/) before what is said here."),
    "config.yaml": own(
      null,
      orNull(text),
      "The operator's options and defaults for all jobs, as YAML. Where given, flink-conf.yaml is left out.",
    ),
    "flink-conf.yaml": reference(
      [
        "# Flink Config Overrides",
        "kubernetes.operator.metrics.reporter.slf4j.factory.class: org.apache.flink.metrics.slf4j.Slf4jReporterFactory",
        "kubernetes.operator.metrics.reporter.slf4j.interval: 5 MINUTE",
        "",
        "kubernetes.operator.reconcile.interval: 15 s",
        "kubernetes.operator.observer.progress-check.interval: 5 s",
        "",
      ].join("\n"),
      orNull(text),
      'The same in the older form, one "key: value" a line.',
    ),
    "log4j-operator.properties": reference(
      [
        "# Flink Operator Logging Overrides",
        "# rootLogger.level = DEBUG",
        "# logger.operator.name= org.apache.flink.kubernetes.operator",
        "# logger.operator.level = DEBUG",
        "",
      ].join("\n"),
      orNull(text),
      "The operator reads rootLogger.level from it.",
    ),
    "log4j-console.properties": reference(
      ["# Flink Deployment Logging Overrides", "# rootLogger.level = DEBUG", ""].join("\n"),
      orNull(text),
      "How jobs log that bring no logConfiguration.",
    ),
    "logback-operator.xml": ignored(
      null,
      orNull(text),
      "The operator's log is set by log4j-operator.properties.",
    ),
    "logback-console.xml": reference(null, orNull(text), "How jobs log that use logback."),
  }),
  logging: group("How the operator and its webhook log.", {
    format: own(
      "text",
      oneOf("text", "json"),
      "text: lines for people, with [LEVEL][namespace/name] as in the Java operator's log; json: one object a line.",
    ),
    framework: ignored(
      "log4j2",
      oneOf("log4j2", "logback"),
      "The operator's log needs none; jobs take both files.",
    ),
  }),
  metrics: group("Metrics for Prometheus.", {
    port: reference(null, orNull(port), "Names the port of the container, and serves metrics there."),
    dashboard: group("A dashboard for Grafana, as a ConfigMap that its sidecar loads.", {
      create: own(false, flag, "Create it."),
      labels: own({ grafana_dashboard: "1" }, structure, "What the sidecar looks for."),
    }),
    rules: group("Alert rules, as a PrometheusRule of the Prometheus operator.", {
      create: own(false, flag, "Create it."),
      labels: own({}, structure, "What the Prometheus looks for."),
    }),
  }),
  nameOverride: reference("", text, "Name of the Deployment and its label, instead of the chart's."),
  fullnameOverride: reference("", text, "Name of service accounts that are given none."),
  jvmArgs: group("Options of a JVM.", {
    webhook: ignored("", text, "There is none."),
    operator: ignored("", text, "There is none."),
  }),
  operatorHealth: group("Health probes.", {
    port: reference(8085, port, "Where they are answered."),
    livenessProbe: reference(
      { periodSeconds: 10, initialDelaySeconds: 30 },
      orNull(structure),
      "Thresholds and periods; null: no such probe.",
    ),
    startupProbe: reference({ failureThreshold: 30, periodSeconds: 10 }, orNull(structure), "Likewise."),
    readinessProbe: own({ periodSeconds: 2 }, orNull(structure), "Likewise."),
  }),
  postStart: reference({}, structure, "A hook of the operator's container. The image has no shell."),
  tls: group("Certificates of the operator towards Flink's REST.", {
    create: reference(false, flag, "Mount them at /opt/flink/tls-cert."),
    secretName: reference("flink-operator-cert", objectName, "The Secret that holds them."),
    secretKeyRef: group("The password of the stores.", {
      name: reference("operator-certificate-password", objectName, "Its Secret."),
      key: reference("password", text, "Its key."),
    }),
  }),
  crds: group("CustomResourceDefinitions. Helm itself creates them only where they are absent.", {
    upgrade: own(
      null,
      orNull(flag),
      "Bring them up to date before each install and upgrade, by a Job with rights of its own. Absent: where all " +
        "namespaces are watched, since it takes a right to the whole cluster.",
    ),
  }),
  dashboard: group(
    "A web page of all jobs (docs/dashboard.md), as a Deployment of its own without rights of its own.",
    {
      enabled: own(false, flag, "Run it."),
      replicas: own(
        1,
        replicas,
        "Its pods. With more than one, the Service keeps each client at one of them.",
      ),
      publicUrl: own("", text, "The URL that browsers open, as https://flink.example.com."),
      plainHttp: own(false, flag, "Browsers reach it without TLS. For a test on loopback."),
      sessionHours: own(12, wholeNumber({ minimum: 1, maximum: 720 }), "How long a login lasts at most."),
      sessionKeySecret: own(
        "",
        text,
        "A Secret of yours with the key that seals sessions, as `key`, of at least 32 characters. Empty: the chart makes one, and keeps " +
          "it. Name one where manifests are rendered without a cluster, as by Argo CD: the chart's would be another each time.",
      ),
      trustedProxies: own(
        [],
        listOf(text),
        "Addresses and networks of proxies that are believed, as 10.0.0.0/8.",
      ),
      clusterName: own(
        "local",
        { type: "string", pattern: "^[A-Za-z0-9][-A-Za-z0-9._]{0,62}$" },
        "What it calls its own cluster.",
      ),
      namespaces: own(
        [],
        listOf(text),
        "Namespaces that it looks into for those who may not list namespaces. Empty: watchNamespaces.",
      ),
      loginHeader: own("", text, "The header in which a trusted proxy sends the caller's token."),
      oidc: own(
        null,
        orNull(structure),
        "A login at an identity provider: issuer, clientId, clientSecretFile, scopes.",
      ),
      otherClusters: own(
        [],
        listOf(named),
        "More clusters, as the option `clusters` of docs/dashboard.md has them.",
      ),
      env: own(
        [],
        listOf(named),
        "Environment of its container, as NODE_EXTRA_CA_CERTS for an identity provider.",
      ),
      volumes: own(
        [],
        listOf(named),
        "Volumes of its pod, as those with kubeconfigs or the OIDC client's secret.",
      ),
      volumeMounts: own([], listOf(named), "Their mounts."),
      resources: own(
        { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        structure,
        "Resources of its container.",
      ),
      service: group("Its Service.", {
        type: own("ClusterIP", oneOf("ClusterIP", "NodePort", "LoadBalancer"), "Its type."),
        port: own(80, port, "Its port."),
        annotations: own({}, textMap, "Its annotations."),
      }),
      ingress: group("An Ingress to it.", {
        create: own(false, flag, "Create it."),
        className: own("", text, "Its class; empty: the cluster's default."),
        host: own("", text, "The host that browsers open. It must be given."),
        annotations: own({}, textMap, "Its annotations."),
        tlsSecret: own("", text, "The Secret with the certificate of the host; empty: TLS ends elsewhere."),
      }),
      httpRoute: group("An HTTPRoute to it, for the Gateway API.", {
        create: own(false, flag, "Create it."),
        parentRefs: own([], listOf(named), "The gateways. At least one must be given."),
        hostnames: own([], listOf(text), "The hosts that browsers open."),
      }),
    },
  ),
  podDisruptionBudget: group("A limit to voluntary disruptions, for more than one replica.", {
    create: own(false, flag, "Create it."),
    minAvailable: own(null, countOrPercent, "Pods that must stay."),
    maxUnavailable: own(1, countOrPercent, "Pods that may go; left out where minAvailable is given."),
  }),
  networkPolicy: group("Who may reach the operator, and whom it may reach.", {
    create: own(false, flag, "Create it."),
    metricsFrom: own([], listOf(structure), "Peers that may read metrics; empty: all."),
    restrictEgress: own(
      false,
      flag,
      "Allow only name resolution, the API server, Flink's REST in any namespace, and networkPolicy.egress.",
    ),
    apiServerPorts: own([443, 6443], listOf(port), "Where the API server is reached."),
    flinkPorts: own([8081], listOf(port), "Where JobManagers answer (rest.port)."),
    egress: own([], listOf(structure), "Further rules, for instance to where artifacts are."),
  }),
};
