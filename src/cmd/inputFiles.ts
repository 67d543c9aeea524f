/** The input files of a command, by the rules of kubectl. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface TextFile {
  readonly name: string;
  readonly text: string;
}

/** Throws an error with the path if the file cannot be read. */
export function readTextFile(path: string): TextFile {
  const name = path === "-" ? "standard input" : path;
  try {
    // The descriptor itself: with process.stdin, reading a pipe fails if its writer is slow.
    return { name, text: readFileSync(path === "-" ? 0 : path, "utf8") };
  } catch (error) {
    throw unreadable(name, error);
  }
}

const unreadable = (name: string, error: unknown): Error =>
  new Error(`cannot read ${name}: ${error instanceof Error ? error.message : String(error)}`);

const isManifest = (name: string): boolean => /\.(ya?ml|json)$/i.test(name);

/**
 * Reads files, and the .yaml, .yml and .json files of folders, with `recursive` also of the folders in them. "-" is standard
 * input. Each file is read once. Throws an error with the path that cannot be read, or with a folder without such a file.
 */
export function readInputFiles(paths: readonly string[], recursive: boolean): readonly TextFile[] {
  const names = paths.flatMap((path) => path.split(",")).flatMap((path) => filesAt(path, recursive));
  return [...new Set(names)].map(readTextFile);
}

function filesAt(path: string, recursive: boolean): readonly string[] {
  if (path === "-") return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const found = readdirSync(path, { withFileTypes: true, recursive })
      .filter((entry) => !entry.isDirectory() && isManifest(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort();
    if (found.length > 0) return found;
  } catch (error) {
    throw unreadable(path, error);
  }
  throw new Error(
    `${path} holds no .yaml, .yml or .json file${recursive ? "" : "; -R looks into the folders in it"}`,
  );
}
