import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { artifactsWith, failureOf, read, serve, settings } from "./source.fixture.ts";

const jar = `PK${"x".repeat(998)}`;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const other = (digit: string): string => `PK${digit.repeat(998)}`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "artifacts-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
});

const cachedFiles = async (): Promise<string[]> => (await readdir(join(directory, ".cache"))).sort();
const caching = (cacheBytes = 10_000) => artifactsWith({ directory, cacheBytes });

/** A source that serves each jar under its checksum. */
const serveJars = (...jars: string[]) =>
  serve((request, response) =>
    response.end(jars.find((each) => request.url?.startsWith(`/${sha256(each)}`)) ?? "<html>"),
  );
const uriOf = (source: { url: string }, text: string): string =>
  `${source.url}/${sha256(text)}.jar#sha256=${sha256(text)}`;

describe("a jar with a checksum", () => {
  it("is fetched once, even across a restart", async () => {
    const source = await serveJars(jar);
    const artifacts = caching();
    expect(await read(artifacts, uriOf(source, jar))).toBe(jar);
    expect(await read(artifacts, uriOf(source, jar).toUpperCase().replace("HTTP", "http"))).toBe(jar);
    expect(await read(caching(), uriOf(source, jar))).toBe(jar);
    expect(source.requests).toHaveLength(1);
    expect(await cachedFiles()).toEqual([sha256(jar)]);
  });

  it("is fetched once for concurrent requests", async () => {
    const source = await serveJars(jar);
    const artifacts = caching();
    const read4 = await Promise.all([1, 2, 3, 4].map(() => read(artifacts, uriOf(source, jar))));
    expect(read4).toEqual([jar, jar, jar, jar]);
    expect(source.requests).toHaveLength(1);
  });

  it.each([0, 10_000])(
    "that is another one is never given whole, with %i bytes of cache",
    async (cacheBytes) => {
      const source = await serve((_, response) => response.end(other("1")));
      const error = await failureOf(read(caching(cacheBytes), `${source.url}/job.jar#sha256=${sha256(jar)}`));
      expect(error).toMatchObject({ code: "wrong-checksum", permanent: true });
      expect(error.message).toContain(
        `has the SHA-256 checksum ${sha256(other("1"))}, and spec.job.jarURI says`,
      );
      expect(source.requests).toHaveLength(1);
      if (cacheBytes > 0) expect(await cachedFiles()).toEqual([]);
    },
  );

  it("that is damaged on disk is fetched again next time", async () => {
    const source = await serveJars(jar);
    await read(caching(), uriOf(source, jar));
    await writeFile(join(directory, ".cache", sha256(jar)), jar.slice(0, 500));
    const artifacts = caching();
    const error = await failureOf(read(artifacts, uriOf(source, jar)));
    expect(error).toMatchObject({ code: "unavailable", message: expect.stringMatching(/was damaged/) });
    expect(await read(artifacts, uriOf(source, jar))).toBe(jar);
  });

  it("whose transfer breaks is fetched again from the start", async () => {
    const source = await serve((_, response, count) => {
      if (count > 1) return response.end(jar);
      response.writeHead(200, { "content-length": jar.length });
      return response.write(jar.slice(0, 10), () => response.destroy());
    });
    expect(await read(caching(), uriOf(source, jar))).toBe(jar);
    expect(await cachedFiles()).toEqual([sha256(jar)]);
  });

  it.each([
    ["there is no room for it", 999, true],
    ["its size is unknown", 10_000, false],
  ])("is not cached if %s", async (_, cacheBytes, told) => {
    const source = await serve((__, response) => {
      if (!told) response.write(jar.slice(0, 2));
      response.end(told ? jar : jar.slice(2));
    });
    expect(await read(caching(cacheBytes), uriOf(source, jar))).toBe(jar);
    expect(await cachedFiles()).toEqual([]);
  });

  it("is fetched without the cache if the disk is not writable, which is reported once", async () => {
    const source = await serveJars(jar);
    const onCacheError = vi.fn();
    await writeFile(join(directory, "file"), "");
    const over = { directory: join(directory, "file", "artifacts"), cacheBytes: 10_000 };
    const artifacts = artifactsWith({}, { settings: () => settings(over), onCacheError });
    expect(await read(artifacts, uriOf(source, jar))).toBe(jar);
    expect(await read(artifacts, uriOf(source, jar))).toBe(jar);
    expect(onCacheError).toHaveBeenCalledTimes(1);
  });
});

