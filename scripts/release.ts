/** The files of a release, into dist/release: node scripts/release.ts VERSION IMAGE-REPOSITORY */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { billOfMaterials } from "./billOfMaterials.ts";
import { chartFolder, helm } from "./chart/helm.ts";
import { checkVersion, releaseNotes, withImage } from "./chart/release.ts";

const root = join(import.meta.dirname, "..");
const target = join(root, "dist/release");

function main([version = "", image = ""]: readonly string[]): void {
  checkVersion(version);
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  // A candidate is told what is to come.
  const notes = releaseNotes(changelog, version.includes("-") ? "Unreleased" : version);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "notes.md"), `${notes}\n`);
  packChart(version, image);
  for (const name of readdirSync(join(chartFolder, "crds")))
    cpSync(join(chartFolder, "crds", name), join(target, name));
  cpSync(join(root, "deploy/job-rbac.yaml"), join(target, "job-rbac.yaml"));
  writeFileSync(join(target, "sbom.cdx.json"), `${JSON.stringify(billOfMaterials(), undefined, 2)}\n`);
  writeFileSync(join(target, "SHA256SUMS"), sums());
  console.log(target);
}

function packChart(version: string, image: string): void {
  const folder = mkdtempSync(join(tmpdir(), "chart-"));
  try {
    const chart = join(folder, "flink-kubernetes-operator");
    cpSync(chartFolder, chart, { recursive: true });
    const values = join(chart, "values.yaml");
    writeFileSync(values, withImage(readFileSync(values, "utf8"), image));
    helm("lint", chart, "--strict");
    helm("package", chart, "--version", version, "--app-version", version, "--destination", target);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sums = (): string =>
  readdirSync(target)
    .sort()
    .map(
      (name) =>
        `${createHash("sha256")
          .update(readFileSync(join(target, name)))
          .digest("hex")}  ${name}\n`,
    )
    .join("");

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
