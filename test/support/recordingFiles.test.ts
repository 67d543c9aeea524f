import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { playFiles } from "./autoscaler/playFiles.ts";
import { unpack } from "./autoscaler/recording.ts";
import { goldenFolder } from "./golden.ts";
import { recordingFiles, report } from "./recordingFiles.ts";

const [table] = JSON.parse(unpack(readFileSync(join(goldenFolder, "autoscaler/units.json.br"))));
const valid = JSON.stringify(table);

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "recordings-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

afterEach(() => vi.restoreAllMocks());

it("finds the files of a folder by their endings, and takes a file for itself", () => {
  const folder = folderOf({ "b.json": "", "a.json.br": "", "notes.md": "" });
  expect(recordingFiles(folder, [".json", ".json.br"])).toEqual([
    join(folder, "a.json.br"),
    join(folder, "b.json"),
  ]);
  expect(recordingFiles(join(folder, "b.json"), [".json"])).toEqual([join(folder, "b.json")]);
});

it.each([
  ["cut off", valid.slice(0, 40)],
  ["no JSON in any line", "a\nb"],
  ["of another form", "{}"],
  ["nothing", "null"],
  ["without what it needs", '{ "name": "x", "kind": "FlinkDeployment", "steps": [{}] }'],
])("counts a recording that is %s as one that failed, in one line, and plays the others", (_, text) => {
  const { failures, passed } = playFiles(folderOf({ "a.json": text, "b.json": valid }));
  expect(passed).toBe(1);
  expect(failures).toEqual([expect.stringMatching(/^(a\.json|x): [^\n]+$/)]);
});

it("plays a file", () => {
  expect(playFiles(join(folderOf({ "a.json": valid }), "a.json"))).toEqual({ failures: [], passed: 1 });
});

it.each([
  [{ failures: [], passed: 2 }, 0, ["2 passed, 0 failed"]],
  [{ failures: ["a: differs"], passed: 2 }, 1, ["a: differs", "2 passed, 1 failed"]],
  [{ failures: [], passed: 0 }, 1, ["0 passed, 0 failed"]],
])("ends with how many passed: %j", (outcome, code, lines) => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  expect(report(outcome)).toBe(code);
  expect(log.mock.calls.map(([line]) => line)).toEqual(lines);
});
