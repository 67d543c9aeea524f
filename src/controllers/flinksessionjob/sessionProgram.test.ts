import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { sessionProgram } from "./sessionProgram.ts";

const unpacked = (base64 = ""): string => gunzipSync(Buffer.from(base64, "base64")).toString();

it("sends a script and its variables in the arguments, with the jar that runs it", () => {
  const sql = { script: "INSERT INTO a SELECT '${b}'", variables: { b: "é" } };
  const { entryClass, jarURI, args, ownJar } = sessionProgram({ sql }, "UEsFBg==");
  expect(entryClass).toBe("flink.operator.sql.SqlJob");
  expect(jarURI).toBeUndefined();
  expect(ownJar).toEqual({ name: "flink-sql-runner.jar", base64: "UEsFBg==" });
  expect([args[0], args[2]]).toEqual(["--script-base64", "--variables-base64"]);
  expect(unpacked(args[1])).toBe(sql.script);
  expect(JSON.parse(unpacked(args[3]))).toEqual(sql.variables);
});

it("sends the same for the same script, and nothing for no variables", () => {
  const job = { sql: { script: "a" } };
  expect(sessionProgram(job, "a").args).toHaveLength(2);
  expect(sessionProgram(job, "a")).toEqual(sessionProgram(job, "a"));
});

it("runs a Python file of the cluster's image without a jar", () => {
  expect(sessionProgram({ python: { file: "local:///job.py" }, args: ["a"] }, "a")).toEqual({
    entryClass: "org.apache.flink.client.python.PythonDriver",
    args: ["-py", "/job.py", "a"],
  });
});

it("leaves a jar as it is", () => {
  expect(sessionProgram({ jarURI: "https://a/b.jar", entryClass: "C", args: ["d"] }, "a")).toEqual({
    jarURI: "https://a/b.jar",
    entryClass: "C",
    args: ["d"],
  });
});
