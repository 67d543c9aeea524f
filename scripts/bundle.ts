/** Bundles the operator into dist/operator, and the dashboard's pages into dist/dashboard: node scripts/bundle.ts */
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { asciiSource } from "./asciiSource.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "dist/operator");

/** Bundles only those modules of a package that the operator uses. A missing name fails the build. */
const partsOf = (name: string, contents: string): Plugin => ({
  name: `parts of ${name}`,
  setup(bundler) {
    bundler.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: "parts" }));
    bundler.onLoad({ filter: new RegExp(`^${name}$`), namespace: "parts" }, () => ({
      resolveDir: root,
      contents,
    }));
  },
});

/**
 * undici's index includes fetch, WebSocket, caches and mocks: half of the bundle, which a process that only sends requests
 * would parse, evaluate and keep in memory.
 */
const undiciParts = partsOf(
  "undici",
  `
    import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
    import request from "undici/lib/api/api-request.js";
    Dispatcher.prototype.request = request;
    export { default as Agent } from "undici/lib/dispatcher/agent.js";
    export { default as Pool } from "undici/lib/dispatcher/pool.js";
  `,
);

/** prom-client's index loads its cluster, push gateway and default metrics: 9 MiB of memory. */
const promClientParts = partsOf(
  "prom-client",
  `
    export { default as Counter } from "prom-client/lib/counter.js";
    export { default as Gauge } from "prom-client/lib/gauge.js";
    export { default as Histogram } from "prom-client/lib/histogram.js";
    export { default as Registry } from "prom-client/lib/registry.js";
  `,
);

await rm(folder, { recursive: true, force: true });
await build({
  entryPoints: { operator: join(root, "src/cmd/main.ts") },
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  // A process loads only the chunks that it imports.
  splitting: true,
  platform: "node",
  target: "node24",
  format: "esm",
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
  plugins: [undiciParts, promClientParts],
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  define: {
    // As in Node's own undici: without the second, experimental HTTP parser.
    esbuildDetection: "true",
    "process.env.JEST_WORKER_ID": "undefined",
  },
});

// A single character that is not ASCII doubles the memory of the source in V8.
for (const name of (await readdir(folder)).filter((each) => each.endsWith(".mjs"))) {
  const file = join(folder, name);
  await writeFile(file, asciiSource(await readFile(file, "utf8")));
}

const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};
if (scripts.web !== undefined)
  execFileSync("npm", ["run", "--silent", "web"], { cwd: root, stdio: "inherit" });
