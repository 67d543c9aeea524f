import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Recorded reference data lies beside the repository, where there is any. */
const root = join(import.meta.dirname, "../../../shared");

export const hasRecordings = (folder: string): boolean => existsSync(join(root, folder));

/** Names of the entries of a folder; none where it is absent. */
export const recordingsIn = (folder: string): string[] =>
  hasRecordings(folder) ? readdirSync(join(root, folder)).sort() : [];

export const readRecording = <Content>(path: string): Content =>
  JSON.parse(readFileSync(join(root, path), "utf8")) as Content;
