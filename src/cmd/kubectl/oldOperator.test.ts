import { expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { type FakeAnswer, holding, runCommand } from "./fakeKubectl.fixture.ts";
import { cluster, file, image, live, manifest, spec, stored } from "./runningJob.fixture.ts";

/** As an operator writes it that knows neither conditions nor decisions, such as the Java operator 1.10. */
const old: KubeObject = {
  ...live,
  status: {
    jobStatus: { jobId: "a".repeat(32), jobName: "job", state: "RUNNING", startTime: "500" },
    jobManagerDeploymentStatus: "READY",
    lifecycleState: "STABLE",
    reconciliationStatus: {
      state: "DEPLOYED",
      reconciliationTimestamp: 500,
      lastReconciledSpec: JSON.stringify({
        spec,
        resource_metadata: {
          apiVersion: "flink.apache.org/v1beta1",
          metadata: { generation: 1 },
          firstDeployment: false,
        },
      }),
      lastStableSpec: JSON.stringify({ spec }),
    },
    fieldOfAnotherVersion: { any: 1 },
  },
};
const answers: readonly FakeAnswer[] = [...cluster, ...holding(old)];

it.each([
  ["status", /^NAME[\s\S]*job/],
  ["status job", /^FlinkDeployment ns\/job\nHealth: +\S+/],
  ["explain job", /RUNNING/],
  ["migrate job", /job +FlinkDeployment +\S+/],
  ["diff job", /^$/],
])("%s works on a resource of an older operator", async (line, said) => {
  const { stdout, stderr, code } = await runCommand(answers, ...line.split(" "), "-n", "ns");
  expect(stdout).toMatch(said);
  expect({ stderr: stderr.join(), code }).toEqual({
    stderr: line === "diff job" ? "it is deployed as the spec says" : "",
    code: 0,
  });
});

it("plans an edit of a resource of an older operator", async () => {
  const { stdout, code } = await runCommand(
    [stored(image), ...answers],
    ...["plan", "-f", file(manifest(image))],
  );
  expect(stdout).toMatch(/spec.image: flink:2.3 -> flink:9 \(restart\)[\s\S]*Downtime:\n {2}unknown/);
  expect(code).toBe(2);
});
