import type { KubeObject } from "../../api/kubernetes.ts";
import { ValueError } from "../../config/values/valueError.ts";
import { readObjects } from "../../views/manifest.ts";
import { readTextFile } from "../inputFiles.ts";
import { CommandError } from "./commandError.ts";

export interface ManifestFile {
  /** As messages name the file. */
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

/** The objects of a YAML or JSON file. Throws an error that names the file if it cannot be read or parsed. */
export function readManifestFile(filename: string): ManifestFile {
  const { name, text } = readTextFile(filename);
  try {
    return { name, objects: readObjects(text) };
  } catch (error) {
    if (error instanceof ValueError) throw new CommandError(`${name} ${error.message}`);
    throw error;
  }
}
