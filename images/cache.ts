/**
 * A cache of build products outside the source tree. Each name has a hash of all inputs, so an existing product is always
 * valid. Only the newest product of a name is kept.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

export interface Product {
  /** Relative to the cache, without key and extension, such as `parts/flink-base`. */
  name: string;
  key: string;
  /** With its dot; empty for a folder. */
  extension: string;
}

export function cacheFolder(): string {
  const { FLINK_OPERATOR_CACHE, XDG_CACHE_HOME } = process.env;
  const cache =
    FLINK_OPERATOR_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "flink-kubernetes-operator");
  return join(cache, "images");
}

export function productPath({ name, key, extension }: Product): string {
  return join(cacheFolder(), `${name}-${key}${extension}`);
}

/** A stable path: a link to the product that was requested last. */
export function stablePath({ name, extension }: Product): string {
  return join(cacheFolder(), `${name}${extension}`);
}

export function keyOf(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** A hash of the files that a product depends on, as part of its key. */
export async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths)
    hash
      .update(`${basename(path)}\0`)
      .update(await readFile(path))
      .update("\0");
  return hash.digest("hex");
}

/**
 * Returns the path of a product, and builds it first if it is missing. `make` writes to a temporary path, so that a product
 * is never incomplete. A second builder of the same name waits.
 */
export async function cached(product: Product, make: (path: string) => Promise<void>): Promise<string> {
  const path = productPath(product);
  await mkdir(dirname(path), { recursive: true });
  await using _ = await lock(stablePath(product));
  if (!(await exists(path))) {
    const unfinished = `${path}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await make(unfinished);
    await rename(unfinished, path);
    await removeOthers(product);
  }
  await link(path, stablePath(product));
  return path;
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Removes older products of the name, and unfinished ones of killed builders. The lock ensures that no builder is active. */
async function removeOthers(product: Product): Promise<void> {
  const folder = dirname(productPath(product));
  const kept = basename(productPath(product));
  const prefix = `${basename(product.name)}-`;
  const { extension } = product;
  for (const name of await readdir(folder)) {
    const [, ending] = name.startsWith(prefix)
      ? (/^[0-9a-f]{16}(.*)$/.exec(name.slice(prefix.length)) ?? [])
      : [];
    const ours = ending === extension || ending?.startsWith(`${extension}.unfinished`);
    if (ours && name !== kept) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function link(path: string, at: string): Promise<void> {
  const fresh = `${at}.link`;
  await rm(fresh, { force: true });
  await symlink(basename(path), fresh);
  await rename(fresh, at);
}

/**
 * A kernel lock, held by a `flock cat` that runs while its standard input is open, so it is released however this process
 * ends. The lock is held as soon as `cat` echoes a line.
 */
async function lock(path: string): Promise<AsyncDisposable> {
  const holder = spawn("flock", [`${path}.lock`, "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => holder.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    holder.once("error", reject);
    holder.once("exit", (code) => reject(new Error(`flock ${path}.lock ended with ${code}`)));
    holder.stdout.once("data", () => resolve());
    holder.stdin.write("\n");
  });
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}
