import { expect, test } from "vitest";
import { imageDigest, installArguments } from "./install.ts";

const listing = (digest: string) =>
  `REFERENCE  DIGEST\nlocalhost/flink:2.3   sha256:1\nlocalhost/flink-kubernetes-operator:dev   ${digest}   60 MiB\n`;

test("the pod of a rebuilt image differs from the old one", () => {
  const annotation = (digest: string) => installArguments(imageDigest(listing(digest)));
  expect(annotation("sha256:a")).toEqual(annotation("sha256:a"));
  expect(annotation("sha256:a")).not.toEqual(annotation("sha256:b"));
});

test("an image that is not loaded is an error", () => {
  expect(() => imageDigest("")).toThrow("localhost/flink-kubernetes-operator:dev is not loaded");
});
