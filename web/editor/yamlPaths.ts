/** Keys and indexes from the document's root. */
export type Path = readonly (string | number)[];

/** A line of block style YAML that has a key or begins an item. Offsets are in the text. */
export interface YamlLine {
  readonly path: Path;
  readonly keyFrom: number;
  readonly keyTo: number;
  /** After the colon and its space; absent: the line has no colon. */
  readonly valueFrom?: number;
}

interface Level {
  readonly indent: number;
  readonly path: Path;
  readonly isItem: boolean;
}

const keyForm =
  /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:'"[\]{}][^#:]*?|[^\s#:'"[\]{}](?:[^\s:]|:(?!\s|$))*)\s*:(?=\s|$)/;

/**
 * Where each key is. It understands what manifests are written in (block mappings and sequences); what is within braces or a block
 * scalar has no lines of its own. It also reads text that is being typed, which a parser refuses.
 */
export function scanYaml(text: string): YamlLine[] {
  const lines: YamlLine[] = [];
  const counts = new Map<string, number>();
  let levels: Level[] = [];
  let scalarIndent = Number.POSITIVE_INFINITY;
  let offset = 0;
  for (const line of text.split("\n")) {
    const start = offset;
    offset += line.length + 1;
    let column = line.length - line.trimStart().length;
    if (line.trim() === "" || line[column] === "#") continue;
    if (column > scalarIndent) continue;
    scalarIndent = Number.POSITIVE_INFINITY;
    const lineIndent = column;
    let isItem = false;
    for (
      let dash = itemForm.exec(line.slice(column));
      dash !== null;
      dash = itemForm.exec(line.slice(column))
    ) {
      const at = column;
      levels = levels.filter((each) => each.indent < at || (each.indent === at && !each.isItem));
      const parent = levels.at(-1)?.path ?? [];
      const name = JSON.stringify(parent);
      const index = counts.get(name) ?? 0;
      counts.set(name, index + 1);
      levels.push({ indent: column, path: [...parent, index], isItem: true });
      column += dash[0].length;
      isItem = true;
    }
    const rest = line.slice(column);
    const key = keyForm.exec(rest);
    if (key === null) {
      const path = levels.at(-1)?.path;
      if (isItem && path !== undefined)
        lines.push({ path, keyFrom: start + column, keyTo: start + line.length, valueFrom: start + column });
      continue;
    }
    const at = column;
    levels = levels.filter((each) => each.indent < at);
    const path = [...(levels.at(-1)?.path ?? []), unquoted(key[1] as string)];
    levels.push({ indent: column, path, isItem: false });
    const after = rest.slice(key[0].length);
    const valueFrom = start + column + key[0].length + (after.length - after.trimStart().length);
    lines.push({
      path,
      keyFrom: start + column,
      keyTo: start + column + (key[1] as string).length,
      valueFrom,
    });
    if (/^\s*[|>][+-]?\d*\s*(#.*)?$/.test(after)) scalarIndent = lineIndent;
  }
  return lines;
}

const itemForm = /^-(\s+|$)/;

const unquoted = (key: string): string => (/^["']/.test(key) ? key.slice(1, -1) : key);

/** The line of a path, or of the nearest part of it that is written. */
export function lineOfPath(lines: readonly YamlLine[], path: Path): YamlLine | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const wanted = JSON.stringify(path.slice(0, length));
    const found = lines.find((line) => JSON.stringify(line.path) === wanted);
    if (found !== undefined) return found;
  }
  return lines[0];
}

/** What is being typed at the end of `before`: a key below a parent, or the value of a key. */
export type Typing =
  | { readonly type: "key"; readonly parent: Path; readonly prefix: string }
  | { readonly type: "value"; readonly path: Path; readonly prefix: string };

export function typingAt(before: string): Typing | undefined {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const typed = /^(\s*(?:-\s+)*)([\w.\-/]*)$/.exec(line);
  if (typed !== null) {
    // As if the key were complete.
    const name = typed[2] === "" ? "x" : typed[2];
    const last = scanYaml(`${before.slice(0, before.length - line.length)}${typed[1]}${name}:`).at(-1);
    if (last === undefined) return undefined;
    return { type: "key", parent: last.path.slice(0, -1), prefix: typed[2] ?? "" };
  }
  const value = /:\s+([\w.-]*)$/.exec(line);
  const last = scanYaml(before).at(-1);
  if (value === null || last === undefined || last.keyFrom < before.length - line.length) return undefined;
  return { type: "value", path: last.path, prefix: value[1] ?? "" };
}

/** "spec.containers[0].name", as API servers and our messages write a path. */
export const formatPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
    "",
  );

/** The reverse, as far as keys have no dots. */
export const parsePath = (text: string): Path =>
  text
    .replaceAll(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter((part) => part !== "")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
