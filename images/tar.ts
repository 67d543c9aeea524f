/**
 * Writes reproducible tar archives, which depend only on the entries: the caller sets the order, times and owner names are
 * fixed. POSIX ustar, with a pax header if a name or a size does not fit.
 */
import { createReadStream } from "node:fs";
import { epoch } from "./versions.ts";

export interface FileContent {
  /** The path of the file with the content. */
  file: string;
  size: number;
}

interface Meta {
  /** The path in the archive: relative, without a trailing slash. */
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

export type TarEntry = Meta &
  (
    | { type: "dir" }
    | { type: "file"; content: Buffer | FileContent }
    | { type: "symlink"; target: string }
    | { type: "hardlink"; target: string }
  );

const BLOCK = 512;
const TYPE_FLAG = { file: "0", hardlink: "1", symlink: "2", dir: "5" } as const;
/** The size field has eleven octal digits. */
const MAX_SIZE = 0o77777777777;

export async function* tar(entries: Iterable<TarEntry>): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield header(entry);
    if (entry.type !== "file") continue;
    if (Buffer.isBuffer(entry.content)) {
      yield entry.content;
    } else {
      yield* readExactly(entry.content);
    }
    yield padding(sizeOf(entry));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** Throws if a file changes its size while it is read, which would shift all following entries. */
async function* readExactly({ file, size }: FileContent): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    read += bytes.length;
    yield bytes;
  }
  if (read !== size) throw new Error(`${file}: expected ${size} bytes, read ${read}`);
}

function sizeOf(entry: TarEntry): number {
  if (entry.type !== "file") return 0;
  return Buffer.isBuffer(entry.content) ? entry.content.length : entry.content.size;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function header(entry: TarEntry): Buffer {
  const path = entry.type === "dir" ? `${entry.path}/` : entry.path;
  const target = "target" in entry ? entry.target : "";
  const size = sizeOf(entry);

  const records: [string, string][] = [];
  const split = splitPath(path);
  if (split === undefined) records.push(["path", path]);
  if (Buffer.byteLength(target) > 100) records.push(["linkpath", target]);
  if (size > MAX_SIZE) records.push(["size", String(size)]);

  const block = ustar({
    ...(split ?? { prefix: "", name: clip(path) }),
    link: clip(target),
    size: size > MAX_SIZE ? 0 : size,
    type: TYPE_FLAG[entry.type],
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
  });
  if (records.length === 0) return block;

  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const pax = ustar({
    prefix: "",
    name: clip(`PaxHeaders/${path}`),
    link: "",
    size: body.length,
    type: "x",
    mode: 0o644,
    uid: 0,
    gid: 0,
  });
  return Buffer.concat([pax, body, padding(body.length), block]);
}

/** A record with a length prefix that includes itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length++;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

/** Undefined: the path fits neither into the name field nor into prefix and name. */
function splitPath(path: string): { prefix: string; name: string } | undefined {
  if (Buffer.byteLength(path) <= 100) return { prefix: "", name: path };
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    const prefix = path.slice(0, slash);
    const name = path.slice(slash + 1);
    if (Buffer.byteLength(prefix) > 155) return undefined;
    if (name !== "" && Buffer.byteLength(name) <= 100) return { prefix, name };
  }
  return undefined;
}

/** The name for readers without pax support, truncated to the bytes of the field. */
function clip(text: string): Buffer {
  return Buffer.from(text).subarray(0, 100);
}

interface Ustar {
  prefix: string;
  name: string | Buffer;
  link: string | Buffer;
  size: number;
  type: string;
  mode: number;
  uid: number;
  gid: number;
}

function ustar(fields: Ustar): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string | Buffer, offset: number) => {
    (Buffer.isBuffer(value) ? value : Buffer.from(value)).copy(block, offset);
  };
  const octal = (value: number, offset: number, digits: number) => {
    text(value.toString(8).padStart(digits, "0"), offset);
  };
  text(fields.name, 0);
  octal(fields.mode, 100, 7);
  octal(fields.uid, 108, 7);
  octal(fields.gid, 116, 7);
  octal(fields.size, 124, 11);
  octal(epoch, 136, 11);
  text(" ".repeat(8), 148);
  text(fields.type, 156);
  text(fields.link, 157);
  text("ustar\0", 257);
  text("00", 263);
  text(fields.prefix, 345);

  let sum = 0;
  for (const byte of block) sum += byte;
  octal(sum, 148, 6);
  block[154] = 0;
  return block;
}
