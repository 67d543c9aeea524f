import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Exchange } from "./exchange.ts";
import { HttpError } from "./httpError.ts";

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

interface StaticFile {
  readonly path: string;
  readonly type: string;
  readonly size: number;
}

export type StaticFiles = (exchange: Exchange) => Promise<void>;

const INDEX = "index.html";

/**
 * Serves the built front end. The files are listed once: no path of a request reaches the file system. A file `x.br` or `x.gz` is `x`,
 * compressed. What has no extension is a page of the front end. Rejects if there is no front end.
 */
export async function createStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map(
    (await listed(folder)).map((file) => [`/${relative(folder, file.path).replaceAll(sep, "/")}`, file]),
  );
  if (!files.has(`/${INDEX}`))
    throw new Error(
      `${folder} has no ${INDEX}: build the front end with "npm run web", or set DASHBOARD_FILES`,
    );

  return async ({ request, response, path }) => {
    const name = files.has(path) ? path : extname(path) === "" ? `/${INDEX}` : undefined;
    const plain = name === undefined ? undefined : files.get(name);
    if (name === undefined || plain === undefined) throw new HttpError(404, "There is nothing at this path.");
    const accepted = String(request.headers["accept-encoding"] ?? "");
    const compressed = (["br", "gzip"] as const)
      .filter((each) => new RegExp(`\\b${each}\\b`).test(accepted))
      .map((encoding) => ({ encoding, file: files.get(`${name}.${encoding === "br" ? "br" : "gz"}`) }))
      .find(({ file }) => file !== undefined);
    const file = compressed?.file ?? plain;
    response.writeHead(200, {
      "content-type": plain.type,
      "content-length": file.size,
      vary: "accept-encoding",
      ...(compressed === undefined ? {} : { "content-encoding": compressed.encoding }),
      // The names of assets have the hash of their content.
      "cache-control": name.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    // A client that goes away is no error.
    await pipeline(createReadStream(file.path), response).catch(() => {});
  };
}

async function listed(folder: string): Promise<StaticFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return {
          path,
          type: contentTypes[extname(entry.name)] ?? "application/octet-stream",
          size: (await stat(path)).size,
        };
      }),
  );
}
