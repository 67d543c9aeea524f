import type { Command } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { listObjects } from "../clusterReader.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  listResources,
  namespaceOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import type { Output } from "../format.ts";
import type { Kubectl } from "../kubectl.ts";
import { snapshotTable } from "../statusView.ts";

interface SnapshotsOptions extends ClusterOptions {
  readonly output?: Output;
}

export const addSnapshots = (program: Command, environment: Environment): void => {
  const command = program
    .command("snapshots")
    .description("List the FlinkStateSnapshots of a resource, or of all, newest first.")
    .argument("[name]", "NAME, or KIND/NAME");
  withOutput(withCluster(command)).action(async (name: string | undefined, options: SnapshotsOptions) => {
    const kubectl = environment.kubectl(options);
    const namespace = await namespaceOf(kubectl, options);
    const found =
      name === undefined
        ? await listResources(kubectl, resourceTypes.flinkStateSnapshot, { namespace })
        : await snapshotsOf(kubectl, await findResource(kubectl, namespace, name));
    if (found.length === 0 && options.output === undefined)
      environment.warn("there are no FlinkStateSnapshots");
    else print(environment, options.output, found, () => snapshotTable(found, environment.now()));
  });
};

/** The FlinkStateSnapshots of one resource. */
export async function snapshotsOf(kubectl: Kubectl, { kind, metadata }: KubeObject): Promise<KubeObject[]> {
  const { namespace = "", name } = metadata;
  const all = await listObjects(kubectl, resourceTypes.flinkStateSnapshot, { namespace });
  return all.filter((object) => {
    const { jobReference } = asFlinkStateSnapshot(object).spec;
    return jobReference?.name === name && jobReference.kind === kind;
  });
}
