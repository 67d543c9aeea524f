/** The program of a job: a jar, an SQL script or Python, and that nothing of it is missing or said twice. */
import { type FlinkVersion, isAtLeast, type JobSpec } from "../../api/v1beta1/flinkdeployment.ts";
import type { PythonSpec, SqlSpec, TextSource, VariablesSource } from "../../api/v1beta1/program.ts";
import { declaredJars } from "../../config/jobJars.ts";
import { keyOf, SQL_RUNNER } from "../../config/jobProgram.ts";
import { type Check, isBlank } from "./check.ts";
import { either, type ValidationError } from "./validationError.ts";

type Found = ValidationError | undefined;

const error = (field: string, message: string): ValidationError => ({ field, message });

/** The first of several rules that finds something. */
const first = (...rules: readonly (() => Found)[]): Found => {
  for (const rule of rules) {
    const found = rule();
    if (found !== undefined) return found;
  }
  return undefined;
};

export const programIsOne: Check = ({ spec: { job } }) => {
  if (job?.sql === undefined && job?.python === undefined) return undefined;
  const kind = job.sql === undefined ? "python" : "sql";
  if (job.sql !== undefined && job.python !== undefined)
    return error(
      "spec.job.python",
      "stands beside spec.job.sql: a job has one program; leave one of them out",
    );
  const foreign = (["jarURI", "entryClass"] as const).find((field) => !isBlank(job[field]));
  if (foreign !== undefined)
    return error(
      `spec.job.${foreign}`,
      `is for jobs in a jar, and this one has spec.job.${kind}: leave one of them out`,
    );
  if (job.jars !== undefined)
    return error("spec.job.jars", `is for jobs in a jar: name them in spec.job.${kind}.jars`);
  return kind === "sql" && (job.args ?? []).length > 0
    ? error("spec.job.args", "a script takes none: use spec.job.sql.variables, and ${name} in the script")
    : undefined;
};

/** The oldest Flink that the runner of scripts works with. */
const sqlSince = "v1_16" satisfies FlinkVersion;

export const sqlIsComplete: Check = ({ spec: { job, flinkVersion } }) => sqlProblem(job?.sql, flinkVersion);

const sqlProblem = (sql: SqlSpec | undefined, flinkVersion: FlinkVersion = sqlSince): Found =>
  sql &&
  first(
    () =>
      isAtLeast(flinkVersion, sqlSince)
        ? undefined
        : error("spec.job.sql", `needs Flink ${sqlSince} or newer, and this is ${flinkVersion}`),
    () => sourceProblem("spec.job.sql", sql, ["script", "scriptFrom"]),
    () => textProblem("spec.job.sql", sql),
    () => sizeProblem("spec.job.sql", sql.script, sql.variables),
    () => variableProblem(sql.variables ?? {}),
    () => firstOf(sql.variablesFrom, indexed("spec.job.sql.variablesFrom"), variablesSourceProblem),
  );

export const pythonIsComplete: Check = ({ spec: { job } }) => pythonProblem(job?.python);

const pythonSources = ["script", "scriptFrom", "file", "module"] as const;

const pythonProblem = (python: PythonSpec | undefined): Found =>
  python &&
  first(
    () => sourceProblem("spec.job.python", python, pythonSources),
    () => textProblem("spec.job.python", python),
    () => sizeProblem("spec.job.python", python.script),
    () =>
      python.scriptFrom === undefined || keyOf(python.scriptFrom[0] ?? {}).endsWith(".py")
        ? undefined
        : error("spec.job.python.scriptFrom[0]", "is the program, and its key must end with .py"),
    () => firstOf(single(python.file), () => "spec.job.python.file", pythonFileProblem),
    () => firstOf(single(python.requirements), () => "spec.job.python.requirements", localFileProblem),
    () => firstOf(python.files, indexed("spec.job.python.files"), localFileProblem),
    () => firstOf(python.archives, indexed("spec.job.python.archives"), localFileProblem),
    () => firstOf(single(python.module), () => "spec.job.python.module", moduleProblem),
    () => firstOf(single(python.executable), () => "spec.job.python.executable", executableProblem),
  );

