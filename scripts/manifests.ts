/** Writes the plain manifests, rendered from the chart, or with --check compares them: node scripts/manifests.ts */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildManifests } from "./chart/manifests.ts";

const root = join(import.meta.dirname, "..");

for (const [path, content] of buildManifests()) {
  if (!process.argv.includes("--check")) writeFileSync(join(root, path), content);
  else if (readFileSync(join(root, path), "utf8") !== content) {
    console.error(`${path} is out of date: run \`make manifests\``);
    process.exitCode = 1;
  }
}
