import type { KubeObject } from "../../../src/api/kubernetes.ts";
import type { JsonObject } from "../world/json.ts";
import { namespace } from "../world/world.ts";

export const resourceName = "sample";

export const baselineModes = ["savepoint", "last-state"] as const;
export type BaselineMode = (typeof baselineModes)[number];

/** A pod template with an element in each list that users fill, so that every field of them can be edited. */
const podTemplate = (name: string): JsonObject => ({
  metadata: { labels: { [`team-${name}`]: "data" }, annotations: { "example.com/owner": name } },
  spec: {
    containers: [
      {
        name: "flink-main-container",
        env: [{ name: `EDITION_${name.toUpperCase()}`, value: "1" }],
        volumeMounts: [{ name: `scratch-${name}`, mountPath: `/scratch/${name}` }],
        ports: [{ name: "metrics", containerPort: 9249 }],
      },
    ],
    volumes: [{ name: `scratch-${name}`, emptyDir: {} }],
    nodeSelector: { [`pool-${name}`]: "flink" },
    tolerations: [{ key: "dedicated", operator: "Equal", value: name, effect: "NoSchedule" }],
    imagePullSecrets: [{ name: `pull-${name}` }],
    terminationGracePeriodSeconds: 30,
  },
});

/** The running, healthy resource that every edit starts from: it sets as many fields as can be combined. */
export const baseline = (mode: BaselineMode): KubeObject & { spec: JsonObject } => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: resourceName, namespace },
  spec: {
    image: "flink:1.20",
    imagePullPolicy: "IfNotPresent",
    flinkVersion: "v1_20",
    serviceAccount: "flink",
    restartNonce: 1,
    mode: "native",
    flinkConfiguration: {
      "taskmanager.numberOfTaskSlots": "2",
      "execution.checkpointing.interval": "3 s",
      "state.checkpoints.dir": "file:///data/checkpoints",
      "state.savepoints.dir": "file:///data/savepoints",
      "high-availability.type": "kubernetes",
      "high-availability.storageDir": "file:///data/ha",
      "kubernetes.operator.savepoint.format.type": "CANONICAL",
      "kubernetes.operator.job.restart.failed": "false",
      "env.java.opts.all": "-Dexample=1",
      "taskmanager.memory.managed.fraction": "0.3",
    },
    ingress: {
      template: "flink.example.com/{{namespace}}/{{name}}",
      className: "nginx",
      annotations: { "example.com/rewrite": "/" },
      labels: { exposure: "internal" },
      tls: [{ hosts: ["flink.example.com"], secretName: "flink-tls" }],
    },
    podTemplate: podTemplate("common"),
    jobManager: {
      replicas: 1,
      resource: { cpu: 0.5, memory: "1024m", ephemeralStorage: "1Gi" },
      podTemplate: { metadata: { labels: { tier: "jobmanager" } } },
    },
    taskManager: {
      resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: 1, memory: "1Gi" } },
      podTemplate: { metadata: { labels: { tier: "taskmanager" } } },
    },
    logConfiguration: { "log4j-console.properties": "rootLogger.level = INFO\n" },
    job: {
      jarURI: "local:///opt/flink/usrlib/job.jar",
      entryClass: "com.example.Job",
      args: ["--edition", "1"],
      parallelism: 2,
      state: "running",
      upgradeMode: mode,
      allowNonRestoredState: false,
    },
  },
});
