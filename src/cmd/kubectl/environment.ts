import type { Command } from "commander";
import { Option } from "commander";
import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import { kinds } from "../../api/v1beta1/kinds.ts";
import { nearest } from "../../core/validate/nearest.ts";
import { resourcePath } from "../../kube/paths.ts";
import {
  formatData,
  noColours,
  type Output,
  type Paint,
  printable,
  shown,
  terminalColours,
} from "../../views/format.ts";
import { getRaw, listObjects } from "./clusterReader.ts";
import { CommandError } from "./commandError.ts";
import type { ClusterFlags, Kubectl } from "./kubectl.ts";
import { KubectlError } from "./kubectlError.ts";

/** What the commands use of the process. */
export interface Environment {
  kubectl(flags: ClusterFlags): Kubectl;
  write(text: string): void;
  /** On standard error. */
  warn(text: string): void;
  /** Standard output is a terminal that shows colours. */
  readonly isTerminal: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
  pause(ms: number): Promise<void>;
  /** Whether the user agrees. Undefined: there is nobody to ask, since standard input is no terminal. */
  ask(question: string): Promise<boolean | undefined>;
  setExitCode(code: number): void;
}

export interface ClusterOptions extends ClusterFlags {
  readonly namespace?: string;
}

/** Adds the options of kubectl that every command on a cluster has. */
export const withCluster = (command: Command): Command =>
  command
    .option("-n, --namespace <name>", "the namespace (default: that of the kubeconfig's context)")
    .option("--context <name>", "the kubeconfig's context")
    .option("--kubeconfig <file>", "the kubeconfig file");

/** Adds -o. `formats`: those besides text. */
export const withOutput = (command: Command, formats: readonly Output[] = ["json", "yaml"]): Command =>
  command.addOption(new Option("-o, --output <format>", "print as (default: text)").choices(formats));

export const paintOf = ({ isTerminal }: Environment): Paint => (isTerminal ? terminalColours : noColours);

/** Prints data, or what `text` makes of it. */
export const print = (
  environment: Environment,
  output: Output | undefined,
  data: unknown,
  text: () => string,
): void =>
  environment.write(
    output === "json" || output === "yaml"
      ? formatData(data, output)
      : printable(text(), environment.isTerminal),
  );

/** Prints one line. */
export const printLine = (environment: Environment, text: string): void =>
  environment.write(`${printable(shown(text))}\n`);

/** Tells one line on standard error. */
export const tell = (environment: Environment, text: string): void =>
  environment.warn(printable(shown(text)));

/** The namespace of a command: as kubectl chooses it. */
export async function namespaceOf(kubectl: Kubectl, { namespace }: ClusterOptions): Promise<string> {
  if (namespace !== undefined) return namespace;
  const configured = await kubectl.run(["config", "view", "--minify", "-o", "jsonpath={..namespace}"]);
  return configured.trim() === "" ? "default" : configured.trim();
}

/** The kinds that a command can be about. */
const subjects = [resourceTypes.flinkDeployment, resourceTypes.flinkSessionJob] as const;

const names: Readonly<Record<string, ResourceType>> = {
  flinkdeployment: resourceTypes.flinkDeployment,
  flinkdeployments: resourceTypes.flinkDeployment,
  flinkdep: resourceTypes.flinkDeployment,
  flinksessionjob: resourceTypes.flinkSessionJob,
  flinksessionjobs: resourceTypes.flinkSessionJob,
  sessionjob: resourceTypes.flinkSessionJob,
};

const blueGreenNames: Readonly<Record<string, ResourceType>> = {
  flinkbluegreendeployment: resourceTypes.flinkBlueGreenDeployment,
  flinkbluegreendeployments: resourceTypes.flinkBlueGreenDeployment,
  flinkbgdep: resourceTypes.flinkBlueGreenDeployment,
};

/**
 * The resource that a user names: NAME of a FlinkDeployment, else of a FlinkSessionJob, or KIND/NAME; `withBlueGreen`: else of a
 * FlinkBlueGreenDeployment. What is not there is an error that suggests a similar name.
 */
