/**
 * The Debian file systems that the images stand on, bootstrapped by mmdebstrap from the package sources of
 * this machine where it runs the same release, and from Debian's own otherwise.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, keyOf } from "./cache.ts";
import { need, run } from "./command.ts";
import { step } from "./progress.ts";
import { debianSuite, epoch } from "./versions.ts";

/** Nothing in a container reads them; copyright files stay, as the licences ask. */
const unused = [
  "--dpkgopt=path-exclude=/usr/share/man/*",
  "--dpkgopt=path-exclude=/usr/share/info/*",
  "--dpkgopt=path-exclude=/usr/share/locale/*",
  "--dpkgopt=path-exclude=/usr/share/doc/*",
  "--dpkgopt=path-include=/usr/share/doc/*/copyright",
];

export const flinkPackages = [
  "openjdk-17-jre-headless",
  "libsnappy1v5",
  "libjemalloc2",
  "gettext-base",
  "gosu",
  "ca-certificates",
];

const flinkBase = [
  // The essential packages alone: apt is of no use in an image that nobody changes.
  "--variant=essential",
  // With a merged /usr from the start, the package that merges it later, and its Perl, are not needed.
  "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
  `--include=${["usr-is-merged", ...flinkPackages].join(",")}`,
  "--skip=output/dev",
  ...unused,
  // The JRE's installation fails where the folder of its manual pages is missing.
  '--essential-hook=mkdir -p "$1/usr/share/man/man1"',
  `--customize-hook=echo 'flink:x:9999:9999::/opt/flink:/bin/bash' >> "$1/etc/passwd"`,
  `--customize-hook=echo 'flink:x:9999:' >> "$1/etc/group"`,
  // The names that the entrypoint and JAVA_HOME use, free of the architecture and the Java version.
  '--customize-hook=ln -s libjemalloc.so.2 "$1/usr/lib/x86_64-linux-gnu/libjemalloc.so"',
  '--customize-hook=ln -s java-17-openjdk-amd64 "$1/usr/lib/jvm/java"',
  // Only javac reads ct.sym, and the second class archive is for heaps over 32 GiB.
  '--customize-hook=rm "$1"/usr/lib/jvm/java-17-*/lib/ct.sym "$1"/usr/lib/jvm/java-17-*/lib/server/classes_nocoops.jsa',
  // What the bootstrap left behind, this machine's name, resolver and package sources among it.
  '--customize-hook=rm -rf "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/etc/apt/sources.list.d/* "$1"/var/cache/debconf "$1"/var/cache/ldconfig "$1"/var/log/*',
];

/** Unpacked, not installed: nothing of Debian's runs in the operator's image but its C and C++ libraries. */
const operatorBase = ["--variant=extract", "--include=libstdc++6", ...unused];

/** A finished layer: Debian's essential packages, a JRE, and the user flink. */
export function flinkBaseLayer(): Promise<string> {
  return bootstrap("parts/flink-base", ".tar", "tar", flinkBase);
}

/** A folder to take the C and C++ runtime libraries from. */
export function operatorBaseFolder(): Promise<string> {
  return bootstrap("parts/operator-base", "", "directory", operatorBase);
}

function bootstrap(
  name: string,
  extension: string,
  format: string,
  recipe: readonly string[],
): Promise<string> {
  const key = keyOf([debianSuite, epoch, format, recipe]);
  return cached({ name, key, extension }, async (path) => {
    await need("mmdebstrap", ["--version"], "mmdebstrap");
    const sources = await machineSources();
    await step(`bootstrapping Debian ${debianSuite} for ${name}`, async () => {
      const args = [...recipe, `--format=${format}`, debianSuite, path, ...sources];
      await run("nice", ["-n", "5", "mmdebstrap", ...args], { env: { SOURCE_DATE_EPOCH: String(epoch) } });
    });
  });
}

/** The sources files to hand to mmdebstrap; none makes it take its defaults. */
async function machineSources(): Promise<string[]> {
  const release = await readFile("/etc/os-release", "utf8");
  if (!release.split("\n").includes(`VERSION_CODENAME=${debianSuite}`)) return [];
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch(() => []);
  const files = ["/etc/apt/sources.list", ...names.sort().map((name) => join(folder, name))];
  const found: string[] = [];
  for (const path of files.filter((name) => /\.(list|sources)$/.test(name))) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (namesSuite(text)) found.push(path);
  }
  return found;
}

/** Sources of other vendors, for other suites, have no place in the image. */
function namesSuite(text: string): boolean {
  return text.split("\n").some((line) => /^(deb |Suites:)/.test(line) && line.includes(debianSuite));
}
