import { expect, it } from "vitest";
import { flinkPath } from "./flinkProxy.ts";

it.each([
  ["", "/"],
  ["overview", "/overview"],
  ["jobs/00/vertices/", "/jobs/00/vertices/"],
  ["jobs/metrics%20of", "/jobs/metrics%20of"],
  ["v1/config", "/v1/config"],
  ["main.3f8a5c1d.js", "/main.3f8a5c1d.js"],
  ["assets/vs/editor/editor.main.js", "/assets/vs/editor/editor.main.js"],
  ["jobs/00/checkpoints/details/3", "/jobs/00/checkpoints/details/3"],
  ["jobs/00/vertices/11/subtasks/metrics", "/jobs/00/vertices/11/subtasks/metrics"],
  ["taskmanagers/a:6122-1/logs", "/taskmanagers/a%3A6122-1/logs"],
  ["applications/00/jobmanager/config", "/applications/00/jobmanager/config"],
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
  "jobs/1/yarn-cancel/",
  "jobs/1/yarn-stop/",
  "v1/jobs/1/yarn-stop/",
  "v9/jobs/1/yarn-cancel",
  "jobs/1/clientHeartbeat",
  "applications/1/cancel",
  "what-a-later-flink-has",
  "jobs/1/Yarn-Stop",
  "v1/jobs/1/yarn-stop",
  "jars",
  "jars/",
  "jars/a/plan",
  "v1/jars/a/plan",
])("refuses %j, which acts", (rest) => expect(() => flinkPath(rest)).toThrow(/acts on the job/));
