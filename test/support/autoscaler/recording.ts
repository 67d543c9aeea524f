import { readFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { recordingFiles } from "../recordingFiles.ts";

/** The recordings of the Java operator's autoscaler: scenarios, and tables of single functions (test/golden/README.md). */

// biome-ignore lint/suspicious/noExplicitAny: recordings are of any form.
export type Json = any;

export interface Scenario {
  readonly name: string;
  readonly kind: "FlinkDeployment" | "FlinkSessionJob" | "standalone";
  readonly input: Json;
  readonly steps: readonly { readonly in: Json; readonly out: Json }[];
  readonly end: Json;
}

export interface Table {
  readonly name: string;
  readonly rows: readonly { readonly in: Json; readonly out: Json }[];
}

export type Recording = Scenario | Table;

export const isTable = (recording: Recording): recording is Table => "rows" in recording;
export const isScenario = (recording: Recording): recording is Scenario => !isTable(recording);

const packed = ".json.br";
export const recordingEndings: readonly string[] = [".json", packed];

/** All recordings of a folder, sorted by the name of their file. */
export const readRecordings = (folder: string): Recording[] =>
  recordingFiles(folder, recordingEndings).flatMap(readRecording);

/** The one of a `.json`, or those of a family, compressed, of a `.json.br`. Throws for a file that is none. */
export function readRecording(file: string): Recording[] {
  const isPacked = file.endsWith(packed);
  const content: Json = JSON.parse(isPacked ? unpack(readFileSync(file)) : readFileSync(file, "utf8"));
  const recordings: Json[] = isPacked ? content : [content];
  if (!recordings.every((each) => Array.isArray(each?.rows ?? each?.steps))) {
    throw new Error("is no recording: it has neither steps nor rows");
  }
  return recordings;
}

export const unpack = (bytes: Uint8Array): string => brotliDecompressSync(bytes).toString("utf8");

/** The files of recordings by name, one for each family: a tenth of what each by itself would take. */
export function packFamilies(recordings: readonly Recording[]): ReadonlyMap<string, string> {
  const families = Map.groupBy(recordings, ({ name }) => name.split("-")[0] ?? name);
  return new Map(
    [...families].map(([family, members]) => [
      `${family}${packed}`,
      `[\n${members.map((member) => JSON.stringify(member)).join(",\n")}\n]\n`,
    ]),
  );
}

export const pack = (text: string): Uint8Array =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS } });

/** Numbers that JSON has not are texts. */
export const numberOf = (value: Json): number => Number(value);

export const numberToJson = (value: number): number | string =>
  Number.isFinite(value) ? value : String(value);
