import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goldenCases, goldenFolder, goldenNames } from "./golden.ts";

describe("the recorded data", () => {
  const filesOf = (pattern: string) =>
    globSync(pattern, { cwd: goldenFolder }).map((file) => join(goldenFolder, file));
  const files = filesOf("**/*.json");

  it("is small", () => {
    const bytes = filesOf("**/*.*").reduce((total, file) => total + statSync(file).size, 0);
    expect(bytes).toBeLessThan(8 * 2 ** 20);
  });

  it("holds no file of another project, and one value a line", () => {
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      expect(text, file).not.toMatch(/Licensed to the Apache/);
      const values = text
        .split("\n")
        .slice(1, -2)
        .map((line) => JSON.parse(line.replace(/,$/, "")));
      expect(JSON.parse(text), file).toEqual(values);
    }
  });

  it("has the recordings of every version", () => {
    const versionsOf = (folder: string) => [...new Set(goldenCases(folder).map(({ version }) => version))];
    expect(versionsOf("java-operator/objects").sort()).toEqual([
      "v1_16",
      "v1_17",
      "v1_19",
      "v1_20",
      "v2_0",
      "v2_2",
      "v2_3",
    ]);
    expect(versionsOf("flink/client").sort()).toEqual(["1.20.5", "2.3.0"]);
    expect(goldenNames("flink/rest")).toHaveLength(9);
  });
});

it("returns the parts of a case that apply to its version, and its objects in order", () => {
  const cases = goldenCases<{
    input: { cr: { spec: { flinkVersion: string } } };
    objects: { kind: string }[];
  }>("java-operator/objects");
  for (const { version, input } of cases) expect(input.cr.spec.flinkVersion).toBe(version);
  const native = cases.find(({ version, name }) => version === "v2_2" && name === "native-app");
  expect(native?.objects.map(({ kind }) => kind)).toEqual(["Deployment", "Service", "Service", "ConfigMap"]);
});
