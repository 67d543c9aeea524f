import { formatJson } from "../../api/exactJson.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { either } from "../../core/validate/validationError.ts";
import { CommandError } from "./commandError.ts";
import { type ClusterOptions, namespaceOf } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";
import { readManifestFile } from "./manifestFile.ts";

const applied = [
  resourceTypes.flinkDeployment,
  resourceTypes.flinkSessionJob,
  resourceTypes.flinkBlueGreenDeployment,
] as const;
export const planned = [...applied, resourceTypes.flinkStateSnapshot] as const;

/** Everything but the storing. */
export const DRY_RUN = "--dry-run=server";

/** An edit of one resource. */
export interface Edit {
  /** The resource as it is to be. */
  readonly wanted: KubeObject;
  readonly namespace: string;
  /** Has the API server check it, without an effect. Resolves to the object as it would be stored. Rejects with a KubectlError. */
  check(): Promise<KubeObject>;
  /** Has the API server store it, as an edit of `live`. Resolves to the object that it answers. Rejects with a KubectlError. */
  store(live: KubeObject | undefined): Promise<KubeObject>;
}

/** The edits that `kubectl apply` of a file makes to the resources that can be planned, in its order. */
export async function fileEdits(
  kubectl: Kubectl,
  filename: string,
  options: ClusterOptions,
): Promise<Edit[]> {
  const { found } = readResources(filename, "plan");
  const edits: Edit[] = [];
  for (const wanted of found) edits.push(await editOf(kubectl, filename, wanted, options));
  const keys = edits.map(({ wanted, namespace }) => `${wanted.kind} ${namespace}/${wanted.metadata.name}`);
  const twice = keys.find((key, at) => keys.indexOf(key) < at);
  if (twice !== undefined) throw new CommandError(`${filename} holds ${twice} twice: take one of them out`);
  return edits;
}

/** The edit that `kubectl apply` of the one resource in a file makes. */
export async function fileEdit(kubectl: Kubectl, filename: string, options: ClusterOptions): Promise<Edit> {
  const { name, found, others } = readResources(filename, "apply");
  const [wanted, ...more] = found;
  if (more.length > 0)
    throw new CommandError(
      `${name} holds ${found.length} of them (${found.map(({ metadata }) => metadata.name).join(", ")}): apply one at a time`,
    );
  if (others.length > 0)
    throw new CommandError(
      `${name} holds ${others.join(", ")}, too: apply that with kubectl, from a file of its own`,
    );
  return editOf(kubectl, filename, wanted, options);
}

async function editOf(
  kubectl: Kubectl,
  filename: string,
  wanted: KubeObject,
  options: ClusterOptions,
): Promise<Edit> {
  const namespace = wanted.metadata.namespace ?? (await namespaceOf(kubectl, options));
  if (
    options.namespace !== undefined &&
    wanted.metadata.namespace !== undefined &&
    options.namespace !== namespace
  )
    throw new CommandError(
      `${filename} is for the namespace ${namespace}, and -n says ${options.namespace}: take one of them out`,
    );
  const manifest = formatJson({ ...wanted, metadata: { ...wanted.metadata, namespace } });
  const apply = async (...flags: readonly string[]) => {
    const args = ["apply", "-n", namespace, ...flags, "-o", "json", "-f", "-"];
    return JSON.parse(await kubectl.run(args, manifest)) as KubeObject;
  };
  // A resourceVersion in the manifest would be recorded with it, in the annotation of kubectl apply.
  return { wanted, namespace, check: () => apply(DRY_RUN), store: () => apply() };
}

interface Resources {
  /** As messages name the file. */
  readonly name: string;
  readonly found: readonly [KubeObject, ...KubeObject[]];
  /** The kinds of the other objects in the file. */
  readonly others: readonly string[];
}

/** The resources of a file that are for the command. */
function readResources(filename: string, command: "plan" | "apply"): Resources {
  const { name, objects } = readManifestFile(filename);
  const kinds: readonly string[] = (command === "plan" ? planned : applied).map(({ kind }) => kind);
  const [first, ...more] = objects.filter(({ kind }) => kinds.includes(`${kind}`));
  const kindOf = ({ kind }: KubeObject) => kind ?? "an object without a kind";
  if (first === undefined)
    throw new CommandError(
      `${name} holds ${objects.map(kindOf).join(", ") || "nothing"}: ${command} is for a ${either(kinds)}`,
    );
  const found = [first, ...more] as const;
  const unnamed = found.some(({ metadata }) => typeof metadata?.name !== "string" || metadata.name === "");
  if (unnamed) throw new CommandError(`${name}: metadata.name must be set`);
  return { name, found, others: objects.filter((each) => !found.includes(each)).map(kindOf) };
}
