/**
 * An image as an OCI layout in one tar archive, for `ctr images import`, `podman load` and `skopeo`. Layers are not
 * compressed: on one machine compression only costs time.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { bytes, directory, root } from "./entries.ts";
import { type TarEntry, tar } from "./tar.ts";
import { epoch } from "./versions.ts";

export interface Layer {
  file: string;
  digest: string;
  size: number;
  /** One line for the image's history. */
  from: string;
}

/** The part of an image's config for running it. */
export interface RunConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd?: string[];
  WorkingDir: string;
  ExposedPorts?: Record<string, Record<string, never>>;
  Labels: Record<string, string>;
}

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

export async function writeTar(entries: Iterable<TarEntry>, to: string): Promise<void> {
  await pipeline(tar(entries), createWriteStream(to));
}

/** A layer from an existing tar archive. */
export async function layerOf(file: string, from: string): Promise<Layer> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return { file, digest: `sha256:${hash.digest("hex")}`, size: (await stat(file)).size, from };
}

export async function writeImage(
  to: string,
  ref: string,
  run: RunConfig,
  layers: readonly Layer[],
): Promise<void> {
  await writeTar(imageEntries(ref, run, layers), to);
}

export function imageEntries(ref: string, run: RunConfig, layers: readonly Layer[]): TarEntry[] {
  const created = new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
  const config = json({
    created,
    architecture: "amd64",
    os: "linux",
    config: run,
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map((layer) => ({ created, created_by: layer.from })),
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: config.digest, size: config.content.length },
    layers: layers.map(({ digest, size }) => ({ mediaType: LAYER, digest, size })),
  });
  const index = json({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [
      {
        mediaType: MANIFEST,
        digest: manifest.digest,
        size: manifest.content.length,
        // containerd reads the image's name from the first annotation, other tools from the second.
        annotations: {
          "io.containerd.image.name": ref,
          "org.opencontainers.image.ref.name": ref.slice(ref.lastIndexOf(":") + 1),
        },
      },
    ],
  });
  return [
    bytes("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }), root),
    bytes("index.json", index.content, root),
    directory("blobs", root),
    directory("blobs/sha256", root),
    bytes(blobPath(manifest.digest), manifest.content, root),
    bytes(blobPath(config.digest), config.content, root),
    ...layers.map(
      ({ file, size, digest }): TarEntry => ({
        type: "file",
        path: blobPath(digest),
        mode: 0o644,
        ...root,
        content: { file, size },
      }),
    ),
  ];
}

function json(value: unknown): { content: Buffer; digest: string } {
  const content = Buffer.from(JSON.stringify(value));
  return { content, digest: `sha256:${createHash("sha256").update(content).digest("hex")}` };
}

function blobPath(digest: string): string {
  return `blobs/sha256/${digest.slice("sha256:".length)}`;
}
