import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatList, formatMap, formatMapList, parseList, parseMap, parseMapList } from "./structured.ts";

const text = fc.string({ unit: "grapheme" });
/** A list that starts with a bracket is in the YAML format. */
const elements = fc.array(text).filter((list) => !/^[[{]/.test(list[0] ?? ""));
const entries = fc
  .array(fc.tuple(text, text))
  .map((pairs) => new Map(pairs))
  .filter((map) => !/^[[{]/.test([...map.keys()][0] ?? ""));

describe("lists", () => {
  it.each([
    ["", []],
    ["a;b", ["a", "b"]],
    [" a ; b ", ["a", "b"]],
    ["'a;b';c", ["a;b", "c"]],
    ["'it''s'", ["it's"]],
    ['"a""b";c', ['a"b', "c"]],
    ["a;;b", ["a", "", "b"]],
    ["[a, 'b;c', 1]", ["a", "b;c", "1"]],
    ["[a];[b]", ["[a]", "[b]"]],
  ])("reads %j", (source, list) => expect(parseList(source)).toEqual(list));

  it.each(["'a", "'a'b;c"])("refuses %j", (source) => {
    expect(() => parseList(source)).toThrow(expect.objectContaining({ name: "ValueError" }));
  });

  it("writes the recorded program arguments", () => {
    const args = ["--in", "s3://b/a b", "x;y", "it's", "a,b", "", '{"a":1}', "--k=v"];
    expect(formatList(args)).toBe(`--in;s3://b/a b;'x;y';'it''s';a,b;;'{"a":1}';--k=v`);
    expect(parseList(formatList(args))).toEqual(args);
  });

  it("round-trip", () => {
    fc.assert(fc.property(elements, (list) => void expect(parseList(formatList(list))).toEqual(list)));
  });
});

// As Flink 1.20 and 2.3 read them back: blanks are lost without quotes, and an empty element at an end is ignored.
it.each([
  [[" a", "b ", "\u0001"], "' a';'b ';'\u0001'"],
  [["", "a", ""], "'';a;''"],
  [[""], "''"],
])("%j is quoted where Flink would lose it", (list, written) => {
  expect(formatList(list)).toBe(written);
  expect(parseList(written)).toEqual(list);
});

describe("maps", () => {
  it.each([
    ["", {}],
    ["a:b,c:d", { a: "b", c: "d" }],
    ["path:/a/b", { path: "/a/b" }],
    ["k:'a:b'", { k: "a:b" }],
    ["'k:''a,b'''", { k: "a,b" }],
    ["{a: b, c: 1}", { a: "b", c: "1" }],
  ])("reads %j", (source, map) => expect(Object.fromEntries(parseMap(source))).toEqual(map));

  it.each(["a", "a:b:c", "a:b,"])("refuses %j", (source) => {
    expect(() => parseMap(source)).toThrow(expect.objectContaining({ name: "ValueError" }));
  });

  it("round-trip", () => {
    fc.assert(fc.property(entries, (map) => void expect(parseMap(formatMap(map))).toEqual(map)));
  });
});

describe("lists of maps", () => {
  it("reads tolerations in both formats", () => {
    const expected = [
      new Map([
        ["key", "a"],
        ["operator", "Exists"],
      ]),
      new Map([["key", "b"]]),
    ];
    expect(parseMapList("key:a,operator:Exists;key:b")).toEqual(expected);
    expect(parseMapList("[{key: a, operator: Exists}, {key: b}]")).toEqual(expected);
    expect(parseMapList(formatMapList(expected))).toEqual(expected);
  });
});
