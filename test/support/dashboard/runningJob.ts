import type { KubeObject } from "../../../src/api/kubernetes.ts";
import { FINALIZER } from "../../../src/api/v1beta1/names.ts";
import { aStatus, withJobSpec } from "../../../src/core/job/situation.fixture.ts";
import { formatLastReconciledSpec } from "../../../src/core/spec/lastReconciledSpec.ts";

/** A job that runs as its spec asks. The spec whose job was stable has another parallelism. */
export function runningJob(namespace: string, name: string): KubeObject {
  const spec = {
    ...withJobSpec({ parallelism: 2 }),
    flinkConfiguration: {
      "state.checkpoints.dir": `s3://flink/${name}/checkpoints`,
      "state.savepoints.dir": `s3://flink/${name}/savepoints`,
    },
    jobManager: { resource: { memory: "1024m", cpu: 1 } },
    taskManager: { resource: { memory: "1024m", cpu: 1 } },
  };
  const status = aStatus(spec, { job: { startTime: "500" }, observedGeneration: 2 });
  const lastStableSpec = formatLastReconciledSpec(
    { ...spec, job: { ...spec.job, parallelism: 1 } },
    { firstDeployment: false },
  );
  return {
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkDeployment",
    metadata: { namespace, name, generation: 2, labels: { team: namespace }, finalizers: [FINALIZER] },
    spec,
    status: {
      ...status,
      reconciliationStatus: { ...status.reconciliationStatus, lastStableSpec },
      conditions: [{ type: "Ready", status: "True", reason: "Running", message: "The job runs." }],
      decisions: [
        {
          time: "2026-01-02T00:00:00Z",
          act: "Upgrade",
          reason: "the spec changed",
          stoppedAt: "2026-01-02T00:00:10Z",
          runningAt: "2026-01-02T00:00:25Z",
        },
      ],
    },
  };
}
