/** Compiles Java sources of this project into a jar whose bytes depend on the sources only. */
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, hashFiles, keyOf } from "./cache.ts";
import { need, run } from "./command.ts";
import { flinkDistribution } from "./distribution.ts";
import { logProgress } from "./progress.ts";
import { epoch, oldestFlink } from "./versions.ts";

export interface JavaJar {
  name: string;
  /** A folder with Java files and nothing else. */
  sources: string;
  mainClass?: string;
  /** The Java version of the class files. */
  javaRelease: string;
  /** Jars to compile against besides Flink's. */
  libraries?: readonly string[];
  /** A folder whose files are in the jar too. */
  resources?: string;
}

/** Returns the path of the jar in the cache. It is compiled against the oldest Flink release of the images. */
export async function javaJar({
  name,
  sources,
  mainClass,
  javaRelease,
  libraries = [],
  resources,
}: JavaJar): Promise<string> {
  const files = (await filesBelow(sources)).map((file) => join(sources, file));
  const further = resources === undefined ? [] : await filesBelow(resources);
  const inputs = await hashFiles([
    ...files,
    ...libraries,
    ...further.map((name) => join(resources ?? "", name)),
  ]);
  const key = keyOf([oldestFlink.version, javaRelease, mainClass, epoch, inputs]);
  return cached({ name, key, extension: ".jar" }, async (path) => {
    const flinkHome = await flinkDistribution(oldestFlink);
    await need("javac", ["--version"], "openjdk-17-jdk-headless");
    logProgress(`compiling ${name} against Flink ${oldestFlink.version}`);
    const classes = `${path}.classes`;
    await rm(classes, { recursive: true, force: true });
    await mkdir(classes);
    const classPath = [join(flinkHome, "lib", "*"), ...libraries].join(":");
    // Without the warnings about options: javac 17 calls Java 8 obsolete.
    const warnings = ["-Xlint:all,-options", "-Werror"];
    const options = ["-encoding", "UTF-8", "-proc:none", ...warnings, "--release", javaRelease];
    await run("javac", [...options, "-cp", classPath, "-d", classes, ...files]);
    if (resources !== undefined) await cp(resources, classes, { recursive: true });
    const compiled = await filesBelow(classes);
    const date = new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
    const manifest = [`--date=${date}`, ...(mainClass === undefined ? [] : ["--main-class", mainClass])];
    await run("jar", ["--create", "--file", path, ...manifest, ...compiled], { cwd: classes });
    await rm(classes, { recursive: true });
  });
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}
