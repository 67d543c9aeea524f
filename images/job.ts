/** The sample job: one jar for all releases, since the classes do not depend on the release. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, hashFiles, keyOf } from "./cache.ts";
import { need, run } from "./command.ts";
import { flinkDistribution } from "./distribution.ts";
import { logProgress } from "./progress.ts";
import { epoch, oldestFlink } from "./versions.ts";

const sources = join(import.meta.dirname, "..", "examples", "jobs", "counter", "src");
const mainClass = "org.example.flink.counter.CounterJob";
/** The oldest Java version of the supported Flink versions. */
const javaRelease = "11";

export async function counterJar(): Promise<string> {
  const files = await javaFiles();
  const key = keyOf([oldestFlink.version, javaRelease, mainClass, epoch, await hashFiles(files)]);
  return cached({ name: "counter", key, extension: ".jar" }, async (path) => {
    const flinkHome = await flinkDistribution(oldestFlink);
    await need("javac", ["--version"], "openjdk-17-jdk-headless");
    logProgress(`compiling the counter job against Flink ${oldestFlink.version}`);
    const classes = `${path}.classes`;
    await rm(classes, { recursive: true, force: true });
    await mkdir(classes);
    const options = ["-encoding", "UTF-8", "-proc:none", "-Xlint:all", "-Werror", "--release", javaRelease];
    await run("javac", [...options, "-cp", join(flinkHome, "lib", "*"), "-d", classes, ...files]);
    const compiled = await filesBelow(classes);
    const date = new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
    const manifest = [`--date=${date}`, "--main-class", mainClass];
    await run("jar", ["--create", "--file", path, ...manifest, ...compiled], { cwd: classes });
    await rm(classes, { recursive: true });
  });
}

async function javaFiles(): Promise<string[]> {
  return (await filesBelow(sources)).map((name) => join(sources, name));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}
