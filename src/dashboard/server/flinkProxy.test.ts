import { expect, it } from "vitest";
import { flinkPath } from "./flinkProxy.ts";

it.each([
  ["", "/"],
  ["overview", "/overview"],
  ["jobs/00/vertices/", "/jobs/00/vertices/"],
  ["jobs/metrics%20of", "/jobs/metrics%20of"],
  ["v1/config", "/v1/config"],
])("passes %j on as %j", (rest, path) => expect(flinkPath(rest)).toBe(path));

it.each([
  "..",
  "a/../b",
  "%2e%2e/x",
  ".%2e",
  ".",
  "a%2fb",
  "a%5cb",
  "a%252e",
  "a//b",
  "/a",
  "%00",
  "%",
  "a%3fb",
  "a%23b",
])("refuses %j", (rest) => expect(() => flinkPath(rest)).toThrow(/no path of Flink/));

it.each([
  "jobs/1/yarn-cancel",
  "jobs/1/Yarn-Stop",
  "v1/jobs/1/yarn-stop",
  "jars",
  "jars/",
  "jars/a/plan",
  "v1/jars/a/plan",
])("refuses %j, which acts", (rest) => expect(() => flinkPath(rest)).toThrow(/acts on the job/));