describe("the cache", () => {
  it("evicts the least recently used jar, and never exceeds its size", async () => {
    const jars = ["1", "2", "3", "4"].map(other);
    const [one = "", two = "", three = "", four = ""] = jars;
    const source = await serveJars(...jars);
    const artifacts = caching(3_000);
    for (const each of [one, two, three]) await read(artifacts, uriOf(source, each));
    const old = new Date(Date.now() - 60_000);
    for (const each of [one, two, three]) await utimes(join(directory, ".cache", sha256(each)), old, old);
    await read(artifacts, uriOf(source, one));
    await read(artifacts, uriOf(source, three));
    await read(artifacts, uriOf(source, four));
    expect(await cachedFiles()).toEqual([one, three, four].map(sha256).sort());
    const restarted = caching(2_000);
    await read(restarted, uriOf(source, four));
    expect(await cachedFiles()).toHaveLength(2);
  });

  it("removes partial files of a crash at the start, and no foreign files", async () => {
    const folder = join(directory, ".cache");
    await mkdir(folder);
    await writeFile(join(folder, `${sha256(jar)}.0.part`), "PK");
    await writeFile(join(folder, "README"), "x".repeat(20_000));
    caching();
    await vi.waitUntil(async () => (await cachedFiles()).length === 1);
    expect(await cachedFiles()).toEqual(["README"]);
  });

  it("has no file under the final name before it is complete", async () => {
    let finish = () => {};
    const source = await serve((_, response) => {
      response.writeHead(200, { "content-length": jar.length }).write(jar.slice(0, 500));
      finish = () => response.end(jar.slice(500));
    });
    const reading = read(caching(), uriOf(source, jar));
    await vi.waitUntil(async () => {
      const [name = ""] = await cachedFiles().catch(() => []);
      return name.endsWith(".part") && (await stat(join(directory, ".cache", name))).size === 500;
    });
    finish();
    expect(await reading).toBe(jar);
    expect(await readFile(join(directory, ".cache", sha256(jar)), "utf8")).toBe(jar);
  });
});

describe("a local jar", () => {
  it("is read below the directory for jars", async () => {
    await mkdir(join(directory, "jobs"));
    await writeFile(join(directory, "jobs", "a b.jar"), jar);
    for (const scheme of ["local", "file"]) {
      expect(await read(caching(), `${scheme}://${directory}/jobs/a%20b.jar`)).toBe(jar);
    }
  });

  it("cannot be outside that directory, by whatever path or link", async () => {
    await symlink("/etc/hostname", join(directory, "link.jar"));
    await mkdir(join(directory, ".cache"));
    await writeFile(join(directory, ".cache", sha256(jar)), jar);
    for (const path of [
      "link.jar",
      "../../etc/hostname",
      "%2e%2e/%2e%2e/etc/hostname",
      `.cache/${sha256(jar)}`,
    ]) {
      const error = await failureOf(read(artifactsWith({ directory }), `local://${directory}/${path}`));
      expect(["not-allowed", "not-found"], path).toContain(error.code);
      expect(error.message, path).toContain("spec.job.jarURI local:///");
    }
  });

  it.each(["missing.jar", ""])("must be a file: /%s", async (path) => {
    await mkdir(join(directory, "folder"));
    const uri = `local://${directory}/folder/${path}`;
    const error = await failureOf(read(artifactsWith({ directory }), uri));
    expect(error).toMatchObject({ code: "not-found", message: expect.stringMatching(/mount it below/) });
  });
});
