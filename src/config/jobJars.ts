/** The jars beside a job's program: connectors, and libraries of its functions (docs/adr/0029). */
import { isLocal, readJarUri } from "../api/jarUri.ts";
import type { JobSpec } from "../api/v1beta1/flinkdeployment.ts";
import type { JarSource } from "../api/v1beta1/program.ts";

/** Where the pods of JobManager and TaskManagers have the fetched jars. */
export const JARS_DIRECTORY = "/opt/flink/jars";

/** The jars of a job, with the field that names them: they belong to its program. */
export function declaredJars(job: JobSpec): { readonly field: string; readonly jars: readonly JarSource[] } {
  if (job.sql !== undefined) return { field: "spec.job.sql.jars", jars: job.sql.jars ?? [] };
  if (job.python !== undefined) return { field: "spec.job.python.jars", jars: job.python.jars ?? [] };
  return { field: "spec.job.jars", jars: job.jars ?? [] };
}

export interface JobJar {
  /** Where the pods have it. */
  readonly path: string;
  /** The source of a jar that is fetched, with its checksum in the fragment; undefined: it is in the image. */
  readonly source: { readonly field: string; readonly uri: string } | undefined;
}

/** The jars of a valid spec, in the order of the class path. */
export function jobJars(job: JobSpec | undefined): readonly JobJar[] {
  if (job === undefined) return [];
  const { field, jars } = declaredJars(job);
  return jars.map(({ uri = "", sha256 }, index) => {
    const read = readJarUri(uri);
    if ("wrong" in read) return { path: uri, source: undefined };
    if (isLocal(read.scheme)) return { path: uri.replace(/^local:\/\//, ""), source: undefined };
    return {
      // Two sources may have files of the same name.
      path: `${JARS_DIRECTORY}/${index}-${fileName(read.url)}`,
      source: {
        field: `${field}[${index}].uri`,
        uri: sha256 === undefined ? uri : `${uri}#sha256=${sha256}`,
      },
    };
  });
}

/** With the characters that need no quotes anywhere. */
function fileName({ pathname }: URL): string {
  const last = decodeURIComponent(pathname)
    .split("/")
    .at(-1)
    ?.replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(-100);
  return last?.endsWith(".jar") === true ? last : `${last ?? ""}.jar`;
}

export const hasFetchedJars = (job: JobSpec | undefined): boolean =>
  jobJars(job).some(({ source }) => source !== undefined);

/** As Flink's option pipeline.classpaths names them. */
export const jarClasspaths = (job: JobSpec | undefined): readonly string[] =>
  jobJars(job).map(({ path }) => `file://${path}`);
