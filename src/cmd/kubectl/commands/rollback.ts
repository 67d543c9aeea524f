import type { Command } from "commander";
import { formatJson } from "../../../api/exactJson.ts";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { stableSpecPatch } from "../../../views/edits.ts";
import { type Acted, acting } from "../acting.ts";
import { rollbackPatch } from "../blueGreenRollback.ts";
import { type CarryOutOptions, carryOut } from "../carryOut.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  fullName,
  getObject,
  namespaceOf,
  withCluster,
  withOutput,
} from "../environment.ts";
import { DRY_RUN, type Edit } from "../fileEdits.ts";
import type { Kubectl } from "../kubectl.ts";

interface RollbackOptions extends ClusterOptions, CarryOutOptions {
  readonly to?: string;
}

const STABLE = "stable";

export const addRollback = (program: Command, environment: Environment): void => {
  const command = program
    .command("rollback")
    .description(
      "Set the spec back to the last one whose job was stable, which keeps the state; or, with --to, start the job again from " +
        "an earlier snapshot, which gives newer state up. A FlinkBlueGreenDeployment goes back to what ran before its last " +
        "transition, from the savepoint that it was stopped with. The plan is shown first.",
    )
    .argument("<name>", "NAME, or KIND/NAME")
    .option(
      "--to <target>",
      `"${STABLE}" (default): the last stable spec; else the name of a FlinkStateSnapshot, or the path of a snapshot`,
    )
    .option("--yes", "do not ask")
    .option("--no-wait", "do not follow it")
    .option("--operator-config <file>", "the operator's configuration, as for plan");
  const rollBack = async (
    told: Environment,
    name: string,
    { to = STABLE, ...options }: RollbackOptions,
  ): Promise<Acted> => {
    const kubectl = environment.kubectl(options);
    const resource = await findResource(kubectl, await namespaceOf(kubectl, options), name, true);
    if (resource.kind === resourceTypes.flinkBlueGreenDeployment.kind)
      return carryOut(
        told,
        kubectl,
        patchEdit(kubectl, resource, toOldSide(resource, to, environment.now())),
        options,
      );
    if (asFlinkDeployment(resource).spec.job == null)
      throw new CommandError(`${resource.kind} ${name} is a session cluster: roll back its session jobs`);
    const patch = to === STABLE ? toStableSpec(resource) : await toSnapshot(kubectl, resource, to);
    return carryOut(told, kubectl, patchEdit(kubectl, resource, patch), options);
  };
  withOutput(withCluster(command)).action((name: string, options: RollbackOptions) =>
    acting(environment, options.output, (told) => rollBack(told, name, options)),
  );
};

/** What ran before the last transition is the only target that is known. */
function toOldSide(resource: KubeObject, to: string, now: number): object {
  const { kind, metadata } = resource;
  const title = `${kind} ${metadata.name}`;
  if (to !== STABLE)
    throw new CommandError(
      `${title}: --to is for a FlinkDeployment or FlinkSessionJob: leave it out to go back to what ran before`,
    );
  const patch = rollbackPatch(asFlinkBlueGreenDeployment(resource), now);
  if (typeof patch === "string") throw new CommandError(`${title}: ${patch}`);
  return patch;
}

/** A merge patch of the spec. */
function toStableSpec(resource: KubeObject): object {
  const patch = stableSpecPatch(resource);
  if (typeof patch === "string") throw new CommandError(patch);
  return patch;
}

async function toSnapshot(kubectl: Kubectl, resource: KubeObject, to: string): Promise<object> {
  const { job } = asFlinkDeployment(resource).spec;
  return {
    job: {
      initialSavepointPath: await pathOf(kubectl, resource, to),
      savepointRedeployNonce: (job?.savepointRedeployNonce ?? 0) + 1,
    },
  };
}

/** Only a path has a slash. */
async function pathOf(
  kubectl: Kubectl,
  { metadata: { namespace = "" } }: KubeObject,
  to: string,
): Promise<string> {
  if (to.includes("/")) return to;
  const found = await getObject(kubectl, resourceTypes.flinkStateSnapshot, namespace, to);
  if (found === undefined)
    throw new CommandError(
      `there is no FlinkStateSnapshot ${to} in the namespace ${namespace}: kubectl flink snapshots lists them`,
    );
  const { state, path } = asFlinkStateSnapshot(found).status ?? {};
  if (state !== "COMPLETED" || !path)
    throw new CommandError(
      `FlinkStateSnapshot ${to} is ${state ?? "not taken yet"}: it has no path to start from`,
    );
  return path;
}

function patchEdit(kubectl: Kubectl, resource: KubeObject, spec: object): Edit {
  const { namespace = "", name } = resource.metadata;
  const patch = async (body: object, ...flags: readonly string[]) => {
    const target = ["patch", fullName(resource), name, "-n", namespace, "--type=merge"];
    const args = [...target, "-p", formatJson(body), ...flags, "-o", "json"];
    return JSON.parse(await kubectl.run(args)) as KubeObject;
  };
  return {
    wanted: { ...resource, spec: mergePatched(resource.spec, spec) },
    namespace,
    check: () => patch({ spec }, DRY_RUN),
    store(live) {
      const { resourceVersion } = live?.metadata ?? {};
      return patch({ ...(resourceVersion === undefined ? {} : { metadata: { resourceVersion } }), spec });
    },
  };
}

/** As the API server does it (RFC 7386). */
function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const base = isObject(target) ? target : {};
  const kept = Object.entries(base).filter(([field]) => !(field in patch));
  const changed = Object.entries(patch).filter(([, value]) => value !== null);
  return Object.fromEntries([
    ...kept,
    ...changed.map(([field, value]) => [field, mergePatched(base[field], value)]),
  ]);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
