import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytes, directory, root } from "./entries.ts";
import { type TarEntry, tar } from "./tar.ts";
import { epoch } from "./versions.ts";

async function archive(entries: TarEntry[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tar(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Read by GNU tar. */
async function unpacked(entries: TarEntry[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tar-"));
  execFileSync("tar", ["-xpf", "-", "-C", folder], { input: await archive(entries) });
  return folder;
}

test("files, folders, modes and times round-trip", async () => {
  const folder = await unpacked([
    directory("a", root, 0o750),
    bytes("a/script", "#!/bin/sh\n", root, 0o755),
    bytes("a/empty", "", root),
    bytes("a/block", "x".repeat(512), root),
  ]);
  expect(lstatSync(join(folder, "a")).mode & 0o7777).toBe(0o750);
  expect(lstatSync(join(folder, "a/script")).mode & 0o7777).toBe(0o755);
  expect(lstatSync(join(folder, "a/script")).mtimeMs).toBe(epoch * 1000);
  expect(readFileSync(join(folder, "a/script"), "utf8")).toBe("#!/bin/sh\n");
  expect(readFileSync(join(folder, "a/empty")).length).toBe(0);
  expect(readFileSync(join(folder, "a/block"), "utf8")).toBe("x".repeat(512));
});

test("the owner is in the header, as a number", async () => {
  const made = await archive([bytes("f", "", { uid: 9999, gid: 9998 })]);
  const listing = execFileSync("tar", ["-tvf", "-"], { input: made }).toString();
  expect(listing).toContain("9999/9998");
});

test("symbolic and hard links", async () => {
  const folder = await unpacked([
    bytes("file", "content", root),
    { type: "symlink", path: "soft", mode: 0o777, ...root, target: "file" },
    { type: "hardlink", path: "hard", mode: 0o644, ...root, target: "file" },
  ]);
  expect(readlinkSync(join(folder, "soft"))).toBe("file");
  expect(lstatSync(join(folder, "hard")).ino).toBe(lstatSync(join(folder, "file")).ino);
});

test.each([
  ["fits the name", "n".repeat(100)],
  ["fits prefix and name", `${"p".repeat(155)}/${"n".repeat(100)}`],
  ["one byte too long for the name", "n".repeat(101)],
  ["several folders", Array.from({ length: 12 }, (_, i) => `folder-number-${i}-${"f".repeat(20)}`).join("/")],
  ["not ASCII", `${"ü".repeat(60)}/${"ß".repeat(60)}`],
])("a long path: %s", async (_, path) => {
  const folder = await unpacked([bytes(path, "here", root)]);
  expect(readFileSync(join(folder, path), "utf8")).toBe("here");
});

test("a long path of a folder, and a long link target", async () => {
  const long = `${"d".repeat(90)}/${"e".repeat(120)}`;
  const folder = await unpacked([
    directory(long, root),
    { type: "symlink", path: "link", mode: 0o777, ...root, target: long },
  ]);
  expect(lstatSync(join(folder, long)).isDirectory()).toBe(true);
  expect(readlinkSync(join(folder, "link"))).toBe(long);
});

test("the same entries give the same bytes, at any time", async () => {
  const entries = [directory("d", root), bytes(`d/${"n".repeat(200)}`, "content", root)];
  const digest = async () =>
    createHash("sha256")
      .update(await archive(entries))
      .digest("hex");
  expect(await digest()).toBe(await digest());
  expect(await digest()).toBe("5eaf71249aaa58b511605044e8ff06a433a28bdb471c1b437de84557e069a9b1");
});

test("a file is streamed from disk, and must have the size that its header says", async () => {
  const source = join(mkdtempSync(join(tmpdir(), "tar-")), "source");
  writeFileSync(source, "y".repeat(100_000));
  const entry = (size: number): TarEntry => ({
    type: "file",
    path: "big",
    mode: 0o644,
    ...root,
    content: { file: source, size },
  });
  const folder = await unpacked([entry(100_000)]);
  expect(readFileSync(join(folder, "big"), "utf8")).toBe("y".repeat(100_000));
  await expect(archive([entry(99_999)])).rejects.toThrow("expected 99999 bytes, read 100000");
});
