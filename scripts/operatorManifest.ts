import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { operatorImage } from "../images/versions.ts";

interface Manifest {
  kind: string;
  spec?: { template: { metadata: { annotations?: Record<string, string> } } };
}

const DIGEST_ANNOTATION = "flink-kubernetes-operator/image-digest";

/**
 * deploy/operator.yaml for a cluster that has the images which `localkube images` lists. The image's digest stands on the
 * pod: an image that was built anew under the same name then replaces the pod of the old one. Returns a file's path.
 */
export function operatorManifest(images: string): string {
  const line = images.split("\n").find((each) => each.startsWith(`${operatorImage} `));
  if (line === undefined) throw new Error(`${operatorImage} is not loaded`);
  const digest = line.split(/\s+/)[1] ?? "";
  const source = readFileSync(join(import.meta.dirname, "../deploy/operator.yaml"), "utf8");
  const items = loadAll(source) as Manifest[];
  for (const { kind, spec } of items) {
    if (kind === "Deployment" && spec !== undefined) {
      spec.template.metadata.annotations = { [DIGEST_ANNOTATION]: digest };
    }
  }
  const path = join(mkdtempSync(join(tmpdir(), "operator-manifest-")), "operator.json");
  writeFileSync(path, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  return path;
}
