/** Flink's image: Debian with a JRE, the distribution, and the most frequently changed files in the top layer. */
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached, hashFiles, keyOf, type Product } from "./cache.ts";
import { run } from "./command.ts";
import { flinkBaseLayer, pythonBaseLayer } from "./debian.ts";
import { flinkDistribution } from "./distribution.ts";
import { bytes, directory, file, flink, root, smallFile, tree } from "./entries.ts";
import { counterJar } from "./job.ts";
import { layerOf, type RunConfig, writeImage, writeTar } from "./oci.ts";
import { step } from "./progress.ts";
import { pyFlink, pyFlinkEntries, pyFlinkKey } from "./python.ts";
import type { TarEntry } from "./tar.ts";
import { type FlinkRelease, flinkImage, pythonImage } from "./versions.ts";

const here = import.meta.dirname;
const entrypoint = join(here, "flink", "docker-entrypoint.sh");
const containerConf = join(here, "flink", "container-conf.sed");
/** The source files that affect the build. */
const buildSources = ["flink.ts", "entries.ts", "oci.ts", "tar.ts", "versions.ts"].map((name) =>
  join(here, name),
);

export async function flinkArchive(release: FlinkRelease): Promise<Product & { path: string }> {
  const [base, home, jar] = await Promise.all([flinkBaseLayer(), flinkDistribution(release), counterJar()]);
  const own = await hashFiles([entrypoint, containerConf, ...buildSources]);
  const product = {
    name: `flink-${release.minor}`,
    key: keyOf([base, home, jar].map((path) => basename(path)).concat(own)),
    extension: ".tar",
  };
  const path = await cached(product, async (to) => {
    await step(`writing the image of Flink ${release.version}`, async () => {
      const distribution = `${to}.distribution`;
      const top = `${to}.top`;
      await writeTar(await distributionEntries(home), distribution);
      await writeTar(await topEntries(home, jar), top);
      await writeImage(to, flinkImage(release.minor), runConfig(release), [
        await layerOf(base, "Debian essential packages and a JRE"),
        await layerOf(distribution, `Apache Flink ${release.version}`),
        await layerOf(top, "entrypoint, container configuration, counter job"),
      ]);
      await Promise.all([rm(distribution), rm(top)]);
    });
  });
  return { ...product, path };
}

/** The same with Python and PyFlink. */
export async function flinkPythonArchive(release: FlinkRelease): Promise<Product & { path: string }> {
  const [base, home, jar, python] = await Promise.all([
    pythonBaseLayer(),
    flinkDistribution(release),
    counterJar(),
    pyFlink(release),
  ]);
  const own = await hashFiles([entrypoint, containerConf, ...buildSources]);
  const parts = [base, home, jar].map((path) => basename(path));
  const product = {
    name: `flink-python-${release.minor}`,
    key: keyOf([...parts, await pyFlinkKey(python), own]),
    extension: ".tar",
  };
  const path = await cached(product, async (to) => {
    await step(`writing the image of Flink ${release.version} with Python`, async () => {
      const layers: [string, TarEntry[], string][] = [
        ["distribution", await distributionEntries(home), `Apache Flink ${release.version}`],
        ["python", await pyFlinkEntries(python, release), `PyFlink ${release.version}`],
        ["top", await topEntries(home, jar), "entrypoint, container configuration, counter job"],
      ];
      for (const [name, entries] of layers) await writeTar(entries, `${to}.${name}`);
      await writeImage(to, pythonImage(release.minor), runConfig(release), [
        await layerOf(base, "Debian essential packages, a JRE and Python"),
        ...(await Promise.all(layers.map(([name, , title]) => layerOf(`${to}.${name}`, title)))),
      ]);
      for (const [name] of layers) await rm(`${to}.${name}`);
    });
  });
  return { ...product, path };
}

async function distributionEntries(home: string): Promise<TarEntry[]> {
  const entries = [directory("opt", root), directory("opt/flink", flink)];
  for (const part of (await readdir(home)).sort()) {
    entries.push(...(await tree(`opt/flink/${part}`, join(home, part), flink)));
  }
  return entries;
}

async function topEntries(home: string, jar: string): Promise<TarEntry[]> {
  const conf = await run("sed", ["-f", containerConf, join(home, "conf", "config.yaml")]);
  return [
    await smallFile("docker-entrypoint.sh", entrypoint, root, 0o755),
    directory("opt", root),
    directory("opt/flink", flink),
    directory("opt/flink/conf", flink),
    bytes("opt/flink/conf/config.yaml", conf, flink),
    directory("opt/flink/log", flink),
    directory("opt/flink/usrlib", flink),
    await file("opt/flink/usrlib/counter.jar", jar, flink),
  ];
}

function runConfig({ version, user }: FlinkRelease): RunConfig {
  return {
    User: user,
    Env: [
      "PATH=/opt/flink/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "FLINK_HOME=/opt/flink",
      "JAVA_HOME=/usr/lib/jvm/java",
      "LANG=C.UTF-8",
    ],
    Entrypoint: ["/docker-entrypoint.sh"],
    Cmd: ["help"],
    WorkingDir: "/opt/flink",
    ExposedPorts: { "6123/tcp": {}, "8081/tcp": {} },
    Labels: { "org.opencontainers.image.title": "Apache Flink", "org.opencontainers.image.version": version },
  };
}
