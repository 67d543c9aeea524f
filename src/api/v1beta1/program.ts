/** The programs of jobs that need no jar of the user's: SQL scripts and Python (docs/adr/0026). */
import { field, list, map, object, type Static, string, text } from "../declaration.ts";

/** Not known to the Java operator: the stored spec has only those that are set. */
const own = { added: true } as const;

const objectReference = (kind: string) =>
  object(`${kind}Reference`, {
    name: field(string, `Name of the ${kind}, in the resource's namespace.`, own),
  });

const keySelector = (kind: string) =>
  object(`${kind}KeySelector`, {
    name: field(string, `Name of the ${kind}, in the resource's namespace.`, own),
    key: field(string, "The key with the text. Its file has the same name.", own),
  });

const textSource = object("TextSource", {
  configMapKeyRef: field(keySelector("ConfigMap"), "A key of a ConfigMap.", own),
  secretKeyRef: field(keySelector("Secret"), "A key of a Secret.", own),
});
export interface TextSource extends Static<typeof textSource> {}

const variablesSource = object("VariablesSource", {
  configMapRef: field(objectReference("ConfigMap"), "A ConfigMap.", own),
  secretRef: field(objectReference("Secret"), "A Secret.", own),
});
export interface VariablesSource extends Static<typeof variablesSource> {}

const jarSource = object("JarSource", {
  uri: field(
    string,
    "`https://…`, `s3://…`, or what the operator allows besides: an init container fetches it. `local:///path`: a file in the image.",
    own,
  ),
  sha256: field(string, "Checksum of a fetched jar, as `sha256sum` prints it. Another file is refused.", own),
});
export interface JarSource extends Static<typeof jarSource> {}

const jarList = list(jarSource);
const onClassPath =
  "Jars for the class path of JobManager and TaskManagers: connectors, and libraries of functions. Only in a FlinkDeployment.";

/** The jars beside the jar of a job. */
export const jarsOfJar = {
  type: jarList,
  doc: `${onClassPath} The Java operator does not know this field.`,
} as const;

export const sqlProgram = object("SqlSpec", {
  script: field(
    text("sql"),
    "The script: definitions, and INSERT statements that become one job. `${name}` stands for a variable, `$${` for `${`.",
    own,
  ),
  scriptFrom: field(
    list(textSource),
    "Instead of `script`: keys of ConfigMaps and Secrets whose texts follow each other. The JobManager's pod mounts them; " +
      "a change there takes effect with the next launch. In a FlinkSessionJob only ConfigMaps, which the operator reads.",
    own,
  ),
  variables: field(
    map(string),
    "Values of variables. For secrets use `variablesFrom`: this field is stored in the status too.",
    own,
  ),
  variablesFrom: field(
    list(variablesSource),
    "ConfigMaps and Secrets each key of which is a variable. Of equal names the last one counts, and one of `variables` " +
      "before all. The JobManager's pod mounts them. In a FlinkSessionJob only ConfigMaps, which the operator reads.",
    own,
  ),
  jars: field(jarList, onClassPath, own),
});
export interface SqlSpec extends Static<typeof sqlProgram> {}

const localFile = "`local:///path` in the JobManager's image";

export const pythonProgram = object("PythonSpec", {
  script: field(string, "The program. Needs an image with Python and PyFlink, as all of these.", own),
  scriptFrom: field(
    list(textSource),
    "Instead of `script`: keys of ConfigMaps and Secrets. The first is the program, and its key ends with `.py`; the others " +
      "are modules for it.",
    own,
  ),
  file: field(string, `Instead of \`script\`: a file, as ${localFile}.`, own),
  module: field(string, "Instead of `script`: the name of a module that is in `files` or installed.", own),
  files: field(list(string), `Modules and packages for the program and its functions, as ${localFile}.`, own),
  requirements: field(
    string,
    `A requirements.txt that TaskManagers install from, as ${localFile}. They need access to a package index.`,
    own,
  ),
  archives: field(
    list(string),
    `Archives that are unpacked for the functions, as ${localFile}, with \`#directory\` for another name.`,
    own,
  ),
  executable: field(
    string,
    "The Python interpreter: a path in the image, or one in an archive for the functions alone.",
    own,
  ),
  jars: field(jarList, onClassPath, own),
});
export interface PythonSpec extends Static<typeof pythonProgram> {}
