import { boolYaml11Tag, CORE_SCHEMA, loadAll, mergeTag, YAMLException } from "js-yaml";
import type { KubeObject } from "../api/kubernetes.ts";
import { ValueError } from "../config/values/valueError.ts";

/** As kubectl reads YAML: 1.2 with merge keys, and with the yes and no of 1.1. */
const schema = CORE_SCHEMA.withTags(mergeTag, boolYaml11Tag);

/** The one FlinkDeployment of a YAML or JSON file, which may hold other objects besides. */
export function readManifest(text: string): KubeObject {
  const objects = parseDocuments(text).flatMap(itemsOf);
  const deployments = objects.filter(({ kind }) => kind === "FlinkDeployment");
  // A single object of another kind, or of none, is left to the validation to name.
  const [only, ...others] = deployments.length > 0 ? deployments : objects;
  if (only === undefined) throw new ValueError("holds no object");
  if (others.length > 0) {
    throw new ValueError(`must hold one FlinkDeployment, not ${deployments.length}`);
  }
  return only;
}

function parseDocuments(text: string): readonly unknown[] {
  try {
    return loadAll(text, { schema });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? "" : ` in line ${error.mark.line + 1}`;
    throw new ValueError(`is neither YAML nor JSON: ${error.reason}${line}`);
  }
}

/** The members of a list of kubectl's, or the object itself. */
function itemsOf(document: unknown): readonly KubeObject[] {
  if (document === null || document === undefined) return [];
  const { kind, items } = document as { kind?: unknown; items?: unknown };
  return kind === "List" && Array.isArray(items) ? items : [document as KubeObject];
}
