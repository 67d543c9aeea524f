/** The reference page of the operator's options, in Markdown. */

import { optionFamilies } from "./operatorOptions/families.ts";
import { noEffectReason } from "./operatorOptions/support.ts";
import { everyOption, optionSections } from "./operatorOptions.ts";
import type { Option, OptionScope } from "./option.ts";

const where: Readonly<Record<OptionScope, string>> = {
  operator: "operator",
  resource: "operator, resource",
  flink: "operator, resource",
};

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

const code = (text: string): string => `\`${text}\``;

const meaning = (option: Parameters<typeof noEffectReason>[0]): string =>
  [option.doc, noEffectReason(option)].filter((sentence) => sentence !== undefined).join(" ");

function optionRow(option: Option<unknown>): string {
  const older = [...option.fallbackKeys, ...option.deprecatedKeys];
  const names = older.length === 0 ? "" : ` Older names: ${older.map(code).join(", ")}.`;
  return row(
    code(option.key),
    option.type.name,
    option.default === undefined ? "" : code(option.default),
    where[option.scope],
    `${meaning(option)}${names}`,
  );
}

const table = (columns: readonly string[], rows: readonly string[]): string =>
  [row(...columns), row(...columns.map(() => "---")), ...rows].join("\n");

export function buildConfigurationPage(): string {
  return `${[
    "# Configuration",
    "The operator reads `config.yaml`, as nested or dotted keys, or, where that is not there, `flink-conf.yaml`, one " +
      "`key: value` a line, from the directory that `FLINK_CONF_DIR` names. The same files in the directory that " +
      "`CONF_OVERRIDE_DIR` names go before them, key by key. A change of these files takes effect at once, without a " +
      "restart, but for the options that are read at the start. A value that cannot be understood is refused in the " +
      "log with the name of its option, and the last good one stays.",
    "An option for *operator* is read from there; one for *resource*, from a resource's `spec.flinkConfiguration`, too. " +
      "What is not an option of the operator is a default for Flink's own configuration.",
    ...optionSections.map(({ title, options }) =>
      [`## ${title}`, table(["Option", "Type", "Default", "Where", "Meaning"], options.map(optionRow))].join(
        "\n\n",
      ),
    ),
    "## Families of options",
    table(
      ["Option", "Where", "Meaning"],
      Object.values(optionFamilies).map((family) =>
        row(code(family.pattern), where[family.scope], meaning(family)),
      ),
    ),
    `${everyOption.length} options and ${Object.keys(optionFamilies).length} families of options.`,
  ].join("\n\n")}\n`;
}
