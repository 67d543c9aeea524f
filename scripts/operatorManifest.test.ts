import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { operatorManifest } from "./operatorManifest.ts";

const listing = (digest: string) =>
  `REFERENCE  DIGEST\nlocalhost/flink:2.3   sha256:1\nlocalhost/flink-kubernetes-operator:dev   ${digest}   60 MiB\n`;

function podAnnotations(images: string): unknown {
  const { items } = JSON.parse(readFileSync(operatorManifest(images), "utf8"));
  const [deployment] = items.filter(({ kind }: { kind: string }) => kind === "Deployment");
  return deployment.spec.template.metadata.annotations;
}

test("the pod of an image that was built anew differs from the one before", () => {
  expect(podAnnotations(listing("sha256:a"))).toEqual(podAnnotations(listing("sha256:a")));
  expect(podAnnotations(listing("sha256:a"))).not.toEqual(podAnnotations(listing("sha256:b")));
});

test("an image that is not loaded is told", () => {
  expect(() => operatorManifest("")).toThrow("localhost/flink-kubernetes-operator:dev is not loaded");
});
