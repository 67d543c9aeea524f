import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { beforeAll, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { buildKrewManifest } from "./krew.ts";

const folder = mkdtempSync(join(tmpdir(), "plugin-"));
const plugin = join(folder, "kubectl-flink.cjs");
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [plugin, ...args], { encoding: "utf8", cwd: folder, stdio: "pipe" });

beforeAll(() => {
  const script = join(import.meta.dirname, "../plugin.ts");
  const built = execFileSync(process.execPath, [script, "--into", folder], { encoding: "utf8" }).trim();
  cpSync(built, plugin);
});

it("is one file that needs nothing of this repository", () => {
  expect(run("--version")).toBe(`${packageJson.version}\n`);
  const file = join(folder, "basic.yaml");
  cpSync(join(import.meta.dirname, "../../examples/basic.yaml"), file);
  expect(run("render", "-f", file)).toMatch(/kind: Deployment/);
  expect(run("completion", "bash")).toContain("report) words=");
});

it("has a manifest for krew with the platforms that were built", () => {
  const manifest = load(
    buildKrewManifest({
      version: "1.2.0",
      releases: "https://example.com/v1.2.0",
      homepage: "https://example.com",
      sums: { "linux-amd64": "a1", "windows-amd64": "b2" },
    }),
  );
  expect(manifest).toMatchObject({
    kind: "Plugin",
    metadata: { name: "flink" },
    spec: {
      version: "v1.2.0",
      platforms: [
        {
          selector: { matchLabels: { os: "linux", arch: "amd64" } },
          uri: "https://example.com/v1.2.0/kubectl-flink-linux-amd64.tar.gz",
          sha256: "a1",
          bin: "kubectl-flink",
        },
        { sha256: "b2", bin: "kubectl-flink.exe" },
      ],
    },
  });
});
