/** Bundles the operator into dist/operator: node scripts/bundle.ts */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const folder = join(root, "dist/operator");

/**
 * Of undici what the operator imports. Its index brings fetch, WebSocket, caches and mocks along: half a bundle that is
 * parsed, evaluated and kept in memory by a process that only sends requests. A name that is missing fails the build.
 */
const undiciParts: Plugin = {
  name: "undici's parts",
  setup(bundler) {
    bundler.onResolve({ filter: /^undici$/ }, () => ({ path: "parts", namespace: "undici" }));
    bundler.onLoad({ filter: /.*/, namespace: "undici" }, () => ({
      resolveDir: root,
      contents: `
        import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
        import request from "undici/lib/api/api-request.js";
        Dispatcher.prototype.request = request;
        export { default as Agent } from "undici/lib/dispatcher/agent.js";
        export { default as Pool } from "undici/lib/dispatcher/pool.js";
      `,
    }));
  },
};

await rm(folder, { recursive: true, force: true });
await build({
  entryPoints: { operator: join(root, "src/cmd/main.ts") },
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  // What a process never imports, it neither reads nor keeps.
  splitting: true,
  platform: "node",
  target: "node24",
  format: "esm",
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
  plugins: [undiciParts],
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  define: {
    // As Node builds its own undici: without the second, experimental HTTP parser.
    esbuildDetection: "true",
    "process.env.JEST_WORKER_ID": "undefined",
  },
});

// esbuild escapes what is not ASCII, but for comments; a single such character doubles what V8 keeps of the source.
for (const name of (await readdir(folder)).filter((each) => each.endsWith(".mjs"))) {
  const file = join(folder, name);
  await writeFile(file, (await readFile(file, "utf8")).replaceAll(/\P{ASCII}/gu, "?"));
}
