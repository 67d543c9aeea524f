import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

const make = (...args: string[]) =>
  spawnSync("make", ["--no-print-directory", ...args], { cwd: root, encoding: "utf8" });

it("the workflows are valid, and every make target that they use exists", () => {
  expect(make("lint-workflows")).toMatchObject({ status: 0, stdout: "" });
  const workflows = ["ci.yml", "release.yml"].map((name) =>
    readFileSync(join(root, ".github/workflows", name), "utf8"),
  );
  const targets = workflows.flatMap((text) =>
    [...text.matchAll(/run: make ([a-z-]+)/g)].map(([, name]) => name),
  );
  expect(targets.length).toBeGreaterThan(4);
  const makefile = readFileSync(join(root, "Makefile"), "utf8");
  for (const target of targets) expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
});

it("builds the files of a release, and the index of the Helm repository", () => {
  const version = "9.9.9-rc.1";
  const pages = mkdtempSync(join(tmpdir(), "pages-"));
  try {
    const result = make("release-files", `VERSION=${version}`, "IMAGE=example.org/operator");
    expect(result.stderr).toBe("");
    const files = join(root, "dist/release");
    const chart = `flink-kubernetes-operator-${version}.tgz`;
    expect(readFileSync(join(files, "SHA256SUMS"), "utf8")).toContain(chart);
    expect(JSON.parse(readFileSync(join(files, "sbom.cdx.json"), "utf8"))).toMatchObject({
      bomFormat: "CycloneDX",
    });
    const shown = spawnSync("tools/run", ["helm", "template", join(files, chart)], {
      cwd: root,
      encoding: "utf8",
    });
    expect(shown.stdout).toContain(`image: example.org/operator:${version}`);
    const url = "https://example.org/releases";
    expect(make("release-pages", `VERSION=${version}`, `PAGES=${pages}`, `RELEASES=${url}`).status).toBe(0);
    expect(load(readFileSync(join(pages, "index.yaml"), "utf8"))).toMatchObject({
      entries: { "flink-kubernetes-operator": [{ version, urls: [`${url}/${chart}`] }] },
    });
    expect(existsSync(join(pages, "docs", version, "install.md"))).toBe(true);
  } finally {
    rmSync(pages, { recursive: true });
  }
});

it("an invalid version is refused", () => {
  const { status, stderr } = make("release-files", "VERSION=x", "IMAGE=a");
  expect(status).not.toBe(0);
  expect(stderr).toContain('VERSION must be like 1.2.3 or 1.2.3-rc.1, not "x"');
});
