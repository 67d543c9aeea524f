import type { NativeCluster } from "./nativeCluster.ts";

/** A cluster whose TaskManagers are the pods of a Deployment, and not created by the JobManager. */
export interface StandaloneCluster extends Omit<NativeCluster, "mode"> {
  readonly mode: "standalone";
}

export type FlinkCluster = NativeCluster | StandaloneCluster;
