import { expect, test } from "vitest";
import type { FlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob } from "../api/v1beta1/flinksessionjob.ts";
import { flinkConfig } from "./flinkConfig.ts";
import { submittedJobConfig } from "./sessionJobConfig.ts";

const cluster: FlinkDeployment = {
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: "session", namespace: "ns" },
  spec: {
    flinkVersion: "v2_1",
    flinkConfiguration: { "execution.checkpointing.interval": "10 s", "state.backend.type": "rocksdb" },
    jobManager: { resource: { memory: "1g" } },
    taskManager: { resource: { memory: "1g" } },
  },
};

const submitted = (flinkConfiguration: Record<string, string>) => {
  const resource: FlinkSessionJob = {
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkSessionJob",
    metadata: { name: "job", namespace: "ns" },
    spec: { deploymentName: "session", job: { upgradeMode: "savepoint" }, flinkConfiguration },
  };
  return submittedJobConfig({
    operatorConfig: flinkConfig({ "kubernetes.operator.reconcile.interval": "15 s" }),
    resource,
    cluster,
    clusterSpec: undefined,
  });
};

test("a session job is submitted with what differs from its cluster, and with its defaults", () => {
  const own = { "execution.checkpointing.interval": "1 min", "state.backend.type": "rocksdb" };
  const sent = submitted(own);
  expect(sent).toMatchObject({ "execution.checkpointing.interval": "1 min", "pipeline.name": "job" });
  expect(sent).not.toHaveProperty(["state.backend.type"]);
});

test("neither the operator's options nor internal ones are sent to Flink", () => {
  const sent = submitted({
    "kubernetes.operator.savepoint.history.max.count": "3",
    "job.autoscaler.enabled": "false",
    "$internal.pipeline.job-id": "a".repeat(32),
    "pipeline.max-parallelism": "8",
  });
  const names = Object.keys(sent);
  expect(names).toContain("pipeline.max-parallelism");
  expect(names.filter((name) => /^(kubernetes\.operator|job\.autoscaler|\$internal)\./.test(name))).toEqual(
    [],
  );
});
