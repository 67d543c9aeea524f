/** The entries of a configuration that are written to the file of the cluster: all that the file can hold. */
import { BuildError } from "../../../config/buildError.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { fitsLegacyConfigFile } from "../../../config/values/configFile.ts";
import type { FlinkCluster } from "../flinkCluster.ts";

/**
 * The entries for flink-conf.yaml. Of a value that the file cannot hold (NATIVE 5), Flink would silently read only the
 * beginning. So such a spec is refused, unless only the operator reads the key, to build objects from it. Throws BuildError.
 */
export function legacyFileEntries(cluster: FlinkCluster): readonly (readonly [string, string])[] {
  const entries = [...cluster.config.entries].sort();
  const unfit = new Set(
    entries.filter(([key, value]) => !fitsLegacyConfigFile(key, value)).map(([key]) => key),
  );
  const misread = [...unfit].filter((key) => !isForObjectsOnly(key, cluster)).flatMap(fieldsOf(cluster));
  const [first, ...others] = misread;
  if (first === undefined) return entries.filter(([key]) => !unfit.has(key));
  const also = others.length === 0 ? "" : ` (so have ${others.join(", ")})`;
  throw new BuildError(
    first,
    `${first}: has a "#" or a line break in it${also}, where Flink 1 ends a value of flink-conf.yaml: ${remedy(misread)}`,
  );
}

const remedy = (fields: readonly string[]): string =>
  fields.some((field) => field.startsWith("spec.job.args"))
    ? "hand such an argument over in a file or an environment variable, or set spec.mode to standalone"
    : "write it without, or use Flink 2";

/** The prefixes of keys that only the operator reads, to build the objects. */
const forObjects = [
  "containerized.master.env.",
  "kubernetes.internal-service.",
  "kubernetes.jobmanager.",
  "kubernetes.rest-service.",
];
/** The prefixes of TaskManagers. In native mode the JobManager reads them, to create their pods. */
const forTaskManagers = ["containerized.taskmanager.env.", "kubernetes.taskmanager."];

const isForObjectsOnly = (key: string, { mode }: FlinkCluster): boolean =>
  forObjects.some((prefix) => key.startsWith(prefix)) ||
  (mode === "standalone" &&
    // A standalone job gets its arguments from its container.
    (key === flinkOptions.programArgs.key || forTaskManagers.some((prefix) => key.startsWith(prefix))));

const fields: Readonly<Record<string, string>> = {
  [flinkOptions.image.key]: "spec.image",
  [flinkOptions.mainClass.key]: "spec.job.entryClass",
  [flinkOptions.pipelineJars.key]: "spec.job.jarURI",
  [flinkOptions.pipelineClasspaths.key]: "spec.job.jarURI",
  [flinkOptions.savepointPath.key]: "spec.job.initialSavepointPath",
};

/** What the user has set: the field of the spec that a key is derived from, or the key itself. */
const fieldsOf =
  ({ programArgs = [], job }: FlinkCluster) =>
  (key: string): readonly string[] => {
    if (key !== flinkOptions.programArgs.key) return [fields[key] ?? key];
    // Before the arguments of a Python program come those of Flink's driver, of which archives may have a "#".
    const own = job?.python === undefined ? 0 : programArgs.length - (job.args ?? []).length;
    return programArgs.flatMap((arg, at) =>
      /[#\r\n]/.test(arg) ? [at < own ? "spec.job.python" : `spec.job.args[${at - own}]`] : [],
    );
  };
