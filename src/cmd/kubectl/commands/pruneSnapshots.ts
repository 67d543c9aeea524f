import { type Command, InvalidArgumentError } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { duration } from "../../../config/option.ts";
import { ValueError } from "../../../config/values/valueError.ts";
import { blueGreenNeedOf, type Dependent, needOf } from "../../../core/flinkstatesnapshot/reachability.ts";
import { ageOf, formatTable, type Output } from "../../../views/format.ts";
import { listObjects } from "../clusterReader.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  listResources,
  namespaceOf,
  print,
  printLine,
  tell,
  withCluster,
  withOutput,
} from "../environment.ts";
import type { Kubectl } from "../kubectl.ts";
import { KubectlError } from "../kubectlError.ts";
import { viewAsOperator } from "../operatorView.ts";
import { snapshotsOf } from "../snapshotsOf.ts";

interface PruneOptions extends ClusterOptions {
  readonly keep: number;
  readonly olderThan?: number;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly output?: Output;
}

/** A FlinkStateSnapshot, and what becomes of it. */
interface Judged {
  readonly name: string;
  readonly path: string;
  readonly created: string;
  readonly deleted: boolean;
  readonly why: string;
}

const number = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("It must be a whole number.");
  return value;
};

const age = (text: string): number => {
  try {
    return duration.parse(text);
  } catch (error) {
    if (error instanceof ValueError) throw new InvalidArgumentError(`It ${error.message}.`);
    throw error;
  }
};

export const addPruneSnapshots = (snapshots: Command, environment: Environment): void => {
  const command = snapshots
    .command("prune")
    .description(
      "Delete the FlinkStateSnapshots of a job that are old and that no job may be restored from. With them goes the data of " +
        "savepoints that were made with disposeOnDelete.",
    )
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--keep <number>", "how many of the newest complete ones stay", number, 3)
    .option("--older-than <duration>", "only those that are older, such as 7d", age)
    .option("--dry-run", "only say what would be deleted")
    .option("--yes", "do not ask");
  // Options that the list has, too, are taken by it.
  withOutput(withCluster(command)).action((name: string) =>
    prune(environment, name, command.optsWithGlobals<PruneOptions>()),
  );
};

async function prune(environment: Environment, name: string, options: PruneOptions): Promise<void> {
  const kubectl = environment.kubectl(options);
  const namespace = await namespaceOf(kubectl, options);
  const resource = await findResource(kubectl, namespace, name);
  const judged = await judge(environment, kubectl, resource, options);
  let doomed = judged.filter((each) => each.deleted);
  print(environment, options.output, judged, () =>
    formatTable(
      ["SNAPSHOT", "AGE", "", "WHY", "PATH"],
      judged.map(({ name: snapshot, created, deleted, why, path }) => [
        snapshot,
        ageOf(created, environment.now()),
        deleted ? "delete" : "keep",
        why,
        path,
      ]),
    ),
  );
  if (options.dryRun || doomed.length === 0) return;
  if (!options.yes) {
    const agreed = await environment.ask(`Delete ${doomed.length} of ${judged.length}?`);
    if (agreed === undefined)
      throw new CommandError("nothing was deleted: there is no terminal to ask on; add --yes");
    if (!agreed) throw new CommandError("nothing was deleted");
    // A job may have come to need one while the question was open.
    const now = await judge(environment, kubectl, resource, options);
    const mayGo = new Set(now.filter((each) => each.deleted).map((each) => each.name));
    doomed = doomed.filter((each) => mayGo.has(each.name));
    if (doomed.length === 0) throw new CommandError("nothing was deleted: none of them may go any more");
  }
  const { plural, group } = resourceTypes.flinkStateSnapshot;
  await kubectl.run([
    "delete",
    `${plural}.${group}`,
    ...["-n", namespace, "--wait=false"],
    ...doomed.map((each) => each.name),
  ]);
  const report = options.output === undefined ? printLine : tell;
  report(
    environment,
    `${resource.kind} ${namespace}/${name}: ${doomed.length} FlinkStateSnapshots are being deleted`,
  );
}

async function judge(
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
  { keep, olderThan = 0 }: PruneOptions,
): Promise<readonly Judged[]> {
  const [found, dependents, blueGreen] = await Promise.all([
    snapshotsOf(kubectl, resource),
    dependentsOf(environment, kubectl, resource),
    blueGreenOf(kubectl, resource),
  ]);
  const now = environment.now();
  const sorted = found
    .map(asFlinkStateSnapshot)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => createdAt(b).localeCompare(createdAt(a)));
  let complete = 0;
  return sorted.map((snapshot) => {
    const { state, path = "" } = snapshot.status ?? {};
    const created = createdAt(snapshot);
    const place = state === "COMPLETED" ? ++complete : 0;
    const need = path
      ? [
          ...dependents.map((each) => needOf(path, each)),
          ...blueGreen.map((each) => blueGreenNeedOf(path, each)),
        ].find((each) => each !== undefined)
      : undefined;
    const reason =
      state === undefined || state === "TRIGGER_PENDING" || state === "IN_PROGRESS"
        ? "it is not complete yet"
        : (need ??
          (place > 0 && place <= keep
            ? `one of the newest ${keep}`
            : now - Date.parse(created) < olderThan
              ? "it is not old enough"
              : undefined));
    return {
      name: snapshot.metadata.name,
      path: path ?? "",
      created,
      deleted: reason === undefined,
      why: reason ?? (state === "COMPLETED" ? "no job needs it" : `it is ${state}`),
    };
  });
}

const createdAt = ({ metadata }: Pick<KubeObject, "metadata">): string => metadata.creationTimestamp ?? "";

/** The FlinkBlueGreenDeployments of the namespace. A cluster need not know their kind. */
async function blueGreenOf(kubectl: Kubectl, { metadata: { namespace = "" } }: KubeObject) {
  try {
    const found = await listObjects(kubectl, resourceTypes.flinkBlueGreenDeployment, { namespace });
    return found.map(asFlinkBlueGreenDeployment);
  } catch (error) {
    if (error instanceof KubectlError && error.reason === "NotFound") return [];
    throw error;
  }
}

/** All resources of the namespace that may start from a path. The cluster of the job itself is looked at. */
async function dependentsOf(
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
): Promise<readonly Dependent[]> {
  const { namespace = "" } = resource.metadata;
  const [{ start }, ...lists] = await Promise.all([
    viewAsOperator(environment, kubectl, resource, undefined),
    ...[resourceTypes.flinkDeployment, resourceTypes.flinkSessionJob].map((type) =>
      listResources(kubectl, type, { namespace }),
    ),
  ]);
  return lists.flat().map((object) => {
    const { spec, status = {} } = asFlinkDeployment(object);
    const isSubject = object.kind === resource.kind && object.metadata.name === resource.metadata.name;
    return {
      kind: object.kind ?? "",
      namespace,
      name: object.metadata.name,
      spec,
      status,
      facts: isSubject ? start.facts : undefined,
    };
  });
}
