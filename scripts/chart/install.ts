import { join } from "node:path";
import { operatorImage } from "../../images/versions.ts";
import { chartFolder } from "./helm.ts";

/**
 * Arguments of kubectl that make the definitions those of this tree. Whoever develops goes back and forth between trees; an
 * upgrade would refuse to go back.
 */
export const definitionArguments = [
  ...["apply", "--server-side", "--force-conflicts", "--field-manager", "flink-kubernetes-operator"],
  ...["--filename", join(chartFolder, "crds")],
];

export const release = "flink-operator";
export const releaseNamespace = "flink-operator";

/** Values for a cluster that has the images of `make images`. */
export const developmentValues = join(import.meta.dirname, "../../deploy/development.yaml");

const DIGEST_ANNOTATION = "flink-kubernetes-operator/image-digest";

/**
 * The digest of the operator's image, out of what `localkube images` lists. On the pod it makes sure that an image that
 * was built anew under the same name replaces the pod of the old one.
 */
export function imageDigest(images: string): string {
  const line = images.split("\n").find((each) => each.startsWith(`${operatorImage} `));
  if (line === undefined) throw new Error(`${operatorImage} is not loaded`);
  return line.split(/\s+/)[1] ?? "";
}

/** Where an operator is installed, and the files of values that go before those for development. */
interface Installation {
  readonly release: string;
  readonly namespace: string;
  readonly values?: readonly string[];
}

/**
 * The arguments of Helm for an install of this tree's chart, or for an upgrade to it. What an install without Helm has
 * left becomes the release's. `digest` is that of the image, where it is known.
 */
export const installArguments = (
  digest?: string,
  { release: name, namespace, values = [] }: Installation = { release, namespace: releaseNamespace },
): string[] => [
  ...["upgrade", "--install", name, chartFolder, "--namespace", namespace, "--create-namespace"],
  ...[developmentValues, ...values].flatMap((file) => ["--values", file]),
  ...(digest === undefined ? [] : ["--set-string", `operatorPod.annotations.${DIGEST_ANNOTATION}=${digest}`]),
  ...["--take-ownership", "--force-conflicts", "--wait", "--timeout", "5m"],
];
