import type { PlatformName } from "./platforms.ts";

/**
 * What an executable is by its own bytes, and whether it holds a program of a user. It is for those that cannot be run here.
 */
export interface ExecutableFormat {
  /** Undefined: of none of the platforms. */
  readonly platform: PlatformName | undefined;
  /** Node looks for a program in its own file. */
  readonly isFused: boolean;
  /** Of the Node that it is, such as "24.0.0". Undefined: it is none of a release. */
  readonly nodeVersion: string | undefined;
}

/** Node looks for its program by this mark, which is followed by ":1" where there is one. */
export const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

export const executableFormat = (file: Buffer): ExecutableFormat => ({
  platform: platformOf(file),
  isFused: file.includes(`${FUSE}:1`),
  nodeVersion: nodeVersionOf(file),
});

/** Each release has the address of its own headers in it (https://nodejs.org/docs/latest-v24.x/api/process.html#processrelease). */
function nodeVersionOf(file: Buffer): string | undefined {
  const at = file.indexOf("-headers.tar.gz");
  return at < 0 ? undefined : /node-v(\d+\.\d+\.\d+)$/.exec(file.toString("latin1", at - 24, at))?.[1];
}

const MACH_O_64 = 0xfeedfacf;
/** The numbers of processors in each format. */
const elf = { 62: "linux-amd64", 183: "linux-arm64" } as const;
const machO = { 16777223: "darwin-amd64", 16777228: "darwin-arm64" } as const;
const pe = { 34404: "windows-amd64" } as const;

function platformOf(file: Buffer): PlatformName | undefined {
  if (file.length < 64) return undefined;
  const found = <Names extends Readonly<Record<number, PlatformName>>>(names: Names, machine: number) =>
    (names as Readonly<Record<number, PlatformName>>)[machine];
  if (file.toString("latin1", 0, 4) === "\x7fELF") return found(elf, file.readUInt16LE(18));
  if (file.readUInt32LE(0) === MACH_O_64) return found(machO, file.readUInt32LE(4));
  if (file.toString("latin1", 0, 2) !== "MZ") return undefined;
  const header = file.readUInt32LE(0x3c);
  const isPe = header + 6 <= file.length && file.toString("latin1", header, header + 4) === "PE\0\0";
  return isPe ? found(pe, file.readUInt16LE(header + 4)) : undefined;
}

/** Throws if `file` is no executable of the platform. `isFused`: whether it has to hold a program. */
export function checkExecutable(file: Buffer, platform: PlatformName, isFused: boolean): void {
  const is = executableFormat(file);
  if (is.platform !== platform)
    throw new Error(`the executable is of ${is.platform ?? "no known platform"}, and not of ${platform}`);
  if (is.isFused !== isFused)
    throw new Error(`the executable ${is.isFused ? "holds a program already" : "holds no program"}`);
}
