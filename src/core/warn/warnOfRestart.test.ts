import { expect, it } from "vitest";
import { type FlinkDeploymentSpec, flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { warnOfRestart } from "./warnOfRestart.ts";

const job = { jarURI: "local:///a.jar", parallelism: 1, upgradeMode: "savepoint" } as const;
const application: FlinkDeploymentSpec = { image: "a", job };
const warn = (deployed: FlinkDeploymentSpec, desired: FlinkDeploymentSpec) =>
  warnOfRestart({ deployed, desired, type: flinkDeploymentSpec });

it("returns nothing if nothing is disrupted", () => {
  expect(warn(application, application)).toBeUndefined();
  expect(warn(application, { ...application, ingress: { template: "x" } })).toBeUndefined();
  expect(warn(application, { ...application, job: { ...job, upgradeMode: "stateless" } })).toBeUndefined();
  expect(
    warn(application, { ...application, flinkConfiguration: { "kubernetes.operator.x": "1" } }),
  ).toBeUndefined();
});

it.each([
  ["savepoint", /restarts the job: it is stopped with a savepoint and goes on from that$/],
  ["last-state", /restarts the job: it goes on from its newest checkpoint$/],
  ["stateless", /restarts the job: it starts empty, without its state$/],
] as const)("names the field and how the state is restored by %s", (upgradeMode, expected) => {
  const warning = warn(application, { ...application, image: "b", job: { ...job, upgradeMode } });
  expect(warning).toMatch(/^the change of spec.image /);
  expect(warning).toMatch(expected);
});

it("reports a suspension, and nothing for a job that is suspended already", () => {
  const suspended: FlinkDeploymentSpec = { ...application, job: { ...job, state: "suspended" } };
  expect(warn(application, suspended)).toBe(
    "the change of spec.job.state stops the job: with a savepoint, from which it can be resumed",
  );
  expect(warn(suspended, { ...suspended, image: "b" })).toBeUndefined();
  expect(warn(suspended, application)).toBeUndefined();
});

it("reports what a redeployment discards", () => {
  const redeployed = { ...job, savepointRedeployNonce: 1, initialSavepointPath: "s3://b/s" };
  expect(warn(application, { ...application, job: redeployed })).toMatch(
    /without a snapshot and starts it again from s3:\/\/b\/s; state younger than that is given up$/,
  );
});

it("counts the fields that it does not name", () => {
  const flinkConfiguration = Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((key) => [key, "1"]));
  expect(warn(application, { ...application, flinkConfiguration })).toMatch(
    /^the change of spec.flinkConfiguration.a, .*, spec.flinkConfiguration.d, 2 more restarts the job/,
  );
});

it("reports that the jobs of a session cluster stop with it", () => {
  expect(warn({ image: "a" }, { image: "b" })).toBe(
    "the change of spec.image restarts the session cluster, and with it every job on it",
  );
  const wide = { mode: "standalone", taskManager: { replicas: 3 } } as const;
  expect(warn({ ...wide, taskManager: { replicas: 4 } }, wide)).toMatch(
    /^the change of spec.taskManager.replicas scales the session cluster in place/,
  );
});
