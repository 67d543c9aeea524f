import { expect, it } from "vitest";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { warnOfLoggedSecrets } from "./warnOfLoggedSecrets.ts";

const fromSecret = (name: string) => ({ name, valueFrom: { secretKeyRef: { name: "db", key: "url" } } });
const template = {
  spec: {
    containers: [
      { name: "sidecar", env: [fromSecret("OTHER_URL")] },
      {
        name: "flink-main-container",
        env: [fromSecret("DATABASE_URL"), fromSecret("DB_PASSWORD"), { name: "REGION", value: "eu" }],
        envFrom: [{ secretRef: { name: "more" } }, { configMapRef: { name: "some" } }, { secretRef: null }],
      },
    ],
  },
};
const python: FlinkDeploymentSpec = {
  job: { python: { script: "a" } },
  jobManager: { podTemplate: template },
};

it("names the variables of Secrets that Flink logs", () => {
  expect(warnOfLoggedSecrets(python)).toEqual([
    expect.stringMatching(
      /^spec.jobManager.podTemplate: the variable DATABASE_URL of a Secret is logged .* file$/,
    ),
    expect.stringMatching(/^spec.jobManager.podTemplate: what the Secret more has/),
  ]);
  expect(warnOfLoggedSecrets({ ...python, jobManager: undefined, podTemplate: template })).toHaveLength(2);
});

it("says nothing of jobs that are not written in Python, nor of TaskManagers", () => {
  expect(warnOfLoggedSecrets({ ...python, job: { sql: { script: "a" } } })).toEqual([]);
  expect(warnOfLoggedSecrets({ job: python.job, taskManager: { podTemplate: template } })).toEqual([]);
  const driver = { entryClass: "org.apache.flink.client.python.PythonDriver" };
  expect(warnOfLoggedSecrets({ ...python, job: driver })).toHaveLength(2);
});
