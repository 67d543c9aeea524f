import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FlinkDeploymentSpec } from "../../src/api/v1beta1/flinkdeployment.ts";

/**
 * Recorded reference data, test/golden: the outputs of Flink and of the Java operator for inputs of this project. Its
 * README.md describes the files; `npm run golden` writes them.
 */
export const goldenFolder = join(import.meta.dirname, "../golden");

/** The recording of one case: its parts by name, and the created objects in the order of their creation. */
export interface Recorded {
  readonly [part: string]: unknown;
  readonly objects: readonly unknown[];
}

/** One line of a case's file: a part, or one of the objects, with the versions for which it is the same. */
type Line = { readonly versions: readonly string[] } & Readonly<Record<string, unknown>>;

export type GoldenCase<Parts> = Parts & { readonly version: string; readonly name: string };

export const readGolden = <Content>(path: string): Content =>
  JSON.parse(readFileSync(join(goldenFolder, path), "utf8")) as Content;

/** The names of the files of a folder, without `.json`. */
export const goldenNames = (folder: string): string[] =>
  readdirSync(join(goldenFolder, folder))
    .sort()
    .map((file) => file.replace(/\.json$/, ""));

/** The cases of a folder, which has a file for each, sorted by name and then by version. */
export const goldenCases = <Parts = Recorded>(folder: string): GoldenCase<Parts>[] =>
  goldenNames(folder).flatMap((name) => {
    const lines = readGolden<Line[]>(`${folder}/${name}.json`);
    const versions = [...new Set(lines.flatMap((line) => line.versions))].sort();
    return versions.map((version) => {
      const parts = lines
        .filter((line) => line.versions.includes(version))
        .map(({ versions: _, ...part }) => part);
      const objects = parts.flatMap(({ object }) => (object === undefined ? [] : [object]));
      const { object: _, ...others } = Object.assign({}, ...parts) as Record<string, unknown>;
      return { ...others, objects, version, name } as unknown as GoldenCase<Parts>;
    });
  });

/** A spec of this project, and the text that the Java operator stored for it: status.reconciliationStatus.lastReconciledSpec. */
export interface StoredSpec {
  readonly name: string;
  readonly spec: FlinkDeploymentSpec;
  readonly stored: string;
}

export const storedSpecs: readonly StoredSpec[] = readGolden("java-operator/stored-specs.json");
