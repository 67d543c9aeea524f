import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { diffSpec } from "../diff/diff.ts";
import type { decide } from "../job/decide.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSpec,
  aStatus,
  flinkFacts,
  noCluster,
  withJobSpec,
} from "../job/situation.fixture.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { decideFlinkDeployment } from "./decide.ts";

const ingress = { template: "{{name}}.example.com" };
const withIngress: FlinkDeploymentSpec = { ...aSpec, ingress };

const edit = (
  spec: FlinkDeploymentSpec,
  status: FlinkDeploymentStatus | undefined,
  facts = {},
  settings = {},
) => decideFlinkDeployment(anInput(aResource(spec, status), facts, { configure: aConfiguration(settings) }));
type Decided = ReturnType<typeof decide>;
const recordedOf = ({ status }: Decided) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec);

describe("an edit of the ingress alone", () => {
  test.each<[string, FlinkDeploymentSpec, FlinkDeploymentSpec]>([
    ["that adds one", aSpec, withIngress],
    ["that changes it", withIngress, { ...aSpec, ingress: { template: "other.example.com" } }],
    ["that takes it away", withIngress, aSpec],
    [
      "that makes it an HTTPRoute",
      withIngress,
      { ...aSpec, ingress: { ...ingress, parentRefs: [{ name: "edge" }] } },
    ],
  ])("%s restarts nothing and is recorded as deployed and stable", (_, from, to) => {
    const before = aStatus(from);
    const decision = edit(to, before);
    expect(decision.actions).toEqual([]);
    const acts = decision.independent.actions.map(({ kind }) => kind);
    expect(acts).toEqual(to.ingress === undefined ? [] : ["apply-route"]);
    expect(decision.events.map(({ reason }) => reason)).toEqual(["SpecChanged"]);
    expect(decision.status).toMatchObject({
      observedGeneration: 2,
      lifecycleState: "STABLE",
      jobStatus: { state: "RUNNING" },
      reconciliationStatus: { state: "DEPLOYED", reconciliationTimestamp: 1_000 },
    });
    expect(recordedOf(decision)?.spec.ingress).toEqual(to.ingress);
    expect(decision.status.reconciliationStatus?.lastStableSpec).toBe(
      decision.status.reconciliationStatus?.lastReconciledSpec,
    );
  });

  test("leaves nothing for the Java operator to do, which compares with the spec", () => {
    const decision = edit(
      { ...withIngress, job: { ...aSpec.job, upgradeMode: "last-state" } },
      aStatus(aSpec),
    );
    const recorded = recordedOf(decision)?.spec ?? {};
    expect(diffSpec(recorded, withIngress).type).toBe("IGNORE");
    // It records how the job was started, not how the next upgrade is to be done.
    expect(recorded).toMatchObject({ ingress, job: { upgradeMode: "savepoint" } });
  });

  test("does not make an unstable spec stable", () => {
    const before = aStatus(aSpec);
    const unstable = { ...before.reconciliationStatus, lastStableSpec: undefined };
    const decision = edit(
      withIngress,
      { ...before, jobStatus: { ...before.jobStatus, state: "RESTARTING" }, reconciliationStatus: unstable },
      { flink: flinkFacts("RESTARTING") },
    );
    expect(recordedOf(decision)?.spec.ingress).toEqual(ingress);
    expect(decision.status.reconciliationStatus?.lastStableSpec).toBeUndefined();
  });

  test("waits for no job: it is recorded in any job state", () => {
    expect(recordedOf(edit(withIngress, aStatus(aSpec), noCluster))?.spec.ingress).toEqual(ingress);
  });

  test("of a suspended resource is recorded too", () => {
    const suspended = withJobSpec({ state: "suspended" });
    const decision = edit(
      { ...suspended, ingress },
      aStatus(suspended, { job: { state: "FINISHED" } }),
      noCluster,
    );
    expect(recordedOf(decision)?.spec.ingress).toEqual(ingress);
    expect(decision.status).toMatchObject({ observedGeneration: 2, lifecycleState: "SUSPENDED" });
  });

  test("has no effect if the operator does not manage Ingresses, and that is reported", () => {
    const decision = edit(withIngress, aStatus(aSpec), {}, { managesIngress: false });
    expect(decision.events.map(({ reason }) => reason)).toEqual(["SpecChanged", "IngressManagement"]);
    expect(recordedOf(decision)?.spec.ingress).toEqual(ingress);
    expect(edit(withIngress, decision.status, {}, { managesIngress: false }).independent.actions).toEqual([]);
  });
});

describe("an edit that the Java operator ignores", () => {
  test.each<[string, FlinkDeploymentSpec]>([
    ["upgradeMode", withJobSpec({ upgradeMode: "last-state" })],
    ["allowNonRestoredState", withJobSpec({ allowNonRestoredState: true })],
    ["initialSavepointPath", withJobSpec({ initialSavepointPath: "file:/x" })],
    [
      "a key of the operator",
      { ...aSpec, flinkConfiguration: { "kubernetes.operator.reconcile.interval": "1 s" } },
    ],
  ])("%s: only its generation is noted, and the recorded spec stays as it is", (_, spec) => {
    const before = aStatus(aSpec);
    const decision = edit(spec, before);
    expect(decision).toMatchObject({ actions: [], events: [], status: { observedGeneration: 2 } });
    expect(decision.status.reconciliationStatus).toEqual(before.reconciliationStatus);
  });
});
