import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { imageEntries, layerOf, type RunConfig } from "./oci.ts";
import type { TarEntry } from "./tar.ts";

const run: RunConfig = { User: "9999:9999", Env: [], Entrypoint: ["/x"], WorkingDir: "/", Labels: {} };

function sha256(data: string | Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

async function layer(content: string) {
  const path = join(mkdtempSync(join(tmpdir(), "oci-")), "layer.tar");
  writeFileSync(path, content);
  return layerOf(path, "test");
}

function read(entries: TarEntry[], path: string): Buffer {
  const entry = entries.find((candidate) => candidate.path === path);
  if (entry?.type !== "file" || !Buffer.isBuffer(entry.content)) throw new Error(`no content at ${path}`);
  return entry.content;
}

test("a layer's digest is that of its bytes", async () => {
  expect(await layer("content")).toMatchObject({ digest: sha256("content"), size: 7 });
});

test("every descriptor in the layout refers to a blob with its digest and size", async () => {
  const layers = [await layer("lower"), await layer("upper")];
  const entries = imageEntries("localhost/name:tag", run, layers);
  const blob = ({ digest, size }: { digest: string; size: number }) => {
    const content = read(entries, `blobs/sha256/${digest.slice(7)}`);
    expect(sha256(content)).toBe(digest);
    expect(content.length).toBe(size);
    return JSON.parse(content.toString());
  };
  const index = JSON.parse(read(entries, "index.json").toString());
  const manifest = blob(index.manifests[0]);
  const config = blob(manifest.config);
  expect(config).toMatchObject({ os: "linux", architecture: "amd64", config: run });
  expect(config.rootfs.diff_ids).toEqual(layers.map(({ digest }) => digest));
  expect(manifest.layers.map((found: { digest: string }) => found.digest)).toEqual(config.rootfs.diff_ids);
  const paths = entries.map(({ path }) => path);
  for (const { digest } of layers) expect(paths).toContain(`blobs/sha256/${digest.slice(7)}`);
});

test("the image's name is in containerd's annotation", async () => {
  const entries = imageEntries("localhost/name:tag", run, []);
  const index = JSON.parse(read(entries, "index.json").toString());
  expect(index.manifests[0].annotations).toEqual({
    "io.containerd.image.name": "localhost/name:tag",
    "org.opencontainers.image.ref.name": "tag",
  });
});

test("the image does not depend on the time of the build", async () => {
  const layers = [await layer("content")];
  const madeIn = (year: number) => {
    vi.useFakeTimers({ now: new Date(year, 0) });
    return read(imageEntries("a/b:c", run, layers), "index.json").toString();
  };
  expect(madeIn(2030)).toBe(madeIn(2031));
  vi.useRealTimers();
});
