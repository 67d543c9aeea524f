import type { FlinkDeploymentStatus } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Application } from "./application.ts";
import type { SpecPatch } from "./counter.ts";
import { until } from "./until.ts";

/** The change, and its upgrade is a warm one. */
export const warm = (change: SpecPatch): SpecPatch => ({
  ...change,
  flinkConfiguration: { "kubernetes.operator.job.upgrade.warm": "true" },
});

/** Waits until nothing of the upgrade is left. An absent cluster id: the cluster has the name of the resource. */
export const moved = (app: Application, clusterId: string | undefined): Promise<FlinkDeploymentStatus> =>
  until("the old cluster is gone", async () => {
    const status = await app.status();
    return status.clusterId === clusterId && status.warmUpgrade === undefined ? status : undefined;
  });
