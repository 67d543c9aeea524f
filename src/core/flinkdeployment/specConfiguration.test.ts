import { describe, expect, test } from "vitest";
import { asFlinkDeployment, type FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import type { JarSource } from "../../api/v1beta1/program.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { specConfiguration } from "./specConfiguration.ts";

const withJars = (jars: JarSource[], flinkConfiguration = {}): FlinkDeploymentSpec => ({
  flinkVersion: "v2_3",
  flinkConfiguration,
  job: { jarURI: "local:///job.jar", jars },
});
const tried = (spec: FlinkDeploymentSpec, deployed: FlinkDeploymentSpec) =>
  specConfiguration({
    operatorConfig: flinkConfig({ "s3.endpoint": "https://s3.example.com" }),
    resource: asFlinkDeployment({ metadata: { name: "demo", namespace: "apps" }, spec }),
    deployed: { spec: deployed, metadata: { firstDeployment: false } },
  })
    .submission?.({ generation: 2, jobId: "j", launchId: "", restore: { kind: "none" } })
    .jars?.map(({ uri, isDeployed }) => ({ uri, isDeployed }));

const https = "https://jars.example.com/a.jar";
const s3 = "s3://jars/b.jar";
const sha256 = "a".repeat(64);

describe("the jars that the operator tries to fetch", () => {
  test("are all, and those of the running job are marked", () => {
    const deployed = withJars([{ uri: https }, { uri: s3 }]);
    expect(tried(withJars([{ uri: https }, { uri: s3, sha256 }]), deployed)).toEqual([
      { uri: https, isDeployed: true },
      { uri: `${s3}#sha256=${sha256}`, isDeployed: undefined },
    ]);
  });

  test("are none of an S3 that is not the operator's", () => {
    const own = { "s3.endpoint": "https://s3.of-the-job.example.com" };
    expect(tried(withJars([{ uri: s3 }], own), withJars([]))).toBeUndefined();
    expect(tried(withJars([{ uri: s3 }, { uri: https }], own), withJars([]))).toHaveLength(1);
  });
});
