import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { billOfMaterials } from "./billOfMaterials.ts";

it("lists every package that is installed to run, and none that is for development only", () => {
  const root = join(import.meta.dirname, "..");
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; dev?: boolean; optional?: boolean }>;
  };
  // An optional package may be for another platform.
  const installed = Object.entries(lock.packages).flatMap(([path, { version, dev, optional }]) =>
    path === "" || dev || (optional && !existsSync(join(root, path)))
      ? []
      : [`${path.replace(/^.*node_modules\//, "")}@${version}`],
  );
  const { components, dependencies } = billOfMaterials();
  const listed = components.map((each) => each["bom-ref"]);
  expect(listed.toSorted()).toEqual(installed.toSorted());
  for (const { dependsOn } of dependencies) for (const ref of dependsOn) expect(listed).toContain(ref);
});
