import { expect, it } from "vitest";
import { readConfigFiles } from "./configFiles.ts";

const folder = (files: Record<string, string>) => new Map(Object.entries(files));
const read = (...folders: Record<string, string>[]) => {
  const entries = readConfigFiles(folders.map(folder));
  return entries && Object.fromEntries(entries);
};

it("both formats are equivalent", () => {
  const expected = { "a.b": "1", "a.c": "2 s" };
  expect(read({ "config.yaml": "a:\n  b: 1\na.c: 2 s\n" })).toEqual(expected);
  expect(read({ "flink-conf.yaml": "a.b: 1\n# a.b: 3\na.c: 2 s\n" })).toEqual(expected);
});

it("config.yaml takes precedence in one folder; in the flat format the last line of a key wins", () => {
  expect(read({ "config.yaml": "a: 1", "flink-conf.yaml": "b: 2" })).toEqual({ a: "1" });
  expect(read({ "flink-conf.yaml": "a: 1\na: 2\n" })).toEqual({ a: "2" });
});

it("a later folder takes precedence, key by key, in any format", () => {
  expect(read({ "config.yaml": "a: 1\nb: 1" }, { "flink-conf.yaml": "b: 2\nc: 2" })).toEqual({
    a: "1",
    b: "2",
    c: "2",
  });
  expect(read({ "config.yaml": "a: 1" }, {})).toEqual({ a: "1" });
});

it("no file is not an empty file", () => {
  expect(read({}, {})).toBeUndefined();
  expect(read({ "config.yaml": "# nothing\n" })).toEqual({});
});

it("an error has the name of the file", () => {
  expect(() => read({ "config.yaml": "a: [1" })).toThrow(/^config\.yaml: not YAML: /);
  expect(() => read({ "config.yaml": "- a" })).toThrow("config.yaml: a configuration file must be a map");
});
