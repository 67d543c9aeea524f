/**
 * Writes every generated file of the repository, or with --check compares: it names the files that are not as they
 * would be generated and ends with exit code 1.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { dump } from "js-yaml";
import { buildCustomResourceDefinition } from "../src/api/crd.ts";
import type { KindDeclaration } from "../src/api/declaration.ts";
import { buildReferencePage } from "../src/api/referencePage.ts";
import { flinkDeployment } from "../src/api/v1beta1/flinkdeployment.ts";
import { flinkSessionJob } from "../src/api/v1beta1/flinksessionjob.ts";
import { flinkStateSnapshot } from "../src/api/v1beta1/flinkstatesnapshot.ts";
import { buildConfigurationPage } from "../src/config/configurationPage.ts";

const kinds: readonly KindDeclaration[] = [flinkDeployment, flinkSessionJob, flinkStateSnapshot];

const generatedFrom = (folder: string): string =>
  `by \`npm run generate\` from ${folder}; \`npm run verify\` checks it.`;
const generated = generatedFrom("src/api");

/** Content by path, from the root of the repository. */
const files = new Map([
  ...kinds.flatMap((kind): [string, string][] => [
    [
      `charts/flink-kubernetes-operator/crds/${kind.plural}.${kind.group}-v1.yaml`,
      `# Generated ${generated}\n${dump(buildCustomResourceDefinition(kind), { lineWidth: 110, noRefs: true })}`,
    ],
    [
      `docs/reference/${kind.kind.toLowerCase()}.md`,
      `<!-- Generated ${generated} -->\n\n${buildReferencePage(kind)}`,
    ],
  ]),
  [
    "docs/reference/configuration.md",
    `<!-- Generated ${generatedFrom("src/config/operatorOptions")} -->\n\n${buildConfigurationPage()}`,
  ],
]);

const absolute = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

async function write(): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(absolute(path)), { recursive: true });
    await writeFile(absolute(path), content);
    console.log(`wrote ${path} (${content.length} bytes)`);
  }
}

async function check(): Promise<void> {
  for (const [path, content] of files) {
    const present = await readFile(absolute(path), "utf8").catch(() => undefined);
    if (present === content) continue;
    console.error(
      `${path} ${present === undefined ? "is missing" : "is out of date"}: run \`npm run generate\``,
    );
    process.exitCode = 1;
  }
}

await (process.argv.includes("--check") ? check() : write());
