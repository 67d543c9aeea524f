import { flinkOptions, isHighAvailabilityEnabled } from "../../../config/flinkOptions.ts";
import type { FlinkCluster } from "../flinkCluster.ts";

/**
 * The arguments of the image's entrypoint for a standalone JobManager (NATIVE 10). The job's own arguments come last.
 */
export function standaloneArguments({ config, programArgs }: FlinkCluster): readonly string[] {
  const leader = isHighAvailabilityEnabled(config) ? ["-D", "jobmanager.rpc.address=$(_POD_IP_ADDRESS)"] : [];
  if (programArgs === undefined) return ["jobmanager", ...leader];
  const mainClass = config.get(flinkOptions.mainClass);
  const savepoint = config.get(flinkOptions.savepointPath);
  return [
    "standalone-job",
    ...(mainClass === undefined ? [] : ["--job-classname", mainClass]),
    ...(config.get(flinkOptions.ignoreUnclaimedState) ? ["--allowNonRestoredState"] : []),
    ...(savepoint === undefined ? [] : ["--fromSavepoint", savepoint]),
    ...leader,
    ...programArgs,
  ];
}
