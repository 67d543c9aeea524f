/** Writes each page of dist/dashboard a second time, compressed, for the dashboard to serve: node scripts/compressPages.ts */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";

const folder = join(import.meta.dirname, "../dist/dashboard");
const compressible = new Set([".html", ".js", ".css", ".svg"]);
const encodings = { br: promisify(brotliCompress), gz: promisify(gzip) };

for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
  const path = join(entry.parentPath, entry.name);
  const content = await readFile(path);
  for (const [extension, compress] of Object.entries(encodings))
    await writeFile(`${path}.${extension}`, await compress(content));
}
