import { describe, expect, test } from "vitest";
import { levelOf, MOST_LINES, mergeLines, podsOf } from "./logLines.ts";

const idsOf = (first: string, second: string) =>
  mergeLines(mergeLines([], first), second).map(({ id }) => id);

describe("a log that is read again", () => {
  test("goes on: the known lines keep their ids", () => {
    expect(idsOf("a\nb\nc\n", "b\nc\nd\ne\n")).toEqual([1, 2, 3, 4]);
    expect(idsOf("a\nb\nc\nd\ne\nf\n", "c\nd\ne\nf\ng\n")).toEqual([2, 3, 4, 5, 6]);
  });

  test("has not changed", () => expect(idsOf("a\nb\n", "a\nb\n")).toEqual([0, 1]));

  test("is another", () => expect(idsOf("a\nb\n", "x\ny\n")).toEqual([2, 3]));

  test("is empty", () => expect(mergeLines([], "")).toEqual([]));

  test("is cut at its beginning", () => {
    const lines = mergeLines([], "x\n".repeat(MOST_LINES + 10));
    expect(lines).toHaveLength(MOST_LINES);
  });
});

test.each([
  ["2026-12-01 10:00:00,123 ERROR org.apache.flink", "error"],
  ["2026-12-01 10:00:00,123 WARN  akka", "warn"],
  ["2026-12-01 10:00:00,123 DEBUG x", "debug"],
  ["2026-12-01 10:00:00,123 INFO  ERRORS are none", undefined],
  ["	at java.base/java.lang.Thread.run", undefined],
])("the level of %j is %s", (line, level) => expect(levelOf(line)).toBe(level));

test("pods are found wherever they are in the tree", () => {
  const pod = {
    kind: "Pod",
    name: "tm-1",
    state: "Running",
    containers: [{ name: "main", ready: true, restarts: 0, state: "running" }],
    children: [],
  };
  const objects = [
    {
      kind: "Deployment",
      name: "d",
      state: "",
      children: [{ kind: "ReplicaSet", name: "r", state: "", children: [pod] }],
    },
    { ...pod, name: "tm-2" },
  ];
  expect(podsOf(objects)).toEqual([
    { pod: "tm-1", containers: ["main"] },
    { pod: "tm-2", containers: ["main"] },
  ]);
});
