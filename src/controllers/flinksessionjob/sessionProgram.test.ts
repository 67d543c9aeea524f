import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { resolveReferences, sessionProgram } from "./sessionProgram.ts";

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

const configMaps: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  orders: { "tables.sql": "CREATE …", "totals.sql": "INSERT …" },
  regions: { region: "eu" },
};
const read = async (name: string) => configMaps[name];
const key = (name: string, key: string) => ({ configMapKeyRef: { name, key } });
const refer = {
  scriptFrom: [key("orders", "tables.sql"), key("orders", "totals.sql")],
  variablesFrom: [{ configMapRef: { name: "regions" } }],
};

it("sends what a script refers to as it is when the request is sent, inline variables last", async () => {
  const { args } = sessionProgram({ sql: { ...refer, variables: { region: "us" } } }, "a");
  expect(args.join()).not.toContain("INSERT");
  const { args: resolved } = await resolveReferences(args, read);
  expect(resolved.map((arg, at) => (resolved[at - 1]?.endsWith("base64") ? unpacked(arg) : arg))).toEqual([
    ...["--script-name", "tables.sql", "--script-base64", "CREATE …"],
    ...["--script-name", "totals.sql", "--script-base64", "INSERT …"],
    ...["--variables-base64", '{"region":"eu"}', "--variables-base64", '{"region":"us"}'],
  ]);
});

it("leaves arguments without references as they are", async () => {
  const { args } = sessionProgram({ sql: { script: "a", variables: { b: "c" } } }, "a");
  expect(await resolveReferences(args, read)).toEqual({ args, texts: undefined });
});

it.each([
  [
    { ...refer, scriptFrom: [key("orders", "x.sql")] },
    "scriptFrom[0].configMapKeyRef: the ConfigMap orders has no key x.sql",
  ],
  [
    { ...refer, scriptFrom: [...refer.scriptFrom, key("no", "x.sql")] },
    "scriptFrom[2].configMapKeyRef: there is no ConfigMap no",
  ],
  [
    { script: "a", variablesFrom: [{ configMapRef: { name: "no" } }] },
    "variablesFrom[0].configMapRef: there is no ConfigMap no",
  ],
])("names what is missing; of the running script, nothing is compared then", async (sql, message) => {
  const { args } = sessionProgram({ sql }, "a");
  await expect(resolveReferences(args, read)).rejects.toThrow(`spec.job.sql.${message}`);
  const both = [...sessionProgram({ sql: refer }, "a").args, "--running", "", ...args];
  const { args: resolved } = await resolveReferences(both, read);
  const [, what] = message.split(": ");
  expect(resolved[resolved.lastIndexOf("--missing") + 1]).toBe(`the running script cannot be read: ${what}`);
});

const checkOf = (running: object) => [
  ...["--check", ...sessionProgram({ sql: { script: "a" } }, "a").args],
  ...["--running", "", ...sessionProgram({ sql: running }, "a").args],
];
const missing = (args: readonly string[]) => args[args.indexOf("--missing") + 1];

it("compares the running script only with the texts that it was submitted with", async () => {
  const submitted = await resolveReferences(sessionProgram({ sql: refer }, "a").args, read);
  const same = await resolveReferences(checkOf(refer), read, submitted.texts);
  expect(same.args).not.toContain("--missing");
  expect(same.args.slice(-submitted.args.length)).toEqual(submitted.args);
  expect(missing((await resolveReferences(checkOf(refer), read)).args)).toContain("it is not known");
  for (const changed of ["orders", "regions"]) {
    const edited = async (name: string) =>
      name === changed ? { ...configMaps[name], "totals.sql": "INSERT more" } : configMaps[name];
    const { args } = await resolveReferences(checkOf(refer), edited, submitted.texts);
    expect(missing(args)).toContain("its ConfigMaps were changed since it was submitted");
    expect(args.slice(0, 3)).toEqual(checkOf(refer).slice(0, 3));
  }
});

it("compares a running script that refers to nothing in any case", async () => {
  const args = checkOf({ script: "b" });
  expect((await resolveReferences(args, read)).args).toEqual(args);
});

it("reads each ConfigMap once, so that all texts are of the same time", async () => {
  const names: string[] = [];
  await resolveReferences(sessionProgram({ sql: refer }, "a").args, async (name) => {
    names.push(name);
    return configMaps[name];
  });
  expect(names).toEqual(["orders", "regions"]);
});
