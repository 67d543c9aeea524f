import type { Command } from "commander";
import { resourceTypes } from "../../../api/kubernetes.ts";
import type { Output } from "../../../views/format.ts";
import { snapshotTable } from "../../../views/statusView.ts";
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
import { snapshotsOf } from "../snapshotsOf.ts";
import { showOrWatch, withWatch } from "../watch.ts";
import { addPruneSnapshots } from "./pruneSnapshots.ts";

interface SnapshotsOptions extends ClusterOptions {
  readonly output?: Output;
  readonly watch?: true;
}

export const addSnapshots = (program: Command, environment: Environment): void => {
  const command = program
    .command("snapshots")
    .description("List the FlinkStateSnapshots of a resource, or of all, newest first.")
    .argument("[name]", "NAME, or KIND/NAME");
  withWatch(withOutput(withCluster(command), ["wide", "json", "yaml"])).action(
    async (name: string | undefined, options: SnapshotsOptions) => {
      const kubectl = environment.kubectl(options);
      const namespace = await namespaceOf(kubectl, options);
      await showOrWatch(environment, options, async () => {
        const found =
          name === undefined
            ? await listResources(kubectl, resourceTypes.flinkStateSnapshot, { namespace })
            : await snapshotsOf(kubectl, await findResource(kubectl, namespace, name));
        if (found.length === 0 && options.output !== "json" && options.output !== "yaml")
          environment.warn("there are no FlinkStateSnapshots");
        else
          print(environment, options.output, found, () =>
            snapshotTable(found, environment.now(), options.output === "wide"),
          );
      });
    },
  );
  addPruneSnapshots(command, environment);
};
