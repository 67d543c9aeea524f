import { gzipSync } from "node:zlib";
import { type TarEntry, tar } from "../../../images/tar.ts";
import { errorText } from "./commandError.ts";

/** The longest file of a bundle, and all of them together, in bytes. The end of a file that is longer is kept. */
export const MAX_FILE_BYTES = 1_048_576;
const MAX_BYTES = 33_554_432;

/** What is in a bundle, and what is not. */
export interface BundleContents {
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly cut?: true }[];
  /** What could not be had, or has no place, and why. */
  readonly missing: readonly { readonly path: string; readonly why: string }[];
}

/** Files that are collected, bounded, and packed into an archive. */
export interface Bundle {
  /** Adds a file if its content can be had. What cannot is listed as missing: it ends nothing. */
  add(path: string, content: () => Promise<string> | string): Promise<boolean>;
  contents(): BundleContents;
  /** A tar archive, compressed by gzip. All is below one folder. */
  pack(folder: string): Promise<Buffer>;
}

export function createBundle(): Bundle {
  const files = new Map<string, { readonly content: Buffer; readonly cut: boolean }>();
  const missing: { readonly path: string; readonly why: string }[] = [];
  let left = MAX_BYTES;

  const sorted = () => [...files].sort(([one], [other]) => one.localeCompare(other));
  const contents = (): BundleContents => ({
    files: sorted().map(([path, { content, cut }]) => ({
      path,
      bytes: content.length,
      ...(cut ? { cut: true } : {}),
    })),
    missing,
  });
  return {
    async add(path, content) {
      try {
        const whole = Buffer.from(await content(), "utf8");
        const kept = whole.subarray(-MAX_FILE_BYTES);
        if (kept.length > left) throw new Error(`the bundle has ${MAX_BYTES} bytes at most`);
        left -= kept.length;
        files.set(path, { content: kept, cut: kept.length < whole.length });
        return true;
      } catch (error) {
        missing.push({ path, why: errorText(error) });
        return false;
      }
    },
    contents,
    async pack(folder) {
      const list = Buffer.from(contentsText(contents()), "utf8");
      const entries = [
        ["contents.txt", list] as const,
        ...sorted().map(([path, { content }]) => [path, content] as const),
      ];
      const parts: Buffer[] = [];
      for await (const part of tar(
        entries.map(([path, content]): TarEntry => {
          return { type: "file", path: `${folder}/${path}`, mode: 0o600, uid: 0, gid: 0, content };
        }),
      ))
        parts.push(part);
      return gzipSync(Buffer.concat(parts));
    },
  };
}

export const contentsText = ({ files, missing }: BundleContents): string =>
  [
    ...files.map(({ path, bytes, cut }) => `${path}  ${bytes} bytes${cut ? ", only the end" : ""}\n`),
    ...(missing.length === 0 ? [] : ["\nNot in it:\n"]),
    ...missing.map(({ path, why }) => `${path}: ${why}\n`),
  ].join("");
