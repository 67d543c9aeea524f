import { colors } from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { blueGreenChildName } from "../../src/api/v1beta1/names.ts";
import { resourceName } from "./workloads/resource.ts";
import type { World } from "./world/world.ts";

/** The clusters of the two FlinkDeployments of a FlinkBlueGreenDeployment. */
export const childClusters: readonly string[] = colors.map((color) =>
  blueGreenChildName(resourceName, color),
);
export const isChild = (cluster: string): boolean => childClusters.includes(cluster);

/** The name of the session job with an id; "" is the application, and one of two is named by its cluster. */
export const jobNames = (journal: World["journal"]): ((jobId: string) => string) => {
  const names = new Map(
    journal
      .of("job-started")
      .map(({ jobId, cluster, sessionJob = isChild(cluster) ? cluster : "" }) => [jobId, sessionJob]),
  );
  return (jobId) => names.get(jobId) ?? "";
};
