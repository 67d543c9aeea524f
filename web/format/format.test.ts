import { expect, test } from "vitest";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatShare,
  formatVersion,
  plural,
  sentence,
} from "./format.ts";

test.each([
  [0, "0 ms"],
  [450, "450 ms"],
  [1000, "1 s"],
  [2340, "2.3 s"],
  [12_400, "12 s"],
  [59_700, "1 min"],
  [185_000, "3 min 5 s"],
  [3_600_000, "1 h"],
  [5_400_000, "1 h 30 min"],
  [187_200_000, "2 d 4 h"],
])("a duration of %d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [-3000, "now"],
  [1500, "now"],
  [12_000, "12 s"],
  [3_599_000, "59 min"],
  [100_000_000, "27 h"],
  [172_800_000, "2 d"],
])("%d ms ago is %s", (ms, text) => expect(formatAge(ms)).toBe(text));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "0.98 KiB"],
  [1536, "1.5 KiB"],
  [5_368_709_120, "5 GiB"],
])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, "0"],
  [950, "950"],
  [12_345, "12.3 k"],
  [999_999, "1 M"],
])("%d is %s", (count, text) => expect(formatCount(count)).toBe(text));

test("a share, a version, a number of things", () => {
  expect(formatShare(0.874)).toBe("87 %");
  expect(formatVersion("v1_20")).toBe("1.20");
  expect(plural(1, "resource")).toBe("1 resource");
  expect(plural(12_000, "resource")).toBe("12,000 resources");
});

test.each([
  ["it is to run already", "It is to run already."],
  ["pods: you may not list them", "Pods: you may not list them."],
  ["spec.job.parallelism must be positive", "spec.job.parallelism must be positive."],
  ["The job runs.", "The job runs."],
])("%s as a sentence", (text, expected) => {
  expect(sentence(text)).toBe(expected);
});
