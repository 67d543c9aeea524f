/**
 * Builds kubectl-flink for users, into dist/plugin:
 *
 *     node scripts/plugin.ts [--into FOLDER]                             one file that Node 24 runs
 *     node scripts/plugin.ts --executable [--platform NAME] [--node FILE]  the same within a copy of the Node binary FILE, and its
 *                                                                        archive. Default: the one that runs this; of another
 *                                                                        platform, that of npm's package
 *     node scripts/plugin.ts --krew VERSION --releases URL --homepage URL  krew's manifest of the archives that are there
 *
 * The executable is a single executable application (https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html).
 * postject, which Node's manual names for it, is fetched by npm.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { createGzip } from "node:zlib";
import { build } from "esbuild";
import { type TarEntry, tar } from "../images/tar.ts";
import { checkExecutable, executableFormat, FUSE } from "./plugin/executableFormat.ts";
import { archiveName, buildKrewManifest } from "./plugin/krew.ts";
import { type Platform, type PlatformName, platforms } from "./plugin/platforms.ts";

const root = join(import.meta.dirname, "..");

/** Pinned: the executable of a release has to come out the same. */
const POSTJECT = "postject@1.0.0-alpha.6";
const { values } = parseArgs({
  options: {
    into: { type: "string", default: join(root, "dist/plugin") },
    executable: { type: "boolean", default: false },
    platform: { type: "string", default: "linux-amd64" },
    node: { type: "string" },
    krew: { type: "string" },
    releases: { type: "string", default: "" },
    homepage: { type: "string", default: "" },
  },
});
const folder = values.into;

async function bundle(): Promise<string> {
  const path = join(folder, "kubectl-flink");
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(root, "src/cmd/kubectl-flink.ts")],
    outfile: path,
    bundle: true,
    platform: "node",
    target: "node24",
    // The main module of a single executable is CommonJS.
    format: "cjs",
    minifySyntax: true,
    logLevel: "warning",
    define: { "import.meta.dirname": "__dirname", "import.meta.url": "__filename" },
    banner: { js: "#!/usr/bin/env node" },
  });
  chmodSync(path, 0o755);
  return path;
}

const own = process.versions.node;
const ownPlatform = executableFormat(readFileSync(process.execPath)).platform;

/** The Node binary of a platform: that of this process, or one that npm has. `wanted`: its version. */
function nodeOf(platform: PlatformName, wanted?: string): string {
  const { npm, suffix, version = own }: Platform = platforms[platform];
  if (platform === ownPlatform && (wanted ?? own) === own) return process.execPath;
  if (npm === undefined)
    throw new Error(`--platform ${platform}: npm has no Node for it; name its binary with --node FILE`);
  const name = `${npm}@${wanted ?? version}`;
  const into = join(folder, "node", platform);
  execFileSync("npm", ["install", "--no-save", "--force", "--prefix", into, name], { stdio: "inherit" });
  return join(into, "node_modules", npm, `bin/node${suffix}`);
}

/** A Node that runs here and is of the version of `file`: another version may not read the program that it writes. */
function writerFor(file: Buffer): string {
  const { nodeVersion = own } = executableFormat(file);
  if (nodeVersion !== own && ownPlatform === undefined)
    throw new Error(`run this with Node ${nodeVersion}, which the executable is of`);
  return ownPlatform === undefined ? process.execPath : nodeOf(ownPlatform, nodeVersion);
}

function executable(main: string, platform: PlatformName, node: string): string {
  const before = readFileSync(node);
  checkExecutable(before, platform, false);
  const { suffix, segment } = platforms[platform];
  const path = join(folder, `kubectl-flink-${platform}${suffix}`);
  const [script, blob, config] = ["main.cjs", "sea.blob", "sea.json"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  // Node does not skip the first line of a main module.
  writeFileSync(script, readFileSync(main, "utf8").replace(/^#!.*/, ""));
  writeFileSync(config, JSON.stringify({ main: script, output: blob, disableExperimentalSEAWarning: true }));
  execFileSync(writerFor(before), ["--experimental-sea-config", config], { stdio: "inherit" });
  copyFileSync(node, path);
  chmodSync(path, 0o755);
  const args = [path, "NODE_SEA_BLOB", blob, "--sentinel-fuse", FUSE, ...segment];
  execFileSync("npm", ["exec", "--yes", `--package=${POSTJECT}`, "--", "postject", ...args], {
    stdio: "inherit",
  });
  for (const each of [script, blob, config]) rmSync(each);
  rmSync(join(folder, "node"), { recursive: true, force: true });
  checkExecutable(readFileSync(path), platform, true);
  return path;
}

/** The archive that krew unpacks. */
async function archive(platform: PlatformName, program: string): Promise<string> {
  const file = (path: string, from: string, mode: number): TarEntry => {
    return { type: "file", path, mode, uid: 0, gid: 0, content: readFileSync(from) };
  };
  const entries = [
    file("LICENSE", join(root, "LICENSE"), 0o644),
    file(`kubectl-flink${platforms[platform].suffix}`, program, 0o755),
  ];
  const path = join(folder, archiveName(platform));
  await pipeline(tar(entries), createGzip(), createWriteStream(path));
  return path;
}

function krewManifest(version: string): string {
  const built = (Object.keys(platforms) as PlatformName[]).filter((name) =>
    existsSync(join(folder, archiveName(name))),
  );
  const sums = built.map((name) => [
    name,
    createHash("sha256")
      .update(readFileSync(join(folder, archiveName(name))))
      .digest("hex"),
  ]);
  const { releases, homepage } = values;
  const path = join(folder, "flink.yaml");
  writeFileSync(path, buildKrewManifest({ version, releases, homepage, sums: Object.fromEntries(sums) }));
  return path;
}

async function make(): Promise<string> {
  const { platform, krew } = values;
  if (krew !== undefined) return krewManifest(krew);
  if (!Object.hasOwn(platforms, platform))
    throw new Error(`--platform ${platform}: use one of ${Object.keys(platforms).join(", ")}`);
  const main = await bundle();
  if (!values.executable) return main;
  const program = executable(main, platform as PlatformName, values.node ?? nodeOf(platform as PlatformName));
  if (platforms[platform as PlatformName].os === "darwin")
    console.error(
      `${program} is not signed, and macOS does not run it before: codesign --sign - --force FILE, on a Mac. No archive is made.`,
    );
  else await archive(platform as PlatformName, program);
  return program;
}

console.log(await make());
