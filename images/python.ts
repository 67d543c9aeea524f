/** Flink's image with Python and PyFlink, for the tests of Python jobs: two layers between the distribution and the files on top. */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached, hashFiles, keyOf } from "./cache.ts";
import { need, run } from "./command.ts";
import { file, flink, root, tree } from "./entries.ts";
import { step } from "./progress.ts";
import type { TarEntry } from "./tar.ts";
import { type FlinkRelease, wheelPython } from "./versions.ts";

const packagesFile = (minor: string): string =>
  join(import.meta.dirname, "flink", `python-packages-${minor}.txt`);

interface SourcePackage {
  readonly name: string;
  readonly version: string;
  /** The folder of its Python files, which has the name that programs import. */
  readonly folder: string;
}

/** Packages that exist as sources only. */
const sourcePackages = ({ minor }: FlinkRelease): readonly SourcePackage[] => [
  { name: "dill", version: "0.3.1.1", folder: "dill" },
  { name: "crcmod", version: "1.7", folder: "python3/crcmod" },
  ...(minor === "1.20" ? [{ name: "avro-python3", version: "1.10.2", folder: "avro" }] : []),
];

/** Where Debian's Python looks for packages that are not Debian's. */
const sitePackages = `usr/local/lib/python${wheelPython}/dist-packages`;

/** A folder with `packages`, and the jar of Flink's Python driver. */
export async function pyFlink(release: FlinkRelease): Promise<string> {
  const { minor, version } = release;
  const key = keyOf([version, wheelPython, sourcePackages(release), await hashFiles([packagesFile(minor)])]);
  return cached({ name: `parts/pyflink-${minor}`, key, extension: "" }, async (path) => {
    await need("python3", ["-m", "pip", "--version"], "python3-pip");
    const download = join(path, "download");
    const packages = join(path, "packages");
    await mkdir(download, { recursive: true });
    await step(`installing PyFlink ${version} (100 MB)`, async () => {
      const only = ["--only-binary", ":all:", "--python-version", wheelPython, "--no-deps"];
      const platforms = ["manylinux1_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64"];
      const platform = platforms.flatMap((each) => ["--platform", each]);
      await pip(
        "install",
        "--target",
        packages,
        "--no-compile",
        ...only,
        ...platform,
        "-r",
        packagesFile(minor),
      );
      for (const each of sourcePackages(release)) await addSourcePackage(each, download, packages);
    });
    await step(`downloading the Python driver of Flink ${version} (240 MB)`, () =>
      addDriver(version, download, path),
    );
    await rm(download, { recursive: true });
  });
}

const pip = (command: string, ...args: string[]): Promise<string> =>
  run("python3", ["-m", "pip", command, "-q", ...args]);

/** Only this package as source: what its setup needs would be compiled too, for an hour. */
const downloadSource = (name: string, version: string, to: string): Promise<string> =>
  pip("download", "--no-deps", "--no-binary", name, "-d", to, `${name}==${version}`);

async function addSourcePackage(
  { name, version, folder }: SourcePackage,
  download: string,
  packages: string,
): Promise<void> {
  await downloadSource(name, version, download);
  await unpack(download, name, ["--strip-components=1", "--wildcards", `*/${folder}`]);
  await rename(join(download, folder), join(packages, basename(folder)));
}

async function addDriver(version: string, download: string, to: string): Promise<void> {
  await downloadSource("apache-flink-libraries", version, download);
  const options = ["--strip-components=3", "--wildcards", "*/deps/opt/flink-python-*.jar"];
  await unpack(download, "apache", options);
  await rename(join(download, driverName(version)), join(to, driverName(version)));
}

const driverName = (version: string): string => `flink-python-${version}.jar`;

async function unpack(folder: string, prefix: string, options: readonly string[]): Promise<void> {
  const archive = (await readdir(folder)).find((name) => name.startsWith(prefix) && name.endsWith(".tar.gz"));
  if (archive === undefined) throw new Error(`pip brought no ${prefix}*.tar.gz`);
  await run("tar", ["-xzf", join(folder, archive), "-C", folder, "--no-same-owner", ...options]);
}

/** The entries of the layer with PyFlink. */
export async function pyFlinkEntries(folder: string, { version }: FlinkRelease): Promise<TarEntry[]> {
  const driver = driverName(version);
  return [
    ...(await tree(sitePackages, join(folder, "packages"), root)),
    { type: "symlink", path: "usr/local/bin/python", mode: 0o777, ...root, target: "/usr/bin/python3" },
    await file(`opt/flink/opt/${driver}`, join(folder, driver), flink),
  ];
}

/** Part of the key of an image. */
export const pyFlinkKey = async (folder: string): Promise<string> =>
  keyOf([basename(folder), await readFile(import.meta.filename, "utf8")]);
