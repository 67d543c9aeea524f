import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** The job is being stopped with a savepoint, for an upgrade or a suspension. Imports no types of decisions, which need it. */
export const isBeingStopped = ({ jobStatus }: Pick<FlinkResourceStatus, "jobStatus">): boolean =>
  jobStatus?.savepointInfo?.triggerType === "UPGRADE";
