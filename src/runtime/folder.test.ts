import { mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { fakeClock } from "../../test/support/fakeClock.ts";
import { systemClock } from "./clock.ts";
import { readFolder, watchFolders } from "./folder.ts";

const newFolder = () => mkdtempSync(join(tmpdir(), "folder-"));

/** A folder as the kubelet mounts a ConfigMap: each file is a link through `..data`, which is replaced as a whole. */
function mountConfigMap(folder: string, version: number, files: Record<string, string>): void {
  const data = `..2026_${version}`;
  mkdirSync(join(folder, data));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, data, name), text);
  symlinkSync(data, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  if (version === 1)
    for (const name of Object.keys(files)) symlinkSync(join("..data", name), join(folder, name));
}

test("reads the existing files", () => {
  const folder = newFolder();
  writeFileSync(join(folder, "a"), "1");
  expect(readFolder(folder, ["a", "b"])).toEqual(new Map([["a", "1"]]));
  expect(readFolder(join(folder, "none"), ["a"])).toEqual(new Map());
});

test("reports an update of a mounted ConfigMap at once", async () => {
  const folder = newFolder();
  mountConfigMap(folder, 1, { "config.yaml": "a: 1" });
  let told = 0;
  const stop = watchFolders({
    folders: [folder],
    clock: systemClock,
    pollIntervalMs: () => 3_600_000,
    onChange: () => told++,
  });
  mountConfigMap(folder, 2, { "config.yaml": "a: 2" });
  await eventually("the swap is told", () => told > 0, 5_000);
  expect(readFolder(folder, ["config.yaml"]).get("config.yaml")).toBe("a: 2");
  stop();
});

test("polls if the folder cannot be watched, until it is stopped", async () => {
  const clock = fakeClock();
  let told = 0;
  const stop = watchFolders({
    folders: [join(newFolder(), "none")],
    clock,
    pollIntervalMs: () => 1_000,
    onChange: () => told++,
  });
  await clock.advance(2_500);
  expect(told).toBe(2);
  stop();
  await clock.advance(5_000);
  expect(told).toBe(2);
});