export async function findResource(
  kubectl: Kubectl,
  namespace: string,
  given: string,
  withBlueGreen?: true,
): Promise<KubeObject> {
  const [first = "", second, ...others] = given.split("/");
  const known = withBlueGreen ? { ...names, ...blueGreenNames } : names;
  const type = second === undefined ? undefined : known[first.toLowerCase()];
  const name = second ?? first;
  if (name === "" || others.length > 0)
    throw new CommandError(`"${given}" names no resource: write NAME, or KIND/NAME`);
  if (second !== undefined && type === undefined) throw unknownKind(first);
  const all = withBlueGreen ? [...subjects, resourceTypes.flinkBlueGreenDeployment] : subjects;
  const candidates = type === undefined ? all : [type];
  for (const each of candidates) {
    const found = await getObject(kubectl, each, namespace, name);
    if (found !== undefined) return found;
  }
  throw await notThere(kubectl, candidates, namespace, name);
}

const unknownKind = (kind: string): CommandError => {
  const similar = nearest(kind, Object.keys(names));
  return new CommandError(
    `${kind} is not FlinkDeployment or FlinkSessionJob${similar === undefined ? "" : `; did you mean ${similar}?`}`,
  );
};

/** Undefined: there is none of that name. */
export async function getObject(
  kubectl: Kubectl,
  type: ResourceType,
  namespace: string,
  name: string,
): Promise<KubeObject | undefined> {
  try {
    const found = (await getRaw(kubectl, resourcePath(type, { namespace, name }))) as KubeObject;
    return { ...found, kind: type.kind };
  } catch (error) {
    if (error instanceof KubectlError && error.reason === "NotFound") return undefined;
    throw error;
  }
}

async function notThere(
  kubectl: Kubectl,
  types: readonly ResourceType[],
  namespace: string,
  name: string,
): Promise<CommandError> {
  const kinds = types.map(({ kind }) => kind).join(" or ");
  const lists = await Promise.all(types.map((type) => listResources(kubectl, type, { namespace })));
  const existing = lists.flat().map(({ metadata }) => metadata.name);
  const similar = nearest(name, existing);
  return new CommandError(
    `there is no ${kinds} ${name} in the namespace ${namespace}` +
      (similar === undefined ? ": kubectl flink status lists them" : `; did you mean ${similar}?`),
  );
}

/** The resources of a type. Without the definitions of the operator, an error that says so. */
export async function listResources(
  kubectl: Kubectl,
  type: ResourceType,
  options: { readonly namespace?: string; readonly labelSelector?: string },
): Promise<KubeObject[]> {
  try {
    return (await listObjects(kubectl, type, options)).map((object) => ({ ...object, kind: type.kind }));
  } catch (error) {
    if (error instanceof KubectlError && error.reason === "NotFound") throw withoutDefinitions(type);
    throw error;
  }
}

const withoutDefinitions = ({ kind }: ResourceType): CommandError =>
  new CommandError(
    `this cluster does not know ${kind}s: the operator's custom resource definitions are not installed (docs/install.md)`,
  );

/** As kubectl names a resource of a type. */
export const fullName = ({ kind }: KubeObject): string => {
  const type = kinds.find((each) => each.kind === kind) ?? resourceTypes.flinkDeployment;
  return `${type.plural}.${type.group}`;
};

/** The label of the pods that run a resource's job: that of its cluster, which may have a name of its own (docs/adr/0034). */
export const appLabelOf = (resource: KubeObject): string =>
  (resource.status as { clusterId?: string } | undefined)?.clusterId ?? clusterIdOf(resource);

/** The FlinkDeployment in whose cluster a resource's job runs. Its REST Service has its name. */
export const clusterIdOf = ({ kind, metadata, spec }: KubeObject): string =>
  kind === resourceTypes.flinkSessionJob.kind
    ? ((spec as { deploymentName?: string } | undefined)?.deploymentName ?? "")
    : metadata.name;
