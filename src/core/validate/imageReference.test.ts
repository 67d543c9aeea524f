import { expect, it } from "vitest";
import { isImageReference } from "./imageReference.ts";

it.each([
  "flink",
  "flink:1.20",
  "library/flink:1.20-java17",
  "localhost:5000/team/flink_job.v2:Build-7",
  "Registry.Example.com/team/flink:1.20",
  "[fd00::1]:5000/flink",
  `example.com/a/b@sha256:${"0f".repeat(32)}`,
])("%s is an image", (text) => expect(isImageReference(text)).toBe(true));

it.each([
  "",
  " flink:1.20",
  "flink:1.20\n",
  "flink: 1.20",
  "Flink:1.20",
  "flink:",
  "flink:-1",
  "https://example.com/flink",
  "example.com/",
  "größe:1",
  "flink@sha256:00",
])("%j is none", (text) => expect(isImageReference(text)).toBe(false));