/** Exactly one of the fields that say where the program is. */
function sourceProblem<Field extends string>(
  field: string,
  program: { readonly [F in Field]?: unknown },
  names: readonly Field[],
): Found {
  const [one, other] = names.filter((name) => program[name] !== undefined);
  if (one === undefined) return error(field, `needs ${either(names)}: there is no program`);
  return other === undefined
    ? undefined
    : error(`${field}.${other}`, `stands beside ${field}.${one}: leave one of them out`);
}

/** The status has script and variables twice, and an object of Kubernetes at most a good megabyte. */
const LONGEST_PROGRAM = 256 * 1024;

function sizeProblem(field: string, script = "", variables: Readonly<Record<string, string>> = {}): Found {
  const ofScript = Buffer.byteLength(script);
  const ofVariables = Buffer.byteLength(Object.entries(variables).flat().join(""));
  const size = ofScript + ofVariables;
  if (size <= LONGEST_PROGRAM) return undefined;
  const [larger, other, otherSize] =
    ofVariables > ofScript ? ["variables", "script", ofScript] : ["script", "variables", ofVariables];
  return error(
    `${field}.${larger}`,
    `has ${size} bytes${otherSize === 0 ? "" : ` together with ${field}.${other}`}, and may have ${LONGEST_PROGRAM}: ` +
      `put it into a ConfigMap and name that in ${field}.${larger}From`,
  );
}

const textProblem = (field: string, { script, scriptFrom }: Pick<SqlSpec, "script" | "scriptFrom">): Found =>
  first(
    () =>
      script !== undefined && isBlank(script)
        ? error(`${field}.script`, "is blank: write the program, or leave the field out")
        : undefined,
    () =>
      scriptFrom?.length === 0
        ? error(`${field}.scriptFrom`, "is empty: name a key of a ConfigMap or Secret, or use script")
        : undefined,
    () => firstOf(scriptFrom, indexed(`${field}.scriptFrom`), textSourceProblem),
    () => firstOf(scriptFrom, indexed(`${field}.scriptFrom`), repeatedKey(scriptFrom ?? [])),
  );

function textSourceProblem({ configMapKeyRef, secretKeyRef }: TextSource, field: string): Found {
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined || (configMapKeyRef !== undefined && secretKeyRef !== undefined))
    return error(field, "must have one of configMapKeyRef and secretKeyRef");
  const name = configMapKeyRef === undefined ? "secretKeyRef" : "configMapKeyRef";
  const missing = isBlank(reference.name) ? "name" : isBlank(reference.key) ? "key" : undefined;
  return missing === undefined
    ? keyProblem(`${field}.${name}.key`, reference.key ?? "")
    : error(`${field}.${name}.${missing}`, "must be set");
}

/** The rule of Kubernetes for keys, each of which becomes a file. */
const keyName = /^(?!\.\.)(?!\.$)[-._A-Za-z0-9]+$/;

function keyProblem(field: string, key: string): Found {
  if (!keyName.test(key))
    return error(
      field,
      `is no key of a ConfigMap or Secret: use letters, digits, _, - and dots, not "${key.slice(0, 100)}"`,
    );
  return key === SQL_RUNNER
    ? error(
        field,
        `is the name of the jar that runs scripts, beside which it would be a file: rename the key`,
      )
    : undefined;
}

/** The files of all sources lie in one folder. */
const repeatedKey =
  (sources: readonly TextSource[]) =>
  (source: TextSource, field: string): Found =>
    sources.find((other) => keyOf(other) === keyOf(source)) === source
      ? undefined
      : error(field, `has the key ${keyOf(source)} again: each needs a name of its own`);

function variablesSourceProblem({ configMapRef, secretRef }: VariablesSource, field: string): Found {
  const reference = configMapRef ?? secretRef;
  if (reference === undefined || (configMapRef !== undefined && secretRef !== undefined))
    return error(field, "must have one of configMapRef and secretRef");
  const name = configMapRef === undefined ? "secretRef" : "configMapRef";
  return isBlank(reference.name) ? error(`${field}.${name}.name`, "must be set") : undefined;
}

