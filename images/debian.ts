/**
 * The Debian file systems that the images are based on. mmdebstrap creates them from the package sources of this machine if
 * it runs the same release, and from Debian's own otherwise.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, keyOf } from "./cache.ts";
import { need, run } from "./command.ts";
import { step } from "./progress.ts";
import { debianSuite, epoch } from "./versions.ts";

/** Files that containers do not need. Copyright files stay, as the licences require. */
const excludeOptions = [
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

/** Flink's image with Python has Debian's. */
const pythonPackages = ["python3"];

const flinkBase = (packages: readonly string[]): readonly string[] => [
  // Only the essential packages: an immutable image does not need apt.
  "--variant=essential",
  // With a merged /usr from the start, the package that merges it, and Perl, are not needed.
  "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
  `--include=${["usr-is-merged", ...packages].join(",")}`,
  "--skip=output/dev",
  ...excludeOptions,
  // The installation of the JRE fails without the folder of its manual pages.
  '--essential-hook=mkdir -p "$1/usr/share/man/man1"',
  `--customize-hook=echo 'flink:x:9999:9999::/opt/flink:/bin/bash' >> "$1/etc/passwd"`,
  `--customize-hook=echo 'flink:x:9999:' >> "$1/etc/group"`,
  // Names without architecture and Java version, for the entrypoint and JAVA_HOME.
  '--customize-hook=ln -s libjemalloc.so.2 "$1/usr/lib/x86_64-linux-gnu/libjemalloc.so"',
  '--customize-hook=ln -s java-17-openjdk-amd64 "$1/usr/lib/jvm/java"',
  // ct.sym is only for javac, and the second class archive only for heaps over 32 GiB.
  '--customize-hook=rm "$1"/usr/lib/jvm/java-17-*/lib/ct.sym "$1"/usr/lib/jvm/java-17-*/lib/server/classes_nocoops.jsa',
  // Remains of the bootstrap, such as this machine's name, resolver and package sources.
  '--customize-hook=rm -rf "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/etc/apt/sources.list.d/* "$1"/var/cache/debconf "$1"/var/cache/ldconfig "$1"/var/log/*',
];

/** Packages are unpacked, not installed: the operator's image uses only Debian's C and C++ libraries. */
const operatorBase = ["--variant=extract", "--include=libstdc++6", ...excludeOptions];

/** Builds a layer with Debian's essential packages, a JRE, and the user flink. */
export function flinkBaseLayer(): Promise<string> {
  return bootstrap("parts/flink-base", ".tar", "tar", flinkBase(flinkPackages));
}

/** Builds the same layer with Python. */
export function pythonBaseLayer(): Promise<string> {
  const packages = [...flinkPackages, ...pythonPackages];
  return bootstrap("parts/flink-python-base", ".tar", "tar", flinkBase(packages));
}

/** Builds a folder with the C and C++ runtime libraries. */
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

/** The sources files for mmdebstrap. With none it uses its defaults. */
async function machineSources(): Promise<string[]> {
  const release = await readFile("/etc/os-release", "utf8");
  if (!release.split("\n").includes(`VERSION_CODENAME=${debianSuite}`)) return [];
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch(() => []);
  const files = ["/etc/apt/sources.list", ...names.sort().map((name) => join(folder, name))];
  const found: string[] = [];
  for (const path of files.filter((name) => /\.(list|sources)$/.test(name))) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (hasSuite(text)) found.push(path);
  }
  return found;
}

/** Whether a sources file is for Debian's suite. Sources of other vendors are not used for the image. */
function hasSuite(text: string): boolean {
  return text.split("\n").some((line) => /^(deb |Suites:)/.test(line) && line.includes(debianSuite));
}
