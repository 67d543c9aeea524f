import { dump } from "js-yaml";
import { isValue, namesIn, type Schema, type Value, type ValueTree, valuesOf } from "./declaration.ts";

const width = 110;

function comment(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + 3 + last.length + word.length < width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}# ${line}\n`).join("");
}

/** values.yaml: the defaults, each with its documentation above it. */
export function buildValuesFile(tree: ValueTree, indent = ""): string {
  return Object.entries(tree)
    .map(([name, node]) => {
      const separator = indent === "" ? "\n" : "";
      if (!isValue(node))
        return `${separator}${comment(node.doc, indent)}${indent}${name}:\n${buildValuesFile(node.values, `${indent}  `)}`;
      const doc = node.ignored ? `Ignored. ${node.doc}` : node.doc;
      const entry = dump({ [name]: node.default }, { lineWidth: -1 }).replaceAll(/^(?=.)/gm, indent);
      return `${separator}${comment(doc, indent)}${entry}`;
    })
    .join("");
}

/**
 * values.schema.json: an invalid value is refused before anything is installed. An unknown value is ignored, as by the Java
 * operator's chart, which has no schema. The notes after the install name it.
 */
export function buildValuesSchema(tree: ValueTree): Schema & { $schema: string } {
  const { properties, ...object } = schemaOf(tree);
  return {
    $schema: "https://json-schema.org/draft-07/schema#",
    ...object,
    properties: {
      ...properties,
      // Helm adds it to the values of a subchart.
      global: { type: "object" },
    },
  };
}

function schemaOf(tree: ValueTree): Schema {
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(tree).map(([name, node]) => [
        name,
        isValue(node)
          ? { description: node.doc, ...node.schema }
          : { description: node.doc, ...schemaOf(node.values) },
      ]),
    ),
  };
}

const origins: Readonly<Record<Value["origin"], string>> = { reference: "", own: "added" };

/** docs/reference/helm-values.md */
export function buildValuesPage(tree: ValueTree): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
  const shown = (value: unknown): string => {
    const json = JSON.stringify(value);
    return json.length > 60 ? "see values.yaml" : `\`${json}\``;
  };
  const rows = valuesOf(tree).map(([path, value]) => {
    const remark = value.ignored ? "ignored" : origins[value.origin];
    return `| \`${path}\` | ${cell(shown(value.default))} | ${remark} | ${cell(value.doc)} |`;
  });
  return [
    "# Values of the chart",
    "",
    "Those of the Java operator's chart keep their names and defaults. *Added*: only this chart has it, or its default",
    "differs. *Ignored*: it is accepted, and there is no use for it here.",
    "",
    "| value | default | | meaning |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** Lists the ignored values that are set, for the notes after an install. */
export const buildIgnoredNotes = (tree: ValueTree): string =>
  [
    '{{- define "flink-operator.ignoredValues" -}}',
    ...valuesOf(tree)
      .filter(([, { ignored }]) => ignored)
      .map(([path, { default: byDefault, doc }]) => {
        const access = namesIn(path)
          .map((name) => ` ${JSON.stringify(name)}`)
          .join("");
        const given = `ne (index .Values${access} | toJson) ${JSON.stringify(JSON.stringify(byDefault))}`;
        return `{{- if ${given} }}\n  ${path}: ${doc}\n{{- end }}`;
      }),
    "{{- end }}",
    "",
    "{{/* The known values: groups as objects, values as true. */}}",
    '{{- define "flink-operator.knownValues" -}}',
    // Helm gives `global` to a chart that another one depends on.
    JSON.stringify({ ...knownIn(tree), global: true }),
    "{{- end }}\n",
  ].join("\n");

const knownIn = (tree: ValueTree): object =>
  Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [name, isValue(node) ? true : knownIn(node.values)]),
  );
