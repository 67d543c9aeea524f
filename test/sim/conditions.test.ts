import { expect, test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { kstatus } from "../support/kstatus.ts";
import { playFaultFree } from "./families.ts";
import { workloads } from "./workloads/all.ts";
import { otherWriter } from "./workloads/objectWriter.workloads.ts";
import { sameType } from "./world/kubernetes/store.ts";

const kstatusConditions = ["Ready", "Reconciling", "Stalled"];

const trueConditions = ({ status }: FlinkDeployment): (string | undefined)[] =>
  (status?.conditions ?? [])
    .filter(({ type = "", status }) => kstatusConditions.includes(type) && status === "True")
    .map(({ type }) => type);

/** Whether the job or the session cluster is in the state of the spec, by fields that the Java operator has too. */
const matchesSpec = ({ spec, status, metadata }: FlinkDeployment): boolean => {
  // Created suspended: nothing is deployed, so no generation is observed. Its resumption may not be noticed yet.
  if (status?.lifecycleState === "CREATED" && status.reconciliationStatus?.lastReconciledSpec === undefined)
    return status.error === undefined;
  if (status?.observedGeneration !== metadata.generation || status?.error !== undefined) return false;
  if (status?.reconciliationStatus?.state !== "DEPLOYED") return false;
  if (spec.job === undefined) return status.jobManagerDeploymentStatus === "READY";
  const job = status.jobStatus?.state;
  return spec.job?.state === "suspended"
    ? status.lifecycleState === "SUSPENDED"
    : job === "RUNNING" || job === "FINISHED";
};

/** Checks every version of the resource that was stored, except one whose status somebody else wrote. */
test.each(workloads.map(({ name, healthy }) => ({ name, healthy })))(
  "$name: at every moment, the conditions for kubectl wait, Flux and Argo CD are true",
  async ({ name, healthy }) => {
    const { world } = await playFaultFree(name);
    const overwritten = new Set(
      world.journal
        .of("kubernetes-write")
        .filter(({ actor, verb }) => actor === otherWriter && verb === "replace-status")
        .map(({ revision }) => revision),
    );
    const versions = world.store.history
      .filter(
        ({ type, object, revision }) =>
          sameType(type, resourceTypes.flinkDeployment) &&
          object.status !== undefined &&
          !overwritten.has(revision),
      )
      .map(({ object }) => asFlinkDeployment(object));
    expect(versions.length).toBeGreaterThan(0);
    for (const version of versions) {
      expect(trueConditions(version)).toHaveLength(1);
      const result = kstatus(version);
      if (result === "Current") expect(matchesSpec(version), JSON.stringify(version.status)).toBe(true);
      if (healthy) expect(result).not.toBe("Failed");
    }
    const last = versions.at(-1);
    if (last !== undefined && matchesSpec(last) && last.metadata.deletionTimestamp === undefined)
      expect(kstatus(last)).toBe("Current");
  },
);
