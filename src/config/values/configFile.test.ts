import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fitsLegacyConfigFile,
  formatLegacyConfigFile,
  formatYamlConfigFile,
  parseLegacyConfigFile,
  parseYamlConfigFile,
} from "./configFile.ts";
import { findOverlappingKeys } from "./configTree.ts";

const key = fc.stringMatching(/^[$a-z][a-z0-9-]{0,5}(\.[a-z][a-z0-9_-]{0,5}){0,3}$/);

describe("flink-conf.yaml", () => {
  it("is read as Flink reads it", () => {
    const file =
      "a.b: 1\n# c: 2\nd: x#y\n\n  e:  spaced  \nno separator\nf:\ng: a: b\r\nh: 'quoted'\na.b: 2\n: v\n";
    expect(Object.fromEntries(parseLegacyConfigFile(file))).toEqual({
      "a.b": "2",
      d: "x",
      e: "spaced",
      g: "a: b",
      h: "'quoted'",
    });
  });

  it("round-trips values that the format supports", () => {
    const value = fc.stringMatching(/^[^#\s]([^#\r\n]*[^#\s])?$/);
    fc.assert(
      fc.property(fc.dictionary(key, value), (config) => {
        const read = parseLegacyConfigFile(formatLegacyConfigFile(Object.entries(config)));
        expect(Object.fromEntries(read)).toEqual({ ...config });
      }),
    );
  });
});

describe("a value fits into flink-conf.yaml", () => {
  it.each(["a", "", "a: b", "-Da -Db\n", " a ", "'q'", "{a: b}"])("%j", (value) => {
    expect(fitsLegacyConfigFile("key", value)).toBe(true);
  });

  it.each(["a#b", "#", "a\nb", "a\r\nb: c", "a\rb", "a\n\nb"])("%j does not", (value) => {
    expect(fitsLegacyConfigFile("key", value)).toBe(false);
  });

  it.each(["a#b", "a: b", " a", "a\nb"])("nothing under the key %j does", (name) => {
    expect(fitsLegacyConfigFile(name, "value")).toBe(false);
  });
});

describe("config.yaml", () => {
  it.each([
    ["a:\n  b: 1.0\n  c: [x, y;z]", { "a.b": "1.0", "a.c": "x;'y;z'" }],
    ["a.b: true\na:\n  c: 0x1F", { "a.b": "true", "a.c": "0x1F" }],
    ["a:\n  b.c: 1", { "a.b.c": "1" }],
    ["a: ''\nb:\nc: 1", { c: "1" }],
    ["t: [{key: a, operator: Exists}]", { t: "key:a,operator:Exists" }],
    ["# nothing\n---\n", {}],
    ['{"a": {"b": 1}}', { "a.b": "1" }],
  ])("reads %j", (file, config) => expect(Object.fromEntries(parseYamlConfigFile(file))).toEqual(config));

  it.each(["- a", "text", "a: [", "a: 1\na: 2"])("refuses %j", (file) => {
    expect(() => parseYamlConfigFile(file)).toThrow(expect.objectContaining({ name: "ValueError" }));
  });

  it("keeps texts that look like other types", () => {
    const texts = [
      "1",
      "1.0",
      "true",
      "null",
      "~",
      "0x1F",
      "1e3",
      "a # b",
      "a: b",
      "a\nb",
      " a",
      "{}",
      "- a",
      "2001-01-01",
    ];
    const config = texts.map((text, at) => [`k${at}`, text] as const);
    expect([...parseYamlConfigFile(formatYamlConfigFile(config)).values()].sort()).toEqual([...texts].sort());
  });

  it("round-trips all values", () => {
    const value = fc.string({ unit: "binary", minLength: 1 });
    const configs = fc
      .dictionary(key, value)
      .filter((config) => findOverlappingKeys(Object.keys(config)).length === 0);
    fc.assert(
      fc.property(configs, (config) => {
        const read = parseYamlConfigFile(formatYamlConfigFile(Object.entries(config)));
        expect(Object.fromEntries(read)).toEqual({ ...config });
      }),
    );
  });

  it("has the same text for equal configurations", () => {
    const entries = [
      ["b.c", "1"],
      ["a", "2"],
      ["b.a", "3"],
    ] as const;
    expect(formatYamlConfigFile(entries)).toBe(formatYamlConfigFile([...entries].reverse()));
  });
});