/** As for the keys of ConfigMaps, since each variable is a file. Files with a leading dot are Kubernetes' own. */
const variableName = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}$/;

function variableProblem(variables: Readonly<Record<string, string>>): Found {
  const wrong = Object.keys(variables).find((name) => !variableName.test(name));
  return wrong === undefined
    ? undefined
    : error(
        `spec.job.sql.variables["${wrong.slice(0, 60)}"]`,
        "is no name of a variable: use letters, digits, _, - and, not at the beginning, a dot",
      );
}

/** Files that Flink's Python driver takes from the JobManager's own disk. A comma would divide a list. */
const localFileProblem = (uri: string, field: string): Found =>
  /^local:\/\/\/[^\s,]+$/.test(uri)
    ? undefined
    : error(
        field,
        `must be a file in the JobManager's image, as local:///opt/flink/usrlib/NAME, not "${uri.slice(0, 100)}"`,
      );

const pythonFileProblem = (uri: string, field: string): Found =>
  localFileProblem(uri, field) ??
  (uri.endsWith(".py") ? undefined : error(field, `must end with .py, not "${uri.slice(0, 100)}"`));

const moduleProblem = (name: string, field: string): Found =>
  /^[^\s,./]+(\.[^\s,./]+)*$/.test(name)
    ? undefined
    : error(field, `must be the name of a module, as package.job, not "${name.slice(0, 100)}"`);

/** Flink starts it without a shell: white space would be a part of its name. */
const executableProblem = (path: string, field: string): Found =>
  /^[^\s,]+$/.test(path)
    ? undefined
    : error(
        field,
        `must be one path, as /opt/venv/bin/python, without white space and options, not "${path.slice(0, 100)}"`,
      );

const single = (item: string | undefined): string[] => (item === undefined ? [] : [item]);

const indexed =
  (field: string) =>
  (index: number): string =>
    `${field}[${index}]`;

const firstOf = <Item>(
  items: readonly Item[] | undefined,
  fieldOf: (index: number) => string,
  check: (item: Item, field: string) => Found,
): Found => first(...(items ?? []).map((item, index) => () => check(item, fieldOf(index))));

/** The program of a session job, with the Flink version of its cluster: a session job has none of its own. */
export const sessionProgramProblem = (
  job: JobSpec | undefined,
  flinkVersion: FlinkVersion | undefined,
): Found =>
  first(
    () => unmountedProblem(job),
    () => sqlProblem(job?.sql, flinkVersion),
    () => pythonProblem(job?.python),
  );

/** What the pods of a session cluster, which exist before the job, cannot have. */
function unmountedProblem(job: JobSpec | undefined): Found {
  const refused = (field: string, instead: string) =>
    error(field, `is not possible for a session job, whose cluster's pods do not mount it: ${instead}`);
  const unreadable = (field: string) =>
    error(
      field,
      "is not possible for a session job, whose cluster's pods do not mount it, and the operator reads no Secrets: " +
        "name a ConfigMap for what is no secret, or use a FlinkDeployment with the job",
    );
  const { sql, python } = job ?? {};
  const secretScript = (sql?.scriptFrom ?? []).findIndex(({ secretKeyRef }) => secretKeyRef !== undefined);
  if (secretScript >= 0) return unreadable(`spec.job.sql.scriptFrom[${secretScript}].secretKeyRef`);
  const secretVariables = (sql?.variablesFrom ?? []).findIndex(({ secretRef }) => secretRef !== undefined);
  if (secretVariables >= 0) return unreadable(`spec.job.sql.variablesFrom[${secretVariables}].secretRef`);
  if (job !== undefined && declaredJars(job).jars.length > 0)
    return refused(
      declaredJars(job).field,
      "put the jars into the cluster's image, below /opt/flink/lib, or use a FlinkDeployment with the job",
    );
  const inline = (["script", "scriptFrom"] as const).find((field) => python?.[field] !== undefined);
  return inline === undefined
    ? undefined
    : refused(
        `spec.job.python.${inline}`,
        "name a file of the cluster's image in file, or use a FlinkDeployment with the job",
      );
}
