import type { FlinkDeployment } from "../../../src/api/v1beta1/flinkdeployment.ts";

/** The namespaces of the operator's resources, of those of the bare client, and of the operator. */
export const namespaces = { jobs: "jobs", bare: "bare", operator: "flink-operator" } as const;

/** The name of the n-th resource. No name begins with another. */
export const nameOf = (n: number): string => `job-${String(n).padStart(5, "0")}`;

/** The resource that an object's name belongs to: "job-00001" for "flink-config-job-00001". */
export const resourceOf = (objectName: string): string | undefined => /job-\d{5,}/.exec(objectName)?.[0];

/** A resource as users write them: an application with resources, and ten options of Flink. */
export function flinkDeployment(namespace: string, name: string): FlinkDeployment {
  return {
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkDeployment",
    metadata: { namespace, name, labels: { team: "streaming" } },
    spec: {
      image: "localhost/flink:1.20",
      flinkVersion: "v1_20",
      serviceAccount: "flink",
      flinkConfiguration: {
        "taskmanager.numberOfTaskSlots": "2",
        "execution.checkpointing.interval": "60 s",
        "execution.checkpointing.min-pause": "30 s",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "state.backend.type": "rocksdb",
        "state.backend.incremental": "true",
        "state.checkpoints.dir": `s3://checkpoints/${name}`,
        "state.savepoints.dir": `s3://savepoints/${name}`,
        "restart-strategy.type": "exponential-delay",
        "metrics.reporter.prom.factory.class":
          "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
      },
      jobManager: { resource: { cpu: 0.5, memory: "1024m" } },
      taskManager: { resource: { cpu: 1, memory: "2048m" } },
      job: {
        jarURI: "local:///opt/flink/usrlib/job.jar",
        args: ["--topic", name],
        parallelism: 2,
        upgradeMode: "savepoint",
      },
    },
  };
}
