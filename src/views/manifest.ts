import { boolYaml11Tag, CORE_SCHEMA, loadAll, mergeTag, YAMLException } from "js-yaml";
import type { KubeObject } from "../api/kubernetes.ts";
import { ValueError } from "../config/values/valueError.ts";
import { numberTags } from "./yamlNumbers.ts";

/** The YAML that kubectl reads: 1.2 with merge keys, and with yes, no and numbers of 1.1. */
const schema = CORE_SCHEMA.withTags(mergeTag, boolYaml11Tag, numberTags);

export interface ReadOptions {
  /** Whether `*name` may stand for a value. Of a text of somebody else it must not: a few lines of them are objects of any size. */
  readonly aliases?: boolean;
}

/** All objects of a YAML or JSON file. Throws ValueError. */
export const readObjects = (text: string, options: ReadOptions = {}): readonly KubeObject[] =>
  parseDocuments(text, options).flatMap(itemsOf);

/** The one object of the first of these kinds in a YAML or JSON file, which may have other objects, too. Throws ValueError. */
export function readManifest(text: string, kinds: readonly string[], options: ReadOptions = {}): KubeObject {
  const objects = readObjects(text, options);
  const ofKind = (wanted: string) => objects.filter(({ kind }) => kind === wanted);
  const found = kinds.find((kind) => ofKind(kind).length > 0);
  // A single object of another kind, or without one, is reported by the validation.
  const [only, ...others] = found === undefined ? objects : ofKind(found);
  if (only === undefined) throw new ValueError("holds no object");
  if (others.length > 0) {
    const count = found === undefined ? 0 : others.length + 1;
    throw new ValueError(`must hold one ${found ?? kinds.join(" or ")}, not ${count}`);
  }
  return only;
}

function parseDocuments(text: string, { aliases = true }: ReadOptions): readonly unknown[] {
  try {
    return loadAll(text, { schema, maxAliases: aliases ? -1 : 0 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? "" : ` in line ${error.mark.line + 1}`;
    if (/maxAliases/.test(error.reason)) throw new ValueError(`has an alias${line}: write its value out`);
    const template = text.split("\n").find((each) => each.includes("{{"));
    if (template !== undefined) throw new ValueError(isTemplate(template.trim()));
    throw new ValueError(`is neither YAML nor JSON: ${error.reason}${line}`);
  }
}

/** The error for a template. `expression` is an expression in it. */
export const isTemplate = (expression: string): string =>
  `is a template, as of Helm: "${expression.slice(0, 80)}". Fill it in first: helm template CHART | kubectl flink render -f -`;

/** A template expression in a value. An ingress template such as "{{name}}.example.com" is not one. */
export const templateExpression = (object: unknown): string | undefined =>
  /\{\{-?\s*(?:[.$(]|(?:include|template|if|range|with|define|block|end|else|toYaml|tpl|quote|default|required|lookup|printf|index)\b)[^}]*\}?\}?/.exec(
    JSON.stringify(object, (_, value) => (typeof value === "bigint" ? String(value) : value)) ?? "",
  )?.[0];

/** The items of a kubectl List, or the object itself. */
function itemsOf(document: unknown): readonly KubeObject[] {
  if (document === null || document === undefined) return [];
  const { kind, items } = document as { kind?: unknown; items?: unknown };
  if (kind !== "List" || !Array.isArray(items)) return [document as KubeObject];
  const wrong = items.findIndex((item) => typeof item !== "object" || item === null || Array.isArray(item));
  if (wrong >= 0) throw new ValueError(`holds a List of which items[${wrong}] is no object`);
  return items as KubeObject[];
}
