import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The first argument of a script. Ends the process with what is wrong if there is no such folder or file. */
export function pathArgument(script: string, path = process.argv[2]): string {
  if (path !== undefined && existsSync(path)) return path;
  const what = path === undefined ? "name the folder of the recordings" : `there is no folder ${path}`;
  console.error(`${what}: npm run --silent ${script} -- FOLDER`);
  process.exit(2);
}

/** The paths of a folder's files with one of these endings, sorted by name. A file stands for itself. */
export const recordingFiles = (path: string, endings: readonly string[]): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .filter((file) => endings.some((ending) => file.endsWith(ending)))
        .map((file) => join(path, file))
    : [path];

/** In one line, as JSON's errors are not always. */
export const messageOf = (error: unknown): string => (error as Error).message.replaceAll(/\s+/g, " ");

export interface Outcome {
  /** What differs or cannot be played, of each recording that failed. */
  readonly failures: readonly string[];
  readonly passed: number;
}

/** Prints what failed, and as the last line how many passed. None at all is an error, too. The exit code. */
export function report({ failures, passed }: Outcome): number {
  for (const failure of failures) console.log(failure);
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length > 0 || passed === 0 ? 1 : 0;
}
