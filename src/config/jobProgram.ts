/** What Flink is told to run: of a jar job what its spec says, of SQL and Python what stands for it (docs/adr/0026). */
import type { DeploymentMode, JobSpec } from "../api/v1beta1/flinkdeployment.ts";
import type { PythonSpec, SqlSpec, TextSource } from "../api/v1beta1/program.ts";

export interface JobProgram {
  readonly jarURI?: string | undefined;
  readonly entryClass?: string | undefined;
  readonly args: readonly string[];
}

/** Directories in the JobManager's pod: the files of a program, and a folder for each source of variables. */
export const PROGRAM_DIRECTORY = "/opt/flink/program";
export const variablesDirectory = (index: number): string => `/opt/flink/variables/${index}`;

/** The directory in which a standalone JobManager looks for jars. */
export const USER_LIBRARY = "/opt/flink/usrlib";

export const SQL_RUNNER = "flink-sql-runner.jar";
export const SQL_RUNNER_CLASS = "flink.operator.sql.SqlJob";

/** Options of the JVM that checks a script. */
export const sqlCheckJvm = {
  /** What Flink needs from Java 9 on, for JDK_JAVA_OPTIONS: Java 8 ignores the variable. */
  addOpens: ["java.util", "java.lang"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`).join(" "),
  /** The result is all that it prints. */
  quiet: ["-Dlog4j2.level=OFF", "-Dlog4j2.disable.jmx=true"],
} as const;
export const PYTHON_DRIVER = "org.apache.flink.client.python.PythonDriver";

/** The names of the files of inline scripts. */
export const inlineScripts = { sql: "job.sql", python: "job.py" } as const;

export function jobProgram(job: JobSpec, mode: DeploymentMode): JobProgram {
  if (job.sql !== undefined) {
    return {
      // A standalone JobManager finds the class in its own directory of jars, and has no option for a jar but the user's.
      ...(mode === "native" && { jarURI: `local://${PROGRAM_DIRECTORY}/${SQL_RUNNER}` }),
      entryClass: SQL_RUNNER_CLASS,
      args: sqlArguments(job.sql),
    };
  }
  if (job.python !== undefined) {
    return { entryClass: PYTHON_DRIVER, args: [...pythonArguments(job.python), ...(job.args ?? [])] };
  }
  return { jarURI: job.jarURI, entryClass: job.entryClass, args: job.args ?? [] };
}

/** The names of the files of a program in its directory, in order. */
export const programFileNames = (
  { script, scriptFrom }: Pick<SqlSpec, "script" | "scriptFrom">,
  inlineName: string,
): readonly string[] => (script === undefined ? (scriptFrom ?? []).map(keyOf) : [inlineName]);

/** The key that a source refers to; its file has the same name. */
export const keyOf = ({ configMapKeyRef, secretKeyRef }: TextSource): string =>
  (configMapKeyRef ?? secretKeyRef)?.key ?? "";

/** How many folders of variables there are: one for each source, and one for inline variables. */
export const variableFolders = ({ variables, variablesFrom = [] }: SqlSpec): number =>
  variablesFrom.length + (Object.keys(variables ?? {}).length > 0 ? 1 : 0);

const sqlArguments = (sql: SqlSpec): string[] => [
  ...programFileNames(sql, inlineScripts.sql).flatMap((name) => ["--script", `${PROGRAM_DIRECTORY}/${name}`]),
  ...Array.from({ length: variableFolders(sql) }, (_, index) => [
    "--variables",
    variablesDirectory(index),
  ]).flat(),
];

/** Flink's options of a Python program (`flink run --help`). */
function pythonArguments(python: PythonSpec): string[] {
  const { file, module, files = [], requirements, archives = [], executable } = python;
  const [main, ...modules] = programFileNames(python, inlineScripts.python).map(
    (name) => `${PROGRAM_DIRECTORY}/${name}`,
  );
  const program = main ?? (file === undefined ? undefined : localPath(file));
  const option = (name: string, values: readonly string[]) =>
    values.length === 0 ? [] : [name, values.join(",")];
  return [
    ...(program === undefined ? option("-pym", module === undefined ? [] : [module]) : ["-py", program]),
    ...option("-pyfs", [...modules, ...files.map(localPath)]),
    ...option("-pyreq", requirements === undefined ? [] : [localPath(requirements)]),
    ...option("-pyarch", archives.map(localPath)),
    // The program itself runs before any archive is unpacked.
    ...(executable?.startsWith("/") ? ["-pyclientexec", executable] : []),
    ...option("-pyexec", executable === undefined ? [] : [executable]),
  ];
}

const localPath = (uri: string): string => uri.replace(/^local:\/\//, "");
