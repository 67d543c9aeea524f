import { expect, it } from "vitest";
import { checkVersion, releaseNotes, withImage } from "./release.ts";

const changelog = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-01\n\n* a\n\n## [1.1.0]\n\n* b\n";

it("the notes of a release are the section of its version", () => {
  expect(releaseNotes(changelog, "1.2.0")).toBe("* a");
  expect(releaseNotes(changelog, "1.1.0")).toBe("* b");
  expect(() => releaseNotes(changelog, "1.3.0")).toThrow('must have a section "## [1.3.0]"');
  expect(() => releaseNotes(changelog, "Unreleased")).toThrow("must have a section");
});

it("a version must be valid for a chart", () => {
  expect(checkVersion("1.2.3-rc.1")).toBe("1.2.3-rc.1");
  expect(() => checkVersion("v1")).toThrow('VERSION must be like 1.2.3 or 1.2.3-rc.1, not "v1"');
});

it("the released chart has its image", () => {
  expect(withImage("image:\n  repository: a\n  tag: ''\n", "example.org/b")).toBe(
    "image:\n  repository: example.org/b\n  tag: ''\n",
  );
  expect(() => withImage("image:\n  repository: a\n", "")).toThrow("IMAGE must be");
});
