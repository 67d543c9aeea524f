import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causesOf, compactStackTrace, headlineOf, sqlProblemIn, withFirstFrames } from "./stackTrace.ts";

const frames = (n: number) => Array.from({ length: n }, (_, i) => `\tat a.B.m${i}(B.java:${i})`).join("\n");
const chain = [
  "java.util.concurrent.CompletionException: org.apache.flink.util.FlinkException: Outer.",
  frames(20),
  "Caused by: org.apache.flink.util.FlinkException: Outer.",
  frames(3),
  "\tSuppressed: java.io.IOException: not a cause",
  "\t\tat x.Y.z(Y.java:1)",
  "\t... 17 more",
  "Caused by: java.io.FileNotFoundException: /no/such",
  "file (two lines)",
  frames(12),
].join("\n");

describe("what is wrong with an SQL script", () => {
  const trace = [
    "org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: sql: line 5",
    frames(3),
    "Caused by: flink.operator.sql.SqlProblem: sql: line 5, column 22: Column 'nme' not found in any table",
    frames(3),
  ].join("\n");

  it("is all that is said of its trace", () => {
    expect(sqlProblemIn(trace)).toBe("sql: line 5, column 22: Column 'nme' not found in any table");
    expect(headlineOf(trace)).toBe("sql: line 5, column 22: Column 'nme' not found in any table");
    expect(sqlProblemIn(chain)).toBeUndefined();
  });
});

describe("causesOf", () => {
  it("returns each cause once, without wrappers and suppressed ones", () => {
    expect(causesOf(chain)).toEqual([
      { className: "org.apache.flink.util.FlinkException", message: "Outer." },
      { className: "java.io.FileNotFoundException", message: "/no/such\nfile (two lines)" },
    ]);
  });

  it("omits throwables that only repeat the text of their cause", () => {
    const text = [
      "a.InitException: Could not start.",
      frames(2),
      "Caused by: java.util.concurrent.CompletionException: java.lang.RuntimeException: java.io.IOException: none",
      frames(2),
      "Caused by: java.lang.RuntimeException: java.io.IOException: none",
      frames(2),
      "Caused by: java.io.IOException: none",
      frames(2),
    ].join("\n");
    expect(causesOf(text)).toEqual([
      { className: "a.InitException", message: "Could not start." },
      { className: "java.io.IOException", message: "none" },
    ]);
  });

  it("ignores Flink's brackets", () => {
    const text = `<Exception on server side:\njava.lang.IllegalStateException\n${frames(2)}\n\nEnd of exception on server side>`;
    expect(causesOf(text)).toEqual([{ className: "java.lang.IllegalStateException", message: "" }]);
  });

  it("returns none for other text", () => {
    expect(causesOf("Service temporarily unavailable due to an ongoing leader election.")).toEqual([]);
  });
});

describe("headlineOf", () => {
  it("has the first and the last cause on one line", () => {
    expect(headlineOf(chain)).toBe(
      "org.apache.flink.util.FlinkException: Outer. (caused by java.io.FileNotFoundException: /no/such file (two lines))",
    );
  });

  it("is the first line of a text that is not a trace", () => {
    expect(headlineOf("\nNot found: /v1/x\nmore")).toBe("Not found: /v1/x");
  });

  it("has a limited length", () => {
    expect(headlineOf(`a.B: ${"x".repeat(5_000)}`)).toHaveLength(500);
  });
});

describe("compactStackTrace", () => {
  it("keeps every cause and few frames of each", () => {
    const lines = compactStackTrace(chain, 2).split("\n");
    expect(lines).toContain("Caused by: java.io.FileNotFoundException: /no/such");
    expect(lines.filter((line) => line.startsWith("\tat "))).toHaveLength(6);
    expect(lines).toContain("\t... 18 more");
  });

  it("does not change a short trace", () => {
    const short = `a.B: text\n${frames(3)}\nCaused by: c.D: more\n${frames(2)}`;
    expect(compactStackTrace(short)).toBe(short);
  });

  it("accepts any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(compactStackTrace(text).length).toBeLessThanOrEqual(8_192);
        causesOf(text);
        expect(headlineOf(text)).not.toContain("\n");
      }),
    );
  });
});

it("a log keeps its messages, and the first frame of each cause", () => {
  const log = [
    "ERROR it failed",
    "a.B: one",
    "\tat a.B.x(B.java:1)",
    "\tat a.B.y(B.java:2)",
    "\t... 5 more",
    "Caused by: a.C: two",
    "\tat a.C.x(C.java:1)",
    "INFO it goes on",
  ];
  expect(withFirstFrames(log.join("\n"))).toBe([...log.slice(0, 3), ...log.slice(5)].join("\n"));
});
