import { join } from "node:path";
import { operatorImage } from "../../images/versions.ts";
import { chartFolder } from "./helm.ts";

/**
 * Arguments of kubectl that apply the CRDs of this tree. During development CRDs also change back to older ones, which the
 * upgrade by the operator refuses.
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
 * The digest of the operator's image, from the output of `localkube images`. As an annotation of the pod it ensures that a
 * rebuilt image with the same name replaces the old pod.
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
 * The arguments of Helm for an install of this tree's chart, or an upgrade to it. The release takes over the objects of an
 * install without Helm. `digest`: that of the image, if it is known.
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
