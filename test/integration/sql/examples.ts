import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import type { KubeObject } from "../../../src/api/kubernetes.ts";
import { asFlinkDeployment } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Script } from "./runMany.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "examples");

/** The script of each examples/sql-*.yaml as its JobManager has it, by file. */
export const exampleScripts: Readonly<Record<string, Script>> = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => /^sql-.*\.yaml$/.test(file))
    .sort()
    .map((file) => [file, scriptOf(file)]),
);

/** The same as a job that ends: sources that count count to three. */
export const finite = ({ sql, ...script }: Script): Script => ({
  ...script,
  sql: [sql].flat().map((text) => text.replaceAll(/\.end' = '\d+'/g, ".end' = '3'")),
  job: true,
});

function scriptOf(file: string): Script {
  const objects = loadAll(readFileSync(join(folder, file), "utf8")) as KubeObject[];
  const dataOf = (name = ""): Record<string, string> => {
    const found = objects.find(({ kind, metadata }) => kind !== "FlinkDeployment" && metadata.name === name);
    if (found === undefined) throw new Error(`${file} has no ${name}`);
    return (found.data ?? found.stringData) as Record<string, string>;
  };
  const deployment = objects.find(({ kind }) => kind === "FlinkDeployment");
  const { sql } = (deployment && asFlinkDeployment(deployment).spec.job) ?? {};
  if (sql === undefined) throw new Error(`${file} has no script`);
  const { script, scriptFrom = [], variables = {}, variablesFrom = [] } = sql;
  const texts = scriptFrom.map(
    ({ configMapKeyRef: { name, key = "" } = {} }) => dataOf(name)[key] ?? `no key ${key}`,
  );
  const referred = variablesFrom.map(({ configMapRef, secretRef }) =>
    dataOf((configMapRef ?? secretRef)?.name),
  );
  return {
    sql: script === undefined ? texts : script,
    variables: Object.assign({}, ...referred, variables) as Record<string, string>,
  };
}
