import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oldestSupportedFlinkVersion, testedFlinkVersionsInWords } from "../src/api/v1beta1/common.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "..", file), "utf8");

test("the docs name the tested versions of Flink, and the oldest accepted version", () => {
  expect(read("README.md")).toContain(`For Flink ${testedFlinkVersionsInWords}`);
  expect(read("docs/from-the-java-operator.md")).toContain(testedFlinkVersionsInWords);
  expect(read("docs/admission.md")).toContain(`\`${oldestSupportedFlinkVersion}\` or newer`);
});
