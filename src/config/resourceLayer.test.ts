import { describe, expect, it } from "vitest";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob } from "../api/v1beta1/flinksessionjob.ts";
import { validateFlinkDeployment } from "../core/validate/validateFlinkDeployment.ts";
import { deployConfig, effectiveConfig, observeConfig } from "./effectiveConfig.ts";
import { type FlinkConfig, flinkConfig } from "./flinkConfig.ts";
import { jarPolicy } from "./jarPolicy.ts";
import { operatorOptions } from "./operatorOptions.ts";
import { observedSessionJobConfig, sessionJobConfig } from "./sessionJobConfig.ts";

const prefix = "kubernetes.operator.user.artifacts";
const flinkConfiguration = {
  [`${prefix}.disallow-restricted-hosts`]: "false",
  kubernetes: { operator: { user: { artifacts: { "allowed-schemes": "http", "max-size": "1 tb" } } } },
  "taskmanager.numberOfTaskSlots": "3",
};
const operatorConfig = flinkConfig({ [`${prefix}.allowed-schemes`]: "https;s3" });
const metadata = { name: "demo", namespace: "apps" };
const uri = "https://10.0.0.1/a.jar";
const resource = asFlinkDeployment({
  metadata,
  spec: { flinkVersion: "v1_20", flinkConfiguration, job: { jars: [{ uri }] } },
});
const sessionJob = { metadata, spec: { deploymentName: "demo", flinkConfiguration } } as FlinkSessionJob;
const session = { operatorConfig, resource: sessionJob, cluster: resource, clusterSpec: resource.spec };

describe("the operator's rules for jars", () => {
  it.each<[string, FlinkConfig]>([
    ["the desired spec", effectiveConfig({ operatorConfig, resource })],
    ["a launch", deployConfig({ operatorConfig, resource })],
    ["the deployed spec", observeConfig({ operatorConfig, resource }, resource.spec)],
    ["a session job", sessionJobConfig(session)],
    ["a deployed session job", observedSessionJobConfig(session, sessionJob.spec)],
  ])("cannot be lifted by the resource: %s", (_, config) => {
    expect(jarPolicy(config)).toMatchObject({ schemes: ["https", "s3"], restrictedHosts: "refuse" });
    expect(config.isSet(operatorOptions.artifactMaxSize)).toBe(false);
    expect(config.entries.get("taskmanager.numberOfTaskSlots")).toBe("3");
  });

  it("hold in the validation", () => {
    expect(validateFlinkDeployment(resource, effectiveConfig({ operatorConfig, resource }))).toContainEqual({
      field: "spec.job.jars[0].uri",
      message: expect.stringContaining("disallow-restricted-hosts"),
    });
  });
});
