import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { checkExecutable, executableFormat, FUSE } from "./executableFormat.ts";

const bytes = (
  text: string,
  more: readonly (readonly [at: number, size: 2 | 4, value: number])[],
): Buffer => {
  const file = Buffer.alloc(256);
  file.write(text, "latin1");
  for (const [at, size, value] of more) file.writeUIntLE(value, at, size);
  return file;
};

const elf = bytes("\x7fELF", [[18, 2, 183]]);
const machO = (processor: number) =>
  bytes("", [
    [0, 4, 0xfeedfacf],
    [4, 4, processor],
  ]);
const pe = bytes("MZ", [
  [0x3c, 4, 0x80],
  [0x80, 4, 0x4550],
  [0x84, 2, 0x8664],
]);

describe("the platform of an executable", () => {
  test.each([
    ["linux-arm64", elf],
    ["darwin-amd64", machO(0x01000007)],
    ["darwin-arm64", machO(0x0100000c)],
    ["windows-amd64", pe],
    [undefined, bytes("MZ", [[0x3c, 4, 0x1000]])],
    [undefined, bytes("#!/bin/sh", [])],
    [undefined, machO(7)],
    [undefined, Buffer.from("MZ")],
  ])("%s", (platform, file) => expect(executableFormat(file)).toMatchObject({ platform, isFused: false }));

  it("of the Node that runs this is that of this machine, without a program", () => {
    const arch = { x64: "amd64", arm64: "arm64" }[process.arch as "x64"];
    const own = readFileSync(process.execPath);
    expect(executableFormat(own)).toEqual({
      platform: `${process.platform}-${arch}`,
      isFused: false,
      nodeVersion: process.versions.node,
    });
  });
});

it("has no version of Node where it is none", () => {
  expect(executableFormat(elf).nodeVersion).toBeUndefined();
  expect(executableFormat(bytes("-headers.tar.gz", [])).nodeVersion).toBeUndefined();
});

it("refuses an executable of another platform, and one with or without a program", () => {
  const fused = Buffer.concat([pe, Buffer.from(`${FUSE}:1`)]);
  expect(() => checkExecutable(fused, "windows-amd64", true)).not.toThrow();
  expect(() => checkExecutable(fused, "windows-amd64", false)).toThrow("holds a program already");
  expect(() => checkExecutable(pe, "windows-amd64", true)).toThrow("holds no program");
  expect(() => checkExecutable(elf, "darwin-arm64", false)).toThrow(
    "of linux-arm64, and not of darwin-arm64",
  );
  expect(() => checkExecutable(Buffer.from("x"), "linux-amd64", false)).toThrow("of no known platform");
});
